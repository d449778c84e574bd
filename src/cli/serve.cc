// headrace scheduler, planner, worker: one role in this process, until a signal.

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "cli/commands.h"
#include "cli/log.h"
#include "cli/roles.h"
#include "cli/session.h"

namespace headrace::cli {

namespace {

constexpr Duration kForever = std::chrono::hours(24);

bool CheckTestClock(const config::Config& config) {
  const auto listen = net::ListenAddress::Parse(config.scheduler.listen);
  if (listen && listen->IsLoopback()) return true;
  Complain(
      {.code = ErrorCode::kInvalid,
       .message = "--luigi-test-clock: refused beyond loopback, not on " + config.scheduler.listen,
       .remedy = "listen on 127.0.0.1: with it every client may say what time it is"});
  return false;
}

int ServeHost(const Arguments& arguments, HostRoles::Which which) {
  const auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  Signals signals;
  if (!SetUpLog(loaded->config.log, false)) return kFailed;
  HostRoles roles(loaded->config, which);
  if (const auto started = roles.Start(); !started) {
    Complain(started.error());
    return kFailed;
  }
  while (!signals.Wait(kForever)) continue;
  spdlog::info("stopping: what runs may end; a second signal ends it now");
  roles.StopAndJoin(signals);
  return kOk;
}

}  // namespace

int ServeScheduler(const Arguments& arguments) {
  auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  ApplyFlags(arguments.luigid, loaded->config);
  if (arguments.luigi_test_clock && !CheckTestClock(loaded->config)) return kUsage;
  std::unique_ptr<Background> background;
  if (arguments.luigid.background) {
    int status = 0;
    background = Background::Enter(arguments.luigid, status);
    if (!background) return status;
  }
  Signals signals;
  if (const std::string folder = LogFolder(arguments.luigid); !folder.empty()) {
    loaded->config.log.file = folder + "/luigi-server.log";
  }
  if (!SetUpLog(loaded->config.log, false)) return kFailed;
  SchedulerRole scheduler(loaded->config);
  if (arguments.luigi_test_clock) scheduler.UseTestClock();
  if (const auto started = scheduler.Start(); !started) {
    Complain(started.error());
    return kFailed;
  }
  const auto& config = loaded->config;
  const bool sqlite = config.scheduler.store_kind == config::StoreKind::kSqlite;  // else a password
  spdlog::info("scheduler at {}/, store {}",
               scheduler.url(),
               sqlite ? config.scheduler.store : "postgresql");
  if (background) background->Ready();
  while (!signals.Wait(kForever)) continue;
  spdlog::info("stopping");
  scheduler.Stop();
  return kOk;
}

int ServePlanner(const Arguments& arguments) {
  return ServeHost(arguments, HostRoles::Which::kPlanner);
}

int ServeWorker(const Arguments& arguments) {
  return ServeHost(arguments, HostRoles::Which::kWorker);
}

}  // namespace headrace::cli
