// From the configuration to options.

#include "cli/settings.h"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <random>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include "base/json_writer.h"
#include "base/time_zone.h"
#include "cli/notifications.h"

namespace headrace::cli {

namespace {

class SystemTimeZones final : public scheduler::TimeZones {
 public:
  const TimeZoneRules* Find(std::string_view name) const override {
    const std::string key(name.empty() ? "UTC" : name);
    const std::lock_guard lock(mutex_);
    const auto known = zones_.find(key);
    if (known != zones_.end()) return known->second.get();
    auto loaded = LoadTimeZone(key);
    return zones_.emplace(key, loaded ? std::move(*loaded) : nullptr).first->second.get();
  }

 private:
  mutable std::mutex mutex_;  // loading happens once a zone; after that a look-up
  mutable std::map<std::string, std::unique_ptr<const TimeZoneRules>> zones_;
};

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// The Python package `headrace`: beside the binary when it was installed, else in the sources.
std::string PackageDir() {
  std::error_code error;
  const auto binary = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto installed = binary.parent_path().parent_path() / "share" / "headrace" / "python";
  if (!error && std::filesystem::exists(installed, error)) return installed.string();
  return HEADRACE_PYTHON_DIR;
}

std::string HostName() {
  char name[256] = {};
  return ::gethostname(name, sizeof(name) - 1) == 0 ? name : "localhost";
}

host::HostSettings HostOf(const config::HostConfig& host, const config::PipelineConfig* pipeline) {
  host::HostSettings settings{.python = host.python,
                              .package_dir = PackageDir(),
                              .path = host.path,
                              .cwd = host.cwd,
                              .log_level = host.log_level,
                              .logging_conf_file = host.logging_conf_file,
                              .import_limit = host.import_timeout};
  std::map<std::string, std::string> env = host.env;
  if (pipeline != nullptr) {
    for (const auto& [name, value] : pipeline->env) env[name] = value;
    if (!pipeline->cwd.empty()) settings.cwd = pipeline->cwd;
  }
  settings.env.assign(env.begin(), env.end());
  return settings;
}

std::map<std::string, host::HostSettings> HostsOf(const config::Config& config) {
  std::map<std::string, host::HostSettings> hosts;
  for (const config::PipelineConfig& pipeline : config.pipelines) {
    if (pipeline.env.empty() && pipeline.cwd.empty()) continue;
    hosts[pipeline.name] = HostOf(config.host, &pipeline);
  }
  return hosts;
}

scheduler::PipelineSet PipelineOf(const config::PipelineConfig& pipeline) {
  scheduler::PipelineSet spec;
  spec.name = pipeline.name;
  spec.module = pipeline.module;
  spec.family = pipeline.task;
  JsonWriter json(spec.params, JsonStyle::kCompact);
  json.BeginObject();
  for (const auto& [name, text] : pipeline.params) json.Field(name, text);
  json.EndObject();
  spec.schedule = pipeline.schedule;
  spec.timezone = pipeline.timezone;
  spec.start = pipeline.start.value_or(Timestamp{});
  spec.end = pipeline.end.value_or(Timestamp{});
  spec.catchup = pipeline.catchup;
  spec.active_runs_max = pipeline.max_active_runs;
  spec.weight = pipeline.weight;
  const bool whole = pipeline.unit == config::Unit::kPipeline;
  spec.unit = whole ? scheduler::Unit::kPipeline : scheduler::Unit::kTask;
  spec.retry.count = pipeline.retry.count;
  if (pipeline.retry.delay) spec.retry.delay_s = Seconds(*pipeline.retry.delay);
  spec.retry.backoff = pipeline.retry.backoff;
  if (pipeline.retry.max_delay) spec.retry.max_delay_s = Seconds(*pipeline.retry.max_delay);
  spec.timeout_s = Seconds(pipeline.timeout);
  return spec;
}

}  // namespace

std::unique_ptr<scheduler::TimeZones> MakeTimeZones() {
  return std::make_unique<SystemTimeZones>();
}

// A planner renews its plans every ten seconds, however short a lease is.
constexpr Duration kPlanLeaseMin = std::chrono::seconds(20);

scheduler::Settings SchedulerSettings(const config::Config& config) {
  const config::LuigiSchedulerConfig& luigi = config.luigi_scheduler;
  scheduler::Settings settings;
  settings.retry_delay_s = Seconds(luigi.retry_delay);
  settings.remove_delay_s = Seconds(luigi.remove_delay);
  settings.worker_disconnect_delay_s = Seconds(luigi.worker_disconnect_delay);
  settings.disable_window_s = static_cast<int64_t>(Seconds(luigi.disable_window));
  settings.retry_count = luigi.retry_count;
  settings.disable_hard_timeout_s = static_cast<int64_t>(Seconds(luigi.disable_hard_timeout));
  settings.disable_persist_s = static_cast<int64_t>(Seconds(luigi.disable_persist));
  settings.stable_done_cooldown_s = static_cast<int64_t>(Seconds(luigi.stable_done_cooldown_secs));
  settings.pause_enabled = luigi.pause_enabled;
  settings.send_messages = luigi.send_messages;
  settings.reports_failures = WantsReports(config);
  settings.lease = config.scheduler.lease;
  settings.plan_lease = std::max(kPlanLeaseMin, 2 * config.scheduler.lease);
  settings.check_first = config.planner.check_interval;
  settings.check_last = config.planner.check_interval_max;
  return settings;
}

scheduler::Configure ConfigureCommand(const config::Config& config) {
  scheduler::Configure command;
  for (const config::PoolConfig& pool : config.pools) {
    command.pools.push_back(
        {.pool = {}, .name = pool.name, .slots = pool.slots, .families = pool.families});
  }
  for (const config::PipelineConfig& pipeline : config.pipelines) {
    command.pipelines.push_back(PipelineOf(pipeline));
    command.pool_of_pipeline[pipeline.name] = pipeline.pool;
  }
  for (const auto& [name, total] : config.resources) {
    command.resources.emplace_back(name, static_cast<double>(total));
  }
  return command;
}

api::ApiOptions MakeApiOptions(const config::Config& config) {
  return {.version = std::string(kVersion),
          .log_dir = config.logs.dir,
          .shown_tasks_max = config.luigi_scheduler.max_shown_tasks,
          .graph_nodes_max = config.luigi_scheduler.max_graph_nodes,
          .pause_enabled = config.luigi_scheduler.pause_enabled,
          .send_messages = config.luigi_scheduler.send_messages,
          .disable_persist = config.luigi_scheduler.disable_persist,
          .cors = config.cors,
          .url_prefix = config.scheduler.url_prefix,
          .cooldown_s = Seconds(config.luigi_scheduler.stable_done_cooldown_secs),
          .record_task_history = config.luigi_scheduler.record_task_history,
          .prune_on_get_work = config.luigi_scheduler.prune_on_get_work,
          .notice = [](std::string_view text) { spdlog::info("{}", text); }};
}

namespace {

// A connection is a file descriptor, and a process that runs out of them accepts nobody. Raises the
// soft limit as far as that takes; where the hard one is lower, there are fewer connections.
size_t RoomForConnections(size_t wanted) {
  constexpr rlim_t kOthers = 256;  // store, logs, pipes to task hosts
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const rlim_t needed = wanted + kOthers;
  if (limit.rlim_cur < needed) {
    limit.rlim_cur = std::min(needed, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  const rlim_t room = limit.rlim_cur > kOthers ? limit.rlim_cur - kOthers : 1;
  return std::min<size_t>(wanted, std::max<rlim_t>(room, 64));
}

}  // namespace

api::AuthOptions MakeAuthOptions(const config::Config& config) {
  api::AuthOptions auth;
  auth.users_file = config.security.users;
  auth.session_life = config.security.session;
  if (config.cors.enabled) {
    auth.allowed_origins = config.cors.allowed_origins;
    auth.any_origin = config.cors.allow_any_origin;
  }
  auth.insecure = config.security.insecure;
  auth.secure_cookies = !config.security.tls_certificate.empty();
  return auth;
}

Result<net::HttpServerOptions> MakeServerOptions(const config::Config& config) {
  net::HttpServerOptions options;
  options.listen = TRY(net::ListenAddress::Parse(config.scheduler.listen));
  options.tls = {config.security.tls_certificate, config.security.tls_key};
  options.body_bytes_max = config.security.body_limit;
  options.connections_max = RoomForConnections(config.security.connections);
  return options;
}

client::ClientOptions MakeClientOptions(const config::Config& config, Duration patience) {
  return {.url = config.scheduler.url,
          .token = config.scheduler.token,
          .ca_file = config.scheduler.ca_file,
          .patience = patience};
}

planner::PlannerOptions MakePlannerOptions(const config::Config& config) {
  return {.client = MakeClientOptions(config, std::chrono::minutes(5)),
          .id = "planner-" + MakeId(),
          .plans = config.planner.plans,
          .host = HostOf(config.host, nullptr),
          .host_by_pipeline = HostsOf(config)};
}

worker::WorkerOptions MakeWorkerOptions(const config::Config& config) {
  worker::WorkerOptions options;
  options.client = MakeClientOptions(config, client::Client::kForever);
  options.worker.id = config.worker.id.empty() ? MakeId() : config.worker.id;
  options.worker.pools = {config.worker.pool};
  options.worker.host = HostName();
  options.worker.pid = ::getpid();
  options.worker.version = kVersion;
  const uint32_t processors = std::max(1u, std::thread::hardware_concurrency());
  options.worker.slots = static_cast<int>(config.worker.slots ? config.worker.slots : processors);
  options.limits.slots = options.worker.slots;
  options.limits.grace = config.worker.kill_grace;
  options.limits.drain_grace = config.worker.grace;
  options.log.dir = config.logs.dir;
  options.log.bytes_max = static_cast<int64_t>(config.logs.limit);
  options.host = HostOf(config.host, nullptr);
  options.host_by_pipeline = HostsOf(config);
  for (const config::PipelineConfig& pipeline : config.pipelines) {
    if (pipeline.isolation == config::Isolation::kProcess) options.unforked.insert(pipeline.name);
  }
  options.memory_bytes_max = static_cast<int64_t>(config.worker.memory_limit);
  return options;
}

std::string MakeId() {
  std::random_device random;
  return fmt::format("{}-{}-{:04x}", HostName(), ::getpid(), random() & 0xFFFFu);
}

}  // namespace headrace::cli
