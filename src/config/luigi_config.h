// The parts of luigi.cfg that mean something to a scheduler, with Luigi's defaults. They may stand
// in headrace.toml as well, under the same names.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace headrace::config {

// [scheduler]
struct LuigiSchedulerConfig {
  Duration retry_delay = std::chrono::seconds(900);  // negative: never
  Duration remove_delay = std::chrono::seconds(600);
  Duration worker_disconnect_delay = std::chrono::seconds(60);
  bool batch_emails = false;
  Duration disable_window = std::chrono::seconds(3600);
  int64_t retry_count = 999'999'999;
  Duration disable_hard_timeout = std::chrono::seconds(999'999'999);
  Duration disable_persist = std::chrono::seconds(86'400);
  int64_t max_shown_tasks = 100'000;
  int64_t max_graph_nodes = 100'000;
  bool record_task_history = false;
  bool prune_on_get_work = false;
  bool pause_enabled = true;
  bool send_messages = true;
  std::string metrics_collector = "default";  // default, none, prometheus, datadog, custom
  Duration stable_done_cooldown_secs = std::chrono::seconds(10);
};

// [cors]: answers to browsers' pages from other origins.
struct CorsConfig {
  bool enabled = false;
  std::vector<std::string> allowed_origins;
  bool allow_any_origin = false;
  bool allow_null_origin = false;
  int64_t max_age = 86'400;
  std::string allowed_methods = "GET, OPTIONS";
  std::string allowed_headers = "Accept, Content-Type, Origin";
  std::string exposed_headers;
  bool allow_credentials = false;
};

// [email], [smtp], [batch_email]: who hears of failures, and how.
struct EmailConfig {
  bool force_send = false;
  std::string format = "plain";  // plain, html, none
  std::string method = "smtp";   // smtp, sendgrid, ses, sns
  std::string prefix;
  std::string receiver;
  std::string sender;  // empty: luigi-client@<host name>
  int64_t traceback_max_length = 5000;
};

struct SmtpConfig {
  std::string host = "localhost";
  std::string local_hostname;
  bool no_tls = false;
  std::string username;
  std::string password;
  int64_t port = 0;
  bool ssl = false;
  bool verify = false;  // the server's certificate; headrace's own: Luigi never does
  Duration timeout = std::chrono::seconds(10);
};

struct BatchEmailConfig {
  int64_t email_interval = 60;  // minutes, as in Luigi
  std::string batch_mode = "unbatched_params";
  int64_t error_lines = 20;
  int64_t error_messages = 1;
  bool group_by_error_messages = true;
};

}  // namespace headrace::config
