// The sections that are there once.

#include "config/sections.h"

#include <array>
#include <filesystem>
#include <fmt/format.h>

#include "config/notify_sections.h"
#include "config/quantity.h"
#include "config/text_file.h"

namespace headrace::config {
namespace {

constexpr std::array<std::pair<std::string_view, Durability>, 2> kDurabilities = {
    {{"fsync", Durability::kFsync}, {"os", Durability::kOs}}};
constexpr std::array<std::pair<std::string_view, QueueService>, 2> kQueueServices = {
    {{"embedded", QueueService::kEmbedded}, {"sqs", QueueService::kSqs}}};

// Luigi's own words, checked but kept as they are.
using Words = std::span<const std::pair<std::string_view, std::string_view>>;
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kCollectors = {
    {{"default", "default"},
     {"none", "none"},
     {"prometheus", "prometheus"},
     {"datadog", "datadog"},
     {"custom", "custom"}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kEmailFormats = {
    {{"plain", "plain"}, {"html", "html"}, {"none", "none"}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kEmailMethods = {
    {{"smtp", "smtp"}, {"sendgrid", "sendgrid"}, {"ses", "ses"}, {"sns", "sns"}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kBatchModes = {
    {{"all", "all"}, {"unbatched_params", "unbatched_params"}, {"family", "family"}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kLogLevels = {
    {{"DEBUG", "DEBUG"},
     {"INFO", "INFO"},
     {"WARNING", "WARNING"},
     {"ERROR", "ERROR"},
     {"CRITICAL", "CRITICAL"}}};

void ReadWordOf(SectionReader& section, std::string_view key, std::string& value, Words words) {
  std::string_view word = value;
  section.ReadChoice(key, word, words);
  value = word;
}

void RequireNotNegative(SectionReader& section, std::string_view key, Duration value) {
  if (value >= Duration(0)) return;
  section.reading().Complain(section.PathOf(key),
                             fmt::format("{} is negative", FormatDuration(value)));
}

void RequirePositive(SectionReader& section, std::string_view key, Duration value) {
  if (value > Duration(0)) return;
  section.reading().Complain(section.PathOf(key),
                             fmt::format("{} is not more than 0", FormatDuration(value)));
}

void RequireAtLeast(SectionReader& section, std::string_view key, int64_t value, int64_t least) {
  if (value >= least) return;
  section.reading().Complain(section.PathOf(key), fmt::format("{} is less than {}", value, least));
}

// "host:port", "[::1]:port", "*:port".
void SplitListen(SectionReader& section, SchedulerConfig& config) {
  const std::string_view text = config.listen;
  const size_t colon = text.rfind(':');
  const int64_t port =
      colon == std::string_view::npos ? -1 : ParseInteger(text.substr(colon + 1)).value_or(-1);
  std::string_view host = text.substr(0, std::min(colon, text.size()));
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool host_fits = !host.empty() && (bracketed || !host.contains(':')) &&
                         host.find_first_of(" /[]") == std::string_view::npos;
  if (port < 0 || port > 65535 || !host_fits) {
    section.reading().Complain(
        section.PathOf("listen"),
        fmt::format(
            "\"{}\" is not an address and port (0-65535); write it like \"127.0.0.1:8082\", "
            "\"[::1]:8082\" or \"0.0.0.0:8082\"",
            text));
    return;
  }
  config.listen_host = host == "*" ? "0.0.0.0" : std::string(host);
  config.listen_port = static_cast<uint16_t>(port);
}

// A URL that reaches what listens there from this machine.
std::string LocalUrl(const SchedulerConfig& config, bool tls) {
  std::string host = config.listen_host;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.contains(':')) host = "[" + host + "]";
  return fmt::format("{}://{}:{}", tls ? "https" : "http", host, config.listen_port);
}

// "sqlite:///abs/folder", "sqlite://./rel/folder", "postgresql://…".
void SplitStore(SectionReader& section, SchedulerConfig& config, std::string_view folder) {
  constexpr std::string_view kSqlite = "sqlite://";
  const std::string_view text = config.store;
  if (text.starts_with("postgresql://") || text.starts_with("postgres://")) {
    config.store_kind = StoreKind::kPostgres;
    config.store_path = text;
    return;
  }
  if (!text.starts_with(kSqlite) || text == kSqlite) {
    section.reading().Complain(
        section.PathOf("store"),
        fmt::format("\"{}\" is not a store; write \"sqlite:///var/lib/headrace\" (a folder), "
                    "\"sqlite://./var\" (relative to this file) or \"postgresql://host/database\"",
                    text));
    return;
  }
  config.store_path = PathBelow(folder, text.substr(kSqlite.size()));
}

// What a client of the scheduler shows and whom it trusts.
void ReadCredentials(SectionReader& section, SchedulerConfig& config, std::string_view folder) {
  section.ReadSecret("token", config.token);
  section.Read("token_file", config.token_file);
  section.Read("ca_file", config.ca_file);
  if (!config.ca_file.empty()) config.ca_file = PathBelow(folder, config.ca_file);
  if (config.token_file.empty()) return;
  config.token_file = PathBelow(folder, config.token_file);
  const auto text = ReadTextFile(config.token_file);
  if (!text) {
    section.reading().Complain(section.PathOf("token_file"), text.error().message);
    return;
  }
  const size_t end = text->find_first_of(" \t\r\n");
  if (config.token.empty()) config.token = text->substr(0, end);
  if (config.token.empty()) {
    section.reading().Complain(section.PathOf("token_file"),
                               "its first line is empty; `headrace user token add NAME` makes one");
  }
}

SchedulerConfig ReadScheduler(SectionReader& section, std::string_view folder, bool tls) {
  SchedulerConfig config;
  section.Read("listen", config.listen);
  SplitListen(section, config);
  config.url = LocalUrl(config, tls);
  section.ReadSecretUrl("url", config.url);
  if (!config.url.starts_with("http://") && !config.url.starts_with("https://")) {
    section.reading().Complain(
        section.PathOf("url"),
        fmt::format("\"{}\" is not a URL; write it like \"http://scheduler:8082\"", config.url));
  }
  ReadCredentials(section, config, folder);
  section.Read("url_prefix", config.url_prefix);
  if (config.url_prefix.ends_with('/')) config.url_prefix.pop_back();
  if (!config.url_prefix.empty() && !config.url_prefix.starts_with('/')) {
    section.reading().Complain(
        section.PathOf("url_prefix"),
        fmt::format("\"{}\" is no path; write it like \"/tools/luigi\"", config.url_prefix));
  }
  section.ReadSecretUrl("store", config.store);
  SplitStore(section, config, folder);
  section.ReadChoice<Durability>("durability", config.durability, kDurabilities);
  section.Read("lease", config.lease);
  RequirePositive(section, "lease", config.lease);
  return config;
}

LuigiSchedulerConfig ReadLuigiScheduler(SectionReader& section) {
  LuigiSchedulerConfig config;
  section.ReadOrNever("retry_delay", config.retry_delay);
  section.ReadOrNever("remove_delay", config.remove_delay);
  section.ReadOrNever("worker_disconnect_delay", config.worker_disconnect_delay);
  section.Read("batch_emails", config.batch_emails);
  section.ReadOrNever("disable_window", config.disable_window);
  section.Read("retry_count", config.retry_count);
  section.ReadOrNever("disable_hard_timeout", config.disable_hard_timeout);
  section.ReadOrNever("disable_persist", config.disable_persist);
  section.Read("max_shown_tasks", config.max_shown_tasks);
  section.Read("max_graph_nodes", config.max_graph_nodes);
  section.Read("record_task_history", config.record_task_history);
  section.Read("prune_on_get_work", config.prune_on_get_work);
  section.Read("pause_enabled", config.pause_enabled);
  section.Read("send_messages", config.send_messages);
  ReadWordOf(section, "metrics_collector", config.metrics_collector, kCollectors);
  section.Read("stable_done_cooldown_secs", config.stable_done_cooldown_secs);
  for (const auto& [key, value] :
       {std::pair{"remove_delay", config.remove_delay},
        {"worker_disconnect_delay", config.worker_disconnect_delay},
        {"disable_window", config.disable_window},
        {"disable_hard_timeout", config.disable_hard_timeout},
        {"disable_persist", config.disable_persist},
        {"stable_done_cooldown_secs", config.stable_done_cooldown_secs}}) {
    RequireNotNegative(section, key, value);
  }
  RequireAtLeast(section, "max_shown_tasks", config.max_shown_tasks, 0);
  RequireAtLeast(section, "max_graph_nodes", config.max_graph_nodes, 0);
  if (config.metrics_collector == "datadog" || config.metrics_collector == "custom") {
    section.reading().Warn(section.PathOf("metrics_collector"),
                           "is not supported: metrics come in Prometheus' format from /metrics");
  }
  return config;
}

std::vector<std::pair<std::string, int64_t>> ReadResources(SectionReader section) {
  std::vector<std::pair<std::string, int64_t>> resources;
  for (const std::string& name : section.NamesWithLuigi()) {
    int64_t amount = 0;
    section.Read(name, amount);
    RequireAtLeast(section, name, amount, 0);
    resources.emplace_back(name, amount);
  }
  section.Finish();
  return resources;
}

CorsConfig ReadCors(SectionReader section) {
  CorsConfig config;
  section.Read("enabled", config.enabled);
  section.Read("allowed_origins", config.allowed_origins);
  section.Read("allow_any_origin", config.allow_any_origin);
  section.Read("allow_null_origin", config.allow_null_origin);
  section.Read("max_age", config.max_age);
  section.Read("allowed_methods", config.allowed_methods);
  section.Read("allowed_headers", config.allowed_headers);
  section.Read("exposed_headers", config.exposed_headers);
  section.Read("allow_credentials", config.allow_credentials);
  section.Finish();
  return config;
}

EmailConfig ReadEmail(SectionReader section) {
  EmailConfig config;
  section.Read("force_send", config.force_send);
  ReadWordOf(section, "format", config.format, kEmailFormats);
  ReadWordOf(section, "method", config.method, kEmailMethods);
  section.Read("prefix", config.prefix);
  section.Read("receiver", config.receiver);
  section.Read("sender", config.sender);
  section.Read("traceback_max_length", config.traceback_max_length);
  RequireAtLeast(section, "traceback_max_length", config.traceback_max_length, 0);
  if (config.method != "smtp") {
    section.reading().Warn(section.PathOf("method"),
                           "is not supported, and no mail is sent: headrace sends mails by SMTP "
                           "(method = \"smtp\"), and SES and SendGrid take them so");
  }
  section.Finish();
  return config;
}

SmtpConfig ReadSmtp(SectionReader section) {
  SmtpConfig config;
  section.Read("host", config.host);
  section.Read("local_hostname", config.local_hostname);
  section.Read("no_tls", config.no_tls);
  section.Read("username", config.username);
  section.ReadSecret("password", config.password);
  section.Read("port", config.port);
  section.Read("ssl", config.ssl);
  section.Read("verify", config.verify);
  section.Read("timeout", config.timeout);
  RequirePositive(section, "timeout", config.timeout);
  if (config.port < 0 || config.port > 65535) {
    section.reading().Complain(section.PathOf("port"),
                               fmt::format("{} is no port (0-65535)", config.port));
  }
  section.Finish();
  return config;
}

BatchEmailConfig ReadBatchEmail(SectionReader section) {
  BatchEmailConfig config;
  section.Read("email_interval", config.email_interval);
  ReadWordOf(section, "batch_mode", config.batch_mode, kBatchModes);
  section.Read("error_lines", config.error_lines);
  section.Read("error_messages", config.error_messages);
  section.Read("group_by_error_messages", config.group_by_error_messages);
  RequireAtLeast(section, "email_interval", config.email_interval, 1);
  section.Finish();
  return config;
}

QueueConfig ReadQueue(SectionReader section) {
  QueueConfig config;
  section.ReadChoice<QueueService>("service", config.service, kQueueServices);
  section.Read("prefix", config.prefix);
  section.Read("region", config.region);
  section.Read("endpoint", config.endpoint);
  section.Read("visibility_timeout", config.visibility_timeout);
  RequirePositive(section, "visibility_timeout", config.visibility_timeout);
  section.Finish();
  return config;
}

HostConfig ReadHost(SectionReader section, std::string_view folder) {
  HostConfig config;
  section.Read("python", config.python);
  section.Read("path", config.path);
  section.Read("module", config.module);
  section.Read("env", config.env);
  section.Read("cwd", config.cwd);
  ReadWordOf(section, "log_level", config.log_level, kLogLevels);
  section.Read("logging_conf_file", config.logging_conf_file);
  section.Read("import_timeout", config.import_timeout);
  RequirePositive(section, "import_timeout", config.import_timeout);
  if (config.python.empty()) {
    section.reading().Complain(section.PathOf("python"),
                               "is empty; write \"python3\" or \".venv/bin/python\"");
  }
  // Not made canonical: the python of a virtual environment is a symbolic link that must stay one.
  if (config.python.contains('/')) config.python = PathBelow(folder, config.python);
  for (std::string& entry : config.path) entry = PathBelow(folder, entry);
  config.cwd = PathBelow(folder, config.cwd);
  if (!config.logging_conf_file.empty()) {
    config.logging_conf_file = PathBelow(folder, config.logging_conf_file);
  }
  section.Finish();
  return config;
}

LogsConfig ReadLogs(SectionReader section, std::string_view folder) {
  LogsConfig config;
  section.Read("dir", config.dir);
  section.ReadSize("limit", config.limit);
  section.Read("keep", config.keep);
  RequirePositive(section, "keep", config.keep);
  if (config.limit < 4096) {
    section.reading().Complain(section.PathOf("limit"),
                               fmt::format("{} bytes are less than 4KiB", config.limit));
  }
  config.dir = PathBelow(folder, config.dir);
  section.Finish();
  return config;
}

SecurityConfig ReadSecurity(SectionReader section, std::string_view folder) {
  SecurityConfig config;
  section.Read("users", config.users);
  section.Read("insecure", config.insecure);
  section.Read("tls_certificate", config.tls_certificate);
  section.Read("tls_key", config.tls_key);
  section.Read("session", config.session);
  section.ReadSize("body_limit", config.body_limit);
  section.Read("connections", config.connections);
  RequirePositive(section, "session", config.session);
  RequireAtLeast(section, "connections", config.connections, 1);
  for (std::string* path : {&config.users, &config.tls_certificate, &config.tls_key}) {
    if (!path->empty()) *path = PathBelow(folder, *path);
  }
  if (config.tls_certificate.empty() != config.tls_key.empty()) {
    const char* given = config.tls_key.empty() ? "tls_certificate" : "tls_key";
    section.reading().Complain(section.PathOf(given),
                               "needs the other one too: TLS takes tls_certificate and tls_key");
  }
  if (config.body_limit < 65536) {
    section.reading().Complain(section.PathOf("body_limit"),
                               fmt::format("{} bytes are less than 64KiB", config.body_limit));
  }
  section.Finish();
  return config;
}

PlannerConfig ReadPlanner(SectionReader section) {
  PlannerConfig config;
  section.Read("plans", config.plans);
  section.Read("check_interval", config.check_interval);
  section.Read("check_interval_max", config.check_interval_max);
  section.Read("positive_audit_period", config.positive_audit_period);
  section.Read("negative_cache_period", config.negative_cache_period);
  RequireAtLeast(section, "plans", config.plans, 1);
  RequirePositive(section, "check_interval", config.check_interval);
  RequirePositive(section, "positive_audit_period", config.positive_audit_period);
  RequireNotNegative(section, "negative_cache_period", config.negative_cache_period);
  if (config.check_interval_max < config.check_interval) {
    section.reading().Complain(section.PathOf("check_interval_max"),
                               fmt::format("{} is less than check_interval, {}",
                                           FormatDuration(config.check_interval_max),
                                           FormatDuration(config.check_interval)));
  }
  section.Finish();
  return config;
}

WorkerConfig ReadWorker(SectionReader section) {
  WorkerConfig config;
  section.Read("id", config.id);
  section.Read("pool", config.pool);
  section.Read("slots", config.slots);
  section.Read("grace", config.grace);
  section.Read("kill_grace", config.kill_grace);
  section.ReadSize("memory_limit", config.memory_limit);
  RequireNotNegative(section, "grace", config.grace);
  RequireNotNegative(section, "kill_grace", config.kill_grace);
  section.Finish();
  return config;
}

}  // namespace

std::string PathBelow(std::string_view folder, std::string_view path) {
  if (folder.empty()) return std::string(path);
  const std::filesystem::path whole = std::filesystem::path(folder) / path;
  std::string normal = whole.lexically_normal().string();
  if (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
  return normal;
}

Config ReadSections(Reading& reading, const Node& root, std::string_view folder) {
  SectionReader document(reading, &root, "");
  Config config;
  config.security = ReadSecurity(document.Section("security"), folder);
  SectionReader scheduler = document.Section("scheduler");
  const bool tls = !config.security.tls_certificate.empty();
  config.scheduler = ReadScheduler(scheduler, folder, tls);
  if (config.security.users.empty() && config.scheduler.store_kind == StoreKind::kSqlite) {
    config.security.users = config.scheduler.store_path + "/users.json";
  }
  config.luigi_scheduler = ReadLuigiScheduler(scheduler);
  scheduler.Finish();
  config.resources = ReadResources(document.Section("resources"));
  config.queue = ReadQueue(document.Section("queue"));
  config.host = ReadHost(document.Section("host"), folder);
  config.logs = ReadLogs(document.Section("logs"), folder);
  config.planner = ReadPlanner(document.Section("planner"));
  config.worker = ReadWorker(document.Section("worker"));
  config.cors = ReadCors(document.Section("cors"));
  config.email = ReadEmail(document.Section("email"));
  config.smtp = ReadSmtp(document.Section("smtp"));
  config.batch_email = ReadBatchEmail(document.Section("batch_email"));
  config.notify = ReadNotify(document.Section("notify"));
  config.prometheus = ReadPrometheus(document.Section("prometheus"));
  config.log = ReadLog(document.Section("log"), folder);
  config.pools = ReadPools(document);
  config.pipelines = ReadPipelines(document, config.host, folder);
  document.Finish();
  CheckPools(reading, config);
  return config;
}

}  // namespace headrace::config
