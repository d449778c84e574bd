// The three roles, built and wired. Each is started, stopped and joined on its own; `headrace up`
// has all of them in one process, where planner and worker still speak HTTP to the scheduler.

#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "api/api_server.h"
#include "base/child_process.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "engine/engine.h"
#include "host/host_pool.h"
#include "notify/collector.h"
#include "store/sqlite_store.h"
#include "worker/log_sweeper.h"

namespace headrace::cli {

// Engine, store and HTTP server.
class SchedulerRole {
 public:
  // `own_token`: what the other roles in this process show; empty: there are none.
  explicit SchedulerRole(const config::Config& config, std::string own_token = {});
  ~SchedulerRole();  // as Stop()

  SchedulerRole(const SchedulerRole&) = delete;
  SchedulerRole& operator=(const SchedulerRole&) = delete;

  // Before Start(): calls of Luigi's methods may say at what time they come (api/test_clock.h).
  void UseTestClock() { test_clock_ = true; }
  // Opens the store, recovers, applies the configuration, listens. Errors name what to do.
  Result<void> Start();
  void Stop();
  std::string url() const;
  std::string own_url() const;  // for the other roles in this process

 private:
  Result<void> StartNotifications();

  const config::Config& config_;
  const std::string own_token_;
  bool test_clock_ = false;
  const SystemClock clock_;
  const std::unique_ptr<scheduler::TimeZones> zones_;
  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<notify::Notifier> notifier_;    // null: nobody is told anything
  std::unique_ptr<notify::Collector> collector_;  // the engine's replica speaks to it
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<api::ApiServer> api_;
};

// Planner, worker or both, on one pool of task hosts.
class HostRoles {
 public:
  enum class Which : uint8_t { kPlanner, kWorker, kBoth };
  HostRoles(const config::Config& config, Which which);
  ~HostRoles();  // StopNow(), and waits

  HostRoles(const HostRoles&) = delete;
  HostRoles& operator=(const HostRoles&) = delete;

  Result<void> Start();
  // First: drain; again: now.
  void Stop();
  void Join();
  // Stops, and waits; a signal meanwhile makes it stop now.
  void StopAndJoin(Signals& signals);

 private:
  const SystemClock clock_;
  Children children_;
  host::HostPool pool_;
  std::unique_ptr<planner::Planner> planner_;
  std::unique_ptr<worker::LogSweeper> sweeper_;
  std::mutex mutex_;  // of worker_, which goes when it has ended
  std::unique_ptr<worker::Worker> worker_;
  std::thread worker_thread_;
};

}  // namespace headrace::cli
