// What is said about a task: by a Luigi worker, by the planner, by a record. Shared by commands and
// records; a field that is nullopt says nothing.

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/types.h"

namespace headrace::scheduler {

using Resources = std::vector<std::pair<std::string, double>>;  // sorted by name; amounts > 0 kept

// What a retry follows. Where a field is absent, the next in line decides: the task, its pipeline,
// the scheduler's configuration.
struct RetryPolicy {
  std::optional<int64_t> count = {};          // failures inside `window` that disable the task
  std::optional<double> hard_timeout_s = {};  // disabled so long after the first failure
  std::optional<double> window_s = {};        // older failures do not count
  std::optional<double> delay_s = {};         // before the first retry
  std::optional<double> backoff = {};         // the delay's factor from failure to failure
  std::optional<double> max_delay_s = {};
  bool operator==(const RetryPolicy&) const = default;
};

// A task by name, not yet described.
struct TaskSpec {
  std::string module;
  std::string family;
  std::string params;  // a JSON object, name → string, as text
  std::string key;     // Luigi's task id where it is known
  bool operator==(const TaskSpec&) const = default;
};

// What somebody said about a task. Texts named "json" are JSON values as text.
struct TaskFacts {
  std::optional<std::string> family;
  std::optional<std::string> module;
  std::optional<std::string> params;      // json object, public and hidden parameters
  std::optional<std::string> visibility;  // json object, name → 0 or 1
  std::optional<double> priority;
  std::optional<std::vector<TaskId>> deps;  // replaces
  std::optional<Resources> resources;
  std::optional<Resources> resources_running;
  std::optional<RetryPolicy> retry;
  std::optional<std::string> owners;            // json list
  std::optional<std::string> accepts_messages;  // json
  std::optional<bool> batchable;
  std::optional<std::string> batch;         // batch id, "" for none
  std::optional<std::string> expl;          // as the worker sent it
  std::optional<std::string> tracking_url;  // "" clears
  std::optional<std::string> status_message;
  std::optional<std::string> progress;  // json number, "" for none
  std::optional<std::string> targets;   // json list of [kind, uri]
  std::optional<std::string> error;     // json, of the last failed attempt or description; "" none
  std::optional<double> timeout_s;      // zero: none
  std::optional<bool> external;
  std::optional<bool> runnable;  // Luigi's flag: an assistant may run it
  std::optional<Unit> unit;
  std::optional<PoolId> pool;  // headrace's workers run it, from this pool's queue
  std::optional<Timestamp> remove_at;
  std::optional<Timestamp> cooldown_refused_at;  // Luigi's add_task asked in vain to run it again
  std::optional<Timestamp> check_at;             // look again whether it is complete; zero: do not
  std::optional<uint32_t> checks;                // looks in a row that found nothing
  std::optional<WorkerId> worker_running;
  std::optional<Timestamp> time_running;
};

}  // namespace headrace::scheduler
