// The configuration, typed and checked: what the roles are handed. docs/manual/configuration.md
// says what each key means to its user; here stand types and defaults, nowhere else.
//
// Value types. Paths are absolute, or relative to the process where no headrace.toml was read.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "config/luigi_config.h"
#include "config/notify_config.h"

namespace headrace::config {

enum class StoreKind : uint8_t { kSqlite, kPostgres };
enum class Durability : uint8_t { kFsync, kOs };
enum class QueueService : uint8_t { kEmbedded, kSqs };
enum class Unit : uint8_t { kTask, kPipeline };
enum class Isolation : uint8_t { kFork, kProcess };

using Environment = std::map<std::string, std::string>;

// [scheduler], headrace's own keys.
struct SchedulerConfig {
  std::string listen = "127.0.0.1:8082";
  std::string listen_host = "127.0.0.1";  // these two are taken from `listen`
  uint16_t listen_port = 8082;
  std::string url;  // where planner, workers and commands find the scheduler; http://<listen>
  std::string url_prefix;  // "/tools/luigi": a proxy sends what is below it with the path whole
  std::string store = "sqlite://./var";
  StoreKind store_kind = StoreKind::kSqlite;
  std::string store_path = "./var";  // a folder for sqlite; the whole URL for postgres
  Durability durability = Durability::kFsync;
  Duration lease = std::chrono::seconds(30);
  // How planner, workers and commands prove who they are, besides user:password@ in `url`.
  std::string token;  // also read from token_file
  std::string token_file;
  std::string ca_file;  // whom to trust about an https scheduler; empty: the system's authorities
};

// Who may come in, and what is accepted.
struct SecurityConfig {
  std::string users;  // the file that `headrace user` keeps; empty: none
  bool insecure = false;
  std::string tls_certificate;  // PEM, with its chain; empty: no TLS
  std::string tls_key;
  Duration session = std::chrono::hours(12);  // of a login at the page
  uint64_t body_limit = 64u << 20;
  uint32_t connections = 4096;
};

struct QueueConfig {
  QueueService service = QueueService::kEmbedded;
  std::string prefix = "headrace-";  // of the names of SQS queues
  std::string region;                // SQS; empty: as AWS's own tools find it
  std::string endpoint;              // SQS; empty: AWS
  Duration visibility_timeout = std::chrono::minutes(2);
};

// How the user's Python is started.
struct HostConfig {
  std::string python = "python3";  // with a slash: a path; without: looked up in PATH
  std::vector<std::string> path;   // in front of sys.path
  std::string module;              // where a pipeline names none
  Environment env;
  std::string cwd;  // empty: the folder of headrace.toml
  std::string log_level = "INFO";
  std::string logging_conf_file;
  Duration import_timeout = std::chrono::minutes(2);
};

struct LogsConfig {
  std::string dir = "./var/logs";
  uint64_t limit = 16u << 20;  // bytes kept of one attempt's output
  Duration keep = std::chrono::hours(14 * 24);
};

struct PlannerConfig {
  uint32_t plans = 2;                                        // at once
  Duration check_interval = std::chrono::seconds(15);        // of an absent external target,
  Duration check_interval_max = std::chrono::minutes(15);    // doubled up to this
  Duration positive_audit_period = std::chrono::hours(1);    // known outputs are looked for again
  Duration negative_cache_period = std::chrono::seconds(5);  // an absent one is believed absent
};

struct WorkerConfig {
  std::string id;  // empty: host name and process id
  std::string pool = "default";
  uint32_t slots = 0;                              // attempts at once; 0: one a processor
  Duration grace = std::chrono::seconds(30);       // for attempts, when the worker is told to stop
  Duration kill_grace = std::chrono::seconds(10);  // between SIGTERM and SIGKILL of an attempt
  uint64_t memory_limit = 0;                       // bytes for each attempt; 0: none
};

struct PoolConfig {
  std::string name;
  uint32_t slots = 8;
  std::vector<std::string> families;  // patterns with * and ?
};

struct RetryConfig {
  std::optional<int64_t> count;  // failures that disable a task; absent: the scheduler's
  std::optional<Duration> delay;
  std::optional<double> backoff;
  std::optional<Duration> max_delay;
};

struct PipelineConfig {
  std::string name;
  std::string module;
  std::string task;
  Environment params;    // parameter name → template (base/time_template.h)
  std::string schedule;  // cron (base/cron.h); empty: by hand only
  std::string timezone = "UTC";
  std::optional<Timestamp> start;  // no interval begins before it
  std::optional<Timestamp> end;    // none ends after it
  int64_t catchup = -1;            // missed intervals that are made up, the newest; -1: all
  uint32_t max_active_runs = 16;
  double weight = 1;
  std::string pool = "default";
  Unit unit = Unit::kTask;
  RetryConfig retry;
  Duration timeout{0};  // of one attempt; zero: none
  Isolation isolation = Isolation::kFork;
  Environment env;
  std::string cwd;
};

struct Config {
  SchedulerConfig scheduler;
  LuigiSchedulerConfig luigi_scheduler;  // [scheduler], Luigi's keys
  std::vector<std::pair<std::string, int64_t>> resources;
  CorsConfig cors;
  EmailConfig email;
  SmtpConfig smtp;
  BatchEmailConfig batch_email;
  SecurityConfig security;
  NotifyConfig notify;
  PrometheusConfig prometheus;
  LogConfig log;
  QueueConfig queue;
  HostConfig host;
  LogsConfig logs;
  PlannerConfig planner;
  WorkerConfig worker;
  std::vector<PoolConfig> pools;          // by name; "default" is always there
  std::vector<PipelineConfig> pipelines;  // by name
};

}  // namespace headrace::config
