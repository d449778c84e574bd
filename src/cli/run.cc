// headrace run MODULE TASK --param value…: one root task now, to its end.
//
// At the scheduler that --scheduler-url names, or the configured one when it answers; else with a
// scheduler, planner and worker of its own in this process, whose state is forgotten at the end.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <map>

#include "cli/commands.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "cli/roles.h"
#include "cli/session.h"
#include "cli/summary.h"

namespace headrace::cli {

namespace {

constexpr Duration kLook = std::chrono::milliseconds(100);

// "--my-date 2026-01-01", "--my-date=2026-01-01"; without a value: True.
Result<client::Params> ParseParams(const std::vector<std::string>& words) {
  client::Params params;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string word = words[i];
    if (!word.starts_with("--") || word.size() == 2) {
      return Fail(ErrorCode::kInvalid, "'" + word + "' is not a parameter; write --name value");
    }
    word = word.substr(2);
    const size_t equals = word.find('=');
    std::string name = word.substr(0, equals);
    for (char& c : name) c = c == '-' ? '_' : c;
    std::string value = "True";
    if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < words.size() && !words[i + 1].starts_with("--")) {
      value = words[++i];
    }
    params.emplace_back(std::move(name), std::move(value));
  }
  return params;
}

// Scheduler and hosts of this process alone.
class OwnSystem {
 public:
  explicit OwnSystem(config::Config config) : config_(std::move(config)) {}
  ~OwnSystem() {
    if (roles_) {
      roles_->Stop();
      if (keep_) roles_->Stop();  // it failed: whatever runs still is not waited for
      roles_->Join();
    }
    if (scheduler_) scheduler_->Stop();
    std::error_code ignored;
    if (!folder_.empty() && !keep_) std::filesystem::remove_all(folder_, ignored);
  }
  OwnSystem(const OwnSystem&) = delete;
  OwnSystem& operator=(const OwnSystem&) = delete;

  Result<void> Start() {
    std::string name = (std::filesystem::temp_directory_path() / "headrace-run.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      return Fail(ErrorCode::kUnavailable, "cannot make a folder in " + name);
    }
    folder_ = name;
    config_.scheduler.store_kind = config::StoreKind::kSqlite;
    config_.scheduler.store_path = folder_ + "/state";
    config_.scheduler.durability = config::Durability::kOs;
    config_.scheduler.listen = "127.0.0.1:0";
    config_.logs.dir = folder_ + "/logs";
    config_.security = {};  // its own scheduler, for its own parts
    config_.pipelines.clear();
    scheduler_ = std::make_unique<SchedulerRole>(config_);
    TRY(scheduler_->Start());
    config_.scheduler.url = scheduler_->url();
    roles_ = std::make_unique<HostRoles>(config_, HostRoles::Which::kBoth);
    return roles_->Start();
  }
  const config::Config& config() const { return config_; }
  const std::string& folder() const { return folder_; }
  void Keep() { keep_ = true; }  // what it printed, for who looks into a failure

 private:
  config::Config config_;
  std::string folder_;
  bool keep_ = false;
  std::unique_ptr<SchedulerRole> scheduler_;
  std::unique_ptr<HostRoles> roles_;
};

bool Answers(const config::Config& config) {
  const auto client = client::Client::Make(MakeClientOptions(config, Duration{}));
  return client && (*client)->Get("/v1/health").has_value();
}

// True: nothing of the run will move any more without somebody's doing.
bool IsStuck(const client::RunRow& run) {
  const auto count = [&](const char* phase) { return client::CountOf(run.counts, phase); };
  if (run.state != "running") return false;
  const int64_t moves = count("ready") + count("running") + count("retrying");
  return moves == 0 && count("external") + count("unknown") > 0;
}

std::optional<client::RunRow> Follow(client::Client& client,
                                     int64_t id,
                                     Signals& signals,
                                     Progress& progress) {
  while (!signals.Received()) {
    const auto run = client.GetRun(id);
    if (run) {
      const auto running = client.ListRunTasks(id, "phase=running&limit=4");
      client::Overview overview;
      overview.counts = run->counts;
      overview.runs[run->state] = 1;
      progress.Show(overview, running ? running->items : std::vector<client::TaskRow>{});
      if (run->Over() || IsStuck(*run)) {
        progress.End();
        return *run;
      }
    }
    (void)signals.Wait(kLook);
  }
  progress.End();
  return std::nullopt;
}

int RunAt(client::Client& client,
          const Arguments& arguments,
          const client::Params& params,
          Signals& signals) {
  client::NewRun run;
  run.task = {.module = arguments.module, .family = arguments.task, .params = params, .id = {}};
  const auto created = client.CreateRun(run);
  if (!created) {
    Complain(created.error());
    return kUnhandled;
  }
  Progress progress(arguments.quiet);
  const auto ended = Follow(client, created->run, signals, progress);
  if (!ended) {
    (void)client.CancelRun(created->run);
    fmt::print(stderr, "headrace: interrupted; the run was cancelled\n");
    return kUnhandled;
  }
  return PrintSummary(client, *ended);
}

}  // namespace

int Run(const Arguments& arguments) {
  const auto loaded = Load(arguments);
  if (!loaded) return kUnhandled;
  const auto params = ParseParams(arguments.params);
  if (!params) {
    Complain(params.error());
    return kUsage;
  }
  Signals signals;
  if (!SetUpLog(loaded->config.log, true)) return kUnhandled;
  // Who names a scheduler means that one, and no other in its place.
  const bool named = std::ranges::any_of(
      arguments.settings, [](const auto& setting) { return setting.first == "scheduler.url"; });
  if (named || Answers(loaded->config)) {
    const auto client = Connect(loaded->config);
    return client ? RunAt(*client, arguments, *params, signals) : kUnhandled;
  }
  OwnSystem system(loaded->config);
  if (const auto started = system.Start(); !started) {
    Complain(started.error());
    return kUnhandled;
  }
  const auto client = Connect(system.config());
  if (!client) return kUnhandled;
  const int status = RunAt(*client, arguments, *params, signals);
  if (status != kOk) {
    system.Keep();
    fmt::print(stderr, "The attempts' logs are in {}/logs\n", system.folder());
  }
  return status;
}

}  // namespace headrace::cli
