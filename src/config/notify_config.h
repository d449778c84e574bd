// Who is told what, and what is written down: notifications, metrics' labels, logs.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace headrace::config {

// [notify.webhooks.<name>]
struct WebhookConfig {
  std::string name;
  std::string url;
  std::string format = "json";                                            // json, slack
  std::vector<std::string> events = {"failed", "disabled", "recovered"};  // or scheduling_failed
  std::vector<std::string> families;  // patterns with * and ?; empty: all
  std::string token;                  // sent as Authorization: Bearer
  Duration timeout = std::chrono::seconds(10);
};

// [notify]
struct NotifyConfig {
  Duration retry_first = std::chrono::seconds(2);  // pause after a first failure, then doubled
  Duration retry_last = std::chrono::minutes(5);   // up to this
  Duration give_up_after = std::chrono::hours(24);
  std::vector<WebhookConfig> webhooks;  // by name
};

// [prometheus]: Luigi's keys, and how many label sets a metric may have.
struct PrometheusConfig {
  bool use_task_family_in_labels = true;
  std::vector<std::string> task_parameters_to_use_in_labels;
  int64_t label_sets_max = 200;  // of a metric; what comes later is counted as "other"
};

// [log]: the process's own log; attempts' output is in [logs].
struct LogConfig {
  std::string level = "info";     // debug, info, warning, error
  std::string format = "text";    // text, json
  std::string file;               // empty: standard error
  uint64_t max_size = 64u << 20;  // of the file, before it is moved aside
  uint32_t keep = 5;              // files that were moved aside
  bool access = false;            // a line a request
  bool events = false;            // a line for what becomes of tasks, runs and workers
};

}  // namespace headrace::config
