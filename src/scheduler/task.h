// A task's row. A million of them must fit, so what few tasks have stands in TaskDetail, and texts
// that many share are interned.

#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/id_list.h"
#include "scheduler/records.h"
#include "scheduler/types.h"

namespace headrace::scheduler {

// What few tasks have. Made on the first write.
struct TaskDetail {
  std::string visibility;  // json object; "" = all public
  std::string owners;
  std::string accepts_messages;
  std::string batch;  // id of the batch it runs in
  std::string expl;
  std::string tracking_url;
  std::string status_message;
  std::string progress;
  std::string targets;
  std::string error;
  RetryPolicy retry;
  double timeout_s = 0;
  std::vector<Timestamp> failures;  // oldest first; at most kFailuresKept
  Timestamp first_failure_at;       // zero: none since it was last enabled
  Timestamp disabled_at;            // zero, or when the scheduler disabled it
  Timestamp retry_at;
  Timestamp remove_at;
  Timestamp cooldown_refused_at;  // a run was asked for too soon after it was done; zero: never
  Timestamp check_at;
  uint32_t checks = 0;    // looks in a row that found nothing
  uint32_t attempts = 0;  // tries by headrace's workers so far
  uint32_t losses = 0;    // lost attempts in a row
  ResourceSetId resources_running;
  AttemptId attempt_last;
};
inline constexpr size_t kFailuresKept = 1'000;

struct Task {
  std::unique_ptr<char[]> text;  // key, then the params as a json object
  std::unique_ptr<TaskDetail> detail;
  IdList<TaskId> deps;
  IdList<TaskId> dependents;
  IdList<RunId> runs;  // first: the one that registered it
  Timestamp created;
  Timestamp updated;       // last change of status
  Timestamp time_running;  // last handed out; zero: never
  double priority = 0;
  uint32_t key_size = 0;
  uint32_t params_size = 0;
  TextId family;
  TextId module;
  WorkerSetId workers;       // may run it (Luigi's `workers`)
  WorkerSetId stakeholders;  // care for it
  WorkerId worker_last;      // the last that was added to `workers`
  WorkerId worker_running;   // stays when the task ends
  ResourceSetId resources;
  AttemptId attempt;           // running attempt of a headrace worker; zero: none
  uint32_t deps_open = 0;      // not DONE
  uint32_t deps_blocking = 0;  // disabled, or below a disabled one
  PoolId pool;                 // zero: headrace's workers do not run it
  uint32_t stock_entry = 0;    // generation of its entry in the ready heaps; zero: none
  uint32_t pool_entry = 0;
  double entry_priority = 0;  // where these entries are: the next five say it
  WorkerSetId entry_workers;
  ResourceSetId entry_resources;
  PoolId entry_pool;
  PipelineId entry_pipeline;
  TaskStatus status = TaskStatus::kUnknown;
  Phase phase = Phase::kUnknown;
  Unit unit = Unit::kTask;
  bool used = false;     // the row holds a task
  bool removed = false;  // only its key is left, for its dependents
  bool external = false;
  bool runnable = false;
  bool batchable = false;
  bool batchable_known = false;
  bool params_known = false;
  bool module_known = false;
  bool blocking = false;  // DISABLED, or pending with deps_blocking > 0

  std::string_view key() const { return {text.get(), key_size}; }
  std::string_view params() const {
    return params_known ? std::string_view(text.get() + key_size, params_size) : "{}";
  }
};
static_assert(sizeof(Task) <= 200, "a million tasks must stay small");

}  // namespace headrace::scheduler
