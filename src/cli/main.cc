// headrace: the command line. Parses it (CLI11, only here) and calls the command.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <functional>

#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/settings.h"

namespace headrace::cli {

namespace {

using Command = std::function<int(const Arguments&)>;

class CommandLine {
 public:
  CommandLine() : app_("Runs Luigi pipelines: a durable scheduler, a planner, workers.") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", std::string(kVersion));
    AddServing();
    AddRun();
    AddShowing();
    AddUsers();
    AddOthers();
  }

  int Main(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      const int status = app_.exit(error);
      return status == 0 ? kOk : kUsage;
    }
    return command_(arguments_);
  }

 private:
  // A subcommand with the options that all have.
  CLI::App* Add(const std::string& name, const std::string& help, Command command) {
    CLI::App* sub = app_.add_subcommand(name, help);
    Finish(sub, std::move(command));
    return sub;
  }
  void Finish(CLI::App* sub, Command command) {
    sub->add_option("-c,--config", arguments_.config, "headrace.toml to read");
    sub->add_option("--set", arguments_.overrides, "a key of it: scheduler.listen=127.0.0.1:9000")
        ->allow_extra_args(false);
    sub->callback([this, command = std::move(command)] { command_ = command; });
  }
  // A flag that stands for a key of the configuration.
  void AddKey(CLI::App* sub,
              const std::string& flag,
              const std::string& key,
              const std::string& help) {
    sub->add_option_function<std::string>(
        flag,
        [this, key](const std::string& text) { arguments_.settings.emplace_back(key, text); },
        help + " (" + key + ")");
  }

  void AddServing() {
    CLI::App* up = Add("up", "scheduler, planner and worker in one process, with progress", Up);
    up->add_flag("--once", arguments_.once, "end when all due runs have ended");
    up->add_flag("-q,--quiet", arguments_.quiet, "no progress display");
    CLI::App* scheduler =
        Add("scheduler", "the scheduler alone: in place of luigid", ServeScheduler);
    CLI::App* planner = Add("planner", "a planner for the scheduler", ServePlanner);
    CLI::App* worker = Add("worker", "a worker for the scheduler", ServeWorker);
    for (CLI::App* sub : {up, scheduler}) {
      AddKey(sub, "--listen", "scheduler.listen", "address and port");
      AddKey(sub, "--store", "scheduler.store", "where the state is");
    }
    for (CLI::App* sub : {up, scheduler}) {
      sub->add_flag_callback(
          "--insecure",
          [this] { arguments_.settings.emplace_back("security.insecure", "true"); },
          "listen beyond this machine without users (security.insecure)");
    }
    for (CLI::App* sub : {planner, worker}) {
      AddKey(sub, "--url", "scheduler.url", "the scheduler");
      AddKey(sub, "--token-file", "scheduler.token_file", "what it shows the scheduler");
    }
    AddLuigidFlags(scheduler);
    scheduler->add_flag("--luigi-test-clock",
                        arguments_.luigi_test_clock,
                        "for tests: X-Luigi-Test-Now says what time it is");
    for (CLI::App* sub : {up, worker}) {
      AddKey(sub, "--slots", "worker.slots", "attempts at once");
    }
    AddKey(worker, "--pool", "worker.pool", "whose queue it serves");
    AddKey(worker, "--id", "worker.id", "its name");
  }

  void AddLuigidFlags(CLI::App* scheduler) {
    LuigidFlags& flags = arguments_.luigid;
    const auto add = [&](const char* name, auto& value, const char* help) {
      return scheduler->add_option(name, value, help)->group("As luigid");
    };
    scheduler->add_flag("--background", flags.background, "run in the background")
        ->group("As luigid");
    add("--pidfile", flags.pidfile, "with --background: holds its process id");
    add("--logdir", flags.logdir, "log to files in this folder");
    add("--state-path", flags.state_path, "keep the state in the folder PATH.headrace");
    CLI::Option* address = add("--address", flags.address, "listen here");
    CLI::Option* port = add("--port", flags.port, "and on this port");
    CLI::Option* socket = add("--unix-socket", flags.unix_socket, "listen on this socket instead");
    for (CLI::Option* each : {address, port, socket}) {
      each->excludes(scheduler->get_option("--listen"));
    }
    scheduler->get_option("--state-path")->excludes(scheduler->get_option("--store"));
  }

  void AddRun() {
    CLI::App* run = Add("run", "one root task now: headrace run MODULE TASK --param value…", Run);
    run->add_option("module", arguments_.module, "Python module")->required();
    run->add_option("task", arguments_.task, "task family")->required();
    run->add_flag("-q,--quiet", arguments_.quiet, "no progress display");
    AddKey(run, "--scheduler-url", "scheduler.url", "the scheduler");
    run->allow_extras();  // the task's parameters
    run->positionals_at_end(false);
    run_ = run;
    run->callback([this] {
      arguments_.params = run_->remaining();
      command_ = Run;
    });
  }

