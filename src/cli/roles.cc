// Building and wiring the roles.

#include "cli/roles.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <spdlog/spdlog.h>

#include "cli/notifications.h"

namespace headrace::cli {

namespace {

// What is not sent within it at the stop is sent after the next start.
constexpr Duration kNotifyGrace = std::chrono::seconds(3);

}  // namespace

SchedulerRole::SchedulerRole(const config::Config& config, std::string own_token)
    : config_(config), own_token_(std::move(own_token)), zones_(MakeTimeZones()) {}

SchedulerRole::~SchedulerRole() {
  Stop();
}

Result<void> SchedulerRole::Start() {
  const bool fsync = config_.scheduler.durability == config::Durability::kFsync;
  if (config_.scheduler.store_kind != config::StoreKind::kSqlite) {
    return Fail(ErrorCode::kInvalid,
                "scheduler.store: PostgreSQL is not built in yet; use sqlite:///path");
  }
  store_ = TRY(store::SqliteStore::Open(
      config_.scheduler.store_path, fsync ? store::Durability::kFsync : store::Durability::kOs));
  engine::EngineSettings settings;
  settings.on_failure = [](const Error& error) {
    spdlog::critical("the journal cannot be written: {}. {}", error.message, error.remedy);
    std::_Exit(1);  // nothing more may be answered; the journal has all that was
  };
  settings.on_snapshot_error = [](const Error& error) {
    spdlog::warn("no snapshot, so the journal grows: {}. {}", error.message, error.remedy);
  };
  settings.on_progress = [](store::CommitId done, store::CommitId all) {
    spdlog::info("recovering: {} of {} commits", done, all);
  };
  settings.test_clock = test_clock_;
  engine_ = std::make_unique<engine::Engine>(
      *store_, SchedulerSettings(config_), *zones_, clock_, std::move(settings));
  api::AuthOptions auth = MakeAuthOptions(config_);
  auth.own_token = own_token_;
  api::ApiOptions options = MakeApiOptions(config_);
  options.test_clock = test_clock_;
  api_ = std::make_unique<api::ApiServer>(
      *engine_, *zones_, clock_, std::move(options), std::move(auth));
  TRY(StartNotifications());
  api_->LogTo(MakeLogOptions(config_.log));
  api_->CountTasks(MakeMetricsOptions(config_, notifier_.get()));
  TRY(engine_->Recover());
  engine_->Start();
  TRY(engine_->Call(ConfigureCommand(config_)));
  return api_->Start(TRY(MakeServerOptions(config_)),
                     [](std::string_view text) { spdlog::warn("http: {}", text); });
}

std::string SchedulerRole::url() const {
  const bool tls = !config_.security.tls_certificate.empty();
  return (tls ? "https://" : "http://") + api_->address();
}

std::string SchedulerRole::own_url() const {
  const bool tls = !config_.security.tls_certificate.empty() && own_token_.empty();
  return (tls ? "https://" : "http://") + api_->own_address();
}

void SchedulerRole::Stop() {
  if (api_) api_->Stop();
  if (engine_) engine_->Stop();
  if (notifier_) notifier_->Stop(kNotifyGrace);
}

Result<void> SchedulerRole::StartNotifications() {
  if (!WantsNotifications(config_)) return {};
  notifier_ = TRY(
      notify::Notifier::Start(MakeNotifierOptions(config_), store_->journal().OpenedAs(), clock_));
  collector_ = std::make_unique<notify::Collector>(
      *notifier_, MakeRetryDefaults(config_), config_.luigi_scheduler.batch_emails);
  engine_->replica().Listen(*collector_);
  return {};
}

HostRoles::HostRoles(const config::Config& config, Which which) : pool_(children_, clock_) {
  if (which != Which::kWorker) {
    planner_ = std::make_unique<planner::Planner>(MakePlannerOptions(config), pool_, clock_);
  }
  if (which != Which::kPlanner) {
    worker_ = std::make_unique<worker::Worker>(MakeWorkerOptions(config), children_, pool_, clock_);
    sweeper_ = std::make_unique<worker::LogSweeper>(config.logs.dir, config.logs.keep, clock_);
  }
}

HostRoles::~HostRoles() {
  Stop();
  Stop();
  Join();
}

Result<void> HostRoles::Start() {
  if (planner_) TRY(planner_->Start());
  if (!worker_) return {};
  worker_thread_ = std::thread([this] {
    const auto ran = worker_->Run();
    if (!ran) spdlog::error("worker: {}", ran.error().message);
    const std::lock_guard lock(mutex_);
    worker_.reset();  // on the thread that ran it
  });
  return {};
}

void HostRoles::Stop() {
  if (planner_) planner_->Stop();
  const std::lock_guard lock(mutex_);
  if (worker_thread_.joinable() && worker_) worker_->Stop();
}

void HostRoles::Join() {
  if (planner_) planner_->Join();
  if (worker_thread_.joinable()) worker_thread_.join();
}

void HostRoles::StopAndJoin(Signals& signals) {
  Stop();
  std::atomic<bool> ended{false};
  std::thread second([&] {
    if (signals.Wait(std::chrono::hours(24)) && !ended) Stop();
  });
  Join();
  ended = true;
  pthread_kill(second.native_handle(), SIGTERM);  // wakes it
  second.join();
}

}  // namespace headrace::cli
