// headrace up: scheduler, planner and worker in one process, with a progress display.

#include <fmt/format.h>

#include "api/secret.h"
#include "cli/commands.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "cli/roles.h"
#include "cli/session.h"

namespace headrace::cli {

namespace {

constexpr Duration kLook = std::chrono::milliseconds(150);

bool IsOver(const client::Overview& overview) {
  return overview.due_runs == 0 && client::CountOf(overview.runs, "queued") == 0 &&
         client::CountOf(overview.runs, "planning") == 0 &&
         client::CountOf(overview.runs, "running") == 0;
}

// Watches until all due runs have ended (when `once`), or a signal comes.
client::Overview Watch(client::Client& client, Signals& signals, Progress& progress, bool once) {
  client::Overview last;
  while (!signals.Received()) {
    const auto overview = client.GetOverview();
    if (overview) {
      last = *overview;
      const auto running = client.ListTasks("phase=running&limit=4");
      progress.Show(last, running ? running->items : std::vector<client::TaskRow>{});
      if (once && IsOver(last)) break;
    }
    (void)signals.Wait(kLook);
  }
  progress.End();
  return last;
}

// True: all runs that failed did so before any task of theirs was known.
bool ShowPlanningErrors(client::Client& client) {
  constexpr size_t kShown = 10;
  const auto failed = client.ListRuns(fmt::format("state=failed&limit={}", kShown));
  if (!failed) return false;
  bool all = true;
  for (const client::RunRow& run : failed->items) {
    all &= run.error.has_value();
    if (!run.error) continue;
    const std::string name = run.pipeline.empty() ? "" : " of pipeline " + run.pipeline;
    fmt::print("  run {}{}: planning failed: {}: {}\n{}\n",
               run.id,
               name,
               run.error->type,
               run.error->message,
               run.error->traceback);
  }
  return all;
}

void ShowFailures(client::Client& client) {
  for (const char* phase : {"disabled", "unknown"}) {
    const auto failed = client.ListTasks(fmt::format("phase={}&limit=10", phase));
    if (!failed) continue;
    for (const client::TaskRow& task : failed->items) {
      fmt::print("  {} {}: {}\n", task.family, task.label, task.error_message);
    }
  }
}

int Conclude(client::Client& client,
             const client::Overview& before,
             const client::Overview& after) {
  const int64_t done = client::CountOf(after.runs, "done");
  const int64_t failed = client::CountOf(after.runs, "failed");
  const int64_t news = done - client::CountOf(before.runs, "done");
  if (failed > 0) {
    fmt::print("{} runs failed, {} are done. What failed:\n", failed, done);
    const bool planning = ShowPlanningErrors(client);
    ShowFailures(client);
    if (planning) return kPlanningFailed;
    fmt::print("`headrace why TASK` and `headrace logs TASK` say more.\n");
    return kTaskFailed;
  }
  if (news == 0) {
    fmt::print("Everything is complete already: {} runs are done, nothing is due.\n", done);
  } else {
    fmt::print("All {} runs are done ({} of them now).\n", done, news);
  }
  return kOk;
}

}  // namespace

int Up(const Arguments& arguments) {
  const auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  Signals signals;
  if (!SetUpLog(loaded->config.log, !arguments.quiet)) return kFailed;
  config::Config config = loaded->config;
  const std::string own_token = api::MakeToken().text;
  SchedulerRole scheduler(config, own_token);
  if (const auto started = scheduler.Start(); !started) {
    Complain(started.error());
    return kFailed;
  }
  config.scheduler.url = scheduler.own_url();
  config.scheduler.token = own_token;
  const auto client = Connect(config);
  if (!client) return kFailed;
  HostRoles roles(config, HostRoles::Which::kBoth);
  if (const auto started = roles.Start(); !started) {
    Complain(started.error());
    return kFailed;
  }
  if (!arguments.once) fmt::print("headrace is up: {}/\n", scheduler.url());
  const auto first = client->GetOverview();
  Progress progress(arguments.quiet);
  const client::Overview before = first ? *first : client::Overview{};
  const client::Overview after = Watch(*client, signals, progress, arguments.once);
  int status = kOk;
  if (arguments.once) status = signals.Received() ? kFailed : Conclude(*client, before, after);
  roles.StopAndJoin(signals);
  scheduler.Stop();
  return status;
}

}  // namespace headrace::cli