  void AddShowing() {
    CLI::App* status = Add("status", "what there is and how it does", Status);
    CLI::App* tasks = Add("tasks", "tasks, newest first", Tasks);
    tasks->add_option("text", arguments_.task, "part of the id or the parameters");
    tasks->add_option("--status", arguments_.status, "PENDING, RUNNING, DONE, FAILED, …");
    tasks->add_option("--pipeline", arguments_.pipeline, "of this pipeline");
    tasks->add_option("--run", arguments_.run, "of this run");
    tasks->add_option("--limit", arguments_.limit, "at most so many")->capture_default_str();
    CLI::App* why = Add("why", "what a task waits for, in words", Why);
    why->add_option("task", arguments_.task, "id, or a part of one")->required();
    CLI::App* logs = Add("logs", "what a task printed", Logs);
    logs->add_option("task", arguments_.task, "id, or a part of one");
    logs->add_option("--attempt", arguments_.attempt, "this attempt, not the latest");
    logs->add_option("--stream", arguments_.stream, "all, stdout or stderr")
        ->check(CLI::IsMember({"all", "stdout", "stderr"}));
    logs->add_flag("-f,--follow", arguments_.follow, "go on while it runs");
    CLI::App* retry = Add("retry", "a failed or disabled task again, now", Retry);
    retry->add_option("task", arguments_.task, "id, or a part of one");
    retry->add_option("--run", arguments_.run, "all of this run that failed");
    for (CLI::App* sub : {status, tasks, why, logs, retry}) {
      AddKey(sub, "--url", "scheduler.url", "the scheduler");
      sub->add_flag("--json", arguments_.json, "the scheduler's own answer, for programs");
    }
  }

  void AddUsers() {
    CLI::App* user = app_.add_subcommand("user", "who may use the scheduler, and with what");
    user->require_subcommand(1);
    const auto add = [this](CLI::App* above, const char* name, const char* help, Command command) {
      CLI::App* sub = above->add_subcommand(name, help);
      Finish(sub, std::move(command));
      AddKey(sub, "--users", "security.users", "the file of users");
      return sub;
    };
    const auto add_for = [&](CLI::App* above, const char* name, const char* help, Command command) {
      CLI::App* sub = add(above, name, help, std::move(command));
      sub->add_option("name", arguments_.user, "the user")->required();
      return sub;
    };
    CLI::App* made = add_for(user, "add", "a new user; asks for the password", UserAdd);
    made->add_option("--role", arguments_.role, "what he may do")
        ->check(CLI::IsMember({"viewer", "operator", "admin", "worker"}))
        ->capture_default_str();
    made->add_flag("--no-password", arguments_.no_password, "comes in by tokens alone");
    CLI::App* passwd = add_for(user, "passwd", "a new password for a user", UserPasswd);
    for (CLI::App* sub : {made, passwd}) {
      sub->add_flag("--password-stdin", arguments_.password_stdin, "read it, do not ask");
    }
    add_for(user, "remove", "takes a user and his tokens away", UserRemove);
    CLI::App* list = add(user, "list", "the users and their roles", UserList);
    CLI::App* token = user->add_subcommand("token", "tokens: for programs, in place of a password");
    token->require_subcommand(1);
    CLI::App* made_token = add_for(token, "add", "makes one and prints it, once", UserTokenAdd);
    made_token->add_option("--note", arguments_.note, "what it is for");
    made_token->add_option("--expires", arguments_.expires, "after so long: 90d");
    CLI::App* listed = add_for(token, "list", "a user's tokens", UserTokenList);
    add_for(token, "remove", "takes a token away", UserTokenRemove)
        ->add_option("id", arguments_.token, "its id, as `list` shows it")
        ->required();
    for (CLI::App* sub : {list, listed, made_token}) {
      sub->add_flag("--json", arguments_.json, "for programs");
    }
  }

  void AddOthers() {
    CLI::App* config = app_.add_subcommand("config", "check or show the configuration");
    config->require_subcommand(1);
    Finish(config->add_subcommand("check", "read it all and say what is wrong"), ConfigCheck);
    CLI::App* show = config->add_subcommand("show", "what is in force, and where it comes from");
    show->add_flag("--all", arguments_.all, "defaults too");
    Finish(show, ConfigShow);
    CLI::App* completion = app_.add_subcommand("completion", "a script for bash or zsh");
    completion->add_option("shell", arguments_.shell, "bash or zsh")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh"}));
    completion->callback([this] {
      command_ = [this](const Arguments& arguments) {
        PrintCompletion(arguments.shell, Vocabulary());
        return kOk;
      };
    });
    app_.add_subcommand("version", "its version")->callback([this] {
      command_ = [](const Arguments&) {
        fmt::print("headrace {}\n", kVersion);
        return kOk;
      };
    });
  }

  // Subcommands and their options.
  std::vector<std::pair<std::string, std::vector<std::string>>> Vocabulary() const {
    std::vector<std::pair<std::string, std::vector<std::string>>> words;
    for (const CLI::App* sub : app_.get_subcommands([](const CLI::App*) { return true; })) {
      words.push_back({sub->get_name(), {}});
      for (const CLI::Option* option : sub->get_options()) {
        for (const std::string& name : option->get_lnames()) {
          words.back().second.push_back("--" + name);
        }
      }
      for (const CLI::App* below : sub->get_subcommands([](const CLI::App*) { return true; })) {
        words.back().second.push_back(below->get_name());
      }
    }
    return words;
  }

  CLI::App app_;
  CLI::App* run_ = nullptr;
  Arguments arguments_;
  Command command_;
};

}  // namespace

}  // namespace headrace::cli

int main(int argc, char** argv) {
  return headrace::cli::CommandLine().Main(argc, argv);
}
