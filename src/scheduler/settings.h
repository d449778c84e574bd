// What the scheduler is told at its start and never changes: Luigi's [scheduler] keys with Luigi's
// defaults, and headrace's own.

#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "scheduler/task_facts.h"

namespace headrace {
class TimeZoneRules;
}

namespace headrace::scheduler {

struct Settings {
  double retry_delay_s = 900;
  double remove_delay_s = 600;
  double worker_disconnect_delay_s = 60;
  int64_t disable_window_s = 3600;
  int64_t retry_count = 999'999'999;
  int64_t disable_hard_timeout_s = 999'999'999;
  int64_t disable_persist_s = 86'400;
  int64_t stable_done_cooldown_s = 10;
  bool pause_enabled = true;
  bool send_messages = true;
  bool reports_failures = false;  // FailureReported and SchedulingFailed are written

  Duration lease = std::chrono::seconds(30);  // of an attempt, and of a headrace worker
  Duration plan_lease = std::chrono::seconds(60);
  Duration check_first = std::chrono::seconds(15);  // absent external target; then doubled
  Duration check_last = std::chrono::minutes(15);
  uint32_t plan_failures_max = 5;
  uint32_t losses_max = 5;  // lost attempts in a row that count as a failure
  // For ad-hoc runs' tasks that bring no policy of their own.
  RetryPolicy adhoc_retry{
      .count = 1, .window_s = 1e9, .delay_s = 5, .backoff = 2, .max_delay_s = 300};
  // For pipelines' tasks where neither the task nor its pipeline says anything.
  RetryPolicy pipeline_retry{
      .count = 3, .window_s = 1e9, .delay_s = 60, .backoff = 2, .max_delay_s = 3600};
};

// Time-zone rules by name; nullptr for an unknown zone. Pure: what it knows never changes.
class TimeZones {
 public:
  virtual ~TimeZones() = default;
  virtual const TimeZoneRules* Find(std::string_view name) const = 0;
};

}  // namespace headrace::scheduler
