// Records: what has happened, and is kept. Past tense, never refused, never decided again.
//
// A field that is nullopt says "unchanged" (or "none" where the thing is new). Every record lists
// its fields once, in Fields(); record_codec.cc writes and reads them as one JSON line:
//   {"r":"TaskStatusChanged","task":17,"status":"DONE","at":1795569502824552}
// Times are epoch microseconds, ids dense numbers. A field at its default value is left out, and
// an unknown field is ignored, so old journals stay readable.

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "scheduler/types.h"

namespace headrace::scheduler {

using Resources = std::vector<std::pair<std::string, double>>;  // sorted by name; amounts > 0 kept

// What a retry follows. Where a field is absent, the next in line decides: the task, its pipeline,
// the scheduler's configuration.
struct RetryPolicy {
  std::optional<int64_t> count;            // failures inside `window` that disable the task
  std::optional<double> hard_timeout_s;    // disabled so long after the first failure
  std::optional<double> window_s;          // older failures do not count
  std::optional<double> delay_s;           // before the first retry
  std::optional<double> backoff;           // the delay's factor from failure to failure
  std::optional<double> max_delay_s;
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
  std::optional<PoolId> pool;           // headrace's workers run it, from this pool's queue
  std::optional<Timestamp> remove_at;   // zero: none
  std::optional<Timestamp> check_at;    // look again whether it is complete; zero: do not
  std::optional<uint32_t> checks;       // looks in a row that found nothing
  std::optional<WorkerId> worker_running;
  std::optional<Timestamp> time_running;
};

struct TaskAdded {
  TaskId task;
  std::string key;
  TaskStatus status = TaskStatus::kPending;
  Timestamp at;
  TaskFacts facts;
};
struct TaskChanged {
  TaskId task;
  TaskFacts facts;
};
// Somebody cares for the task (stakeholder) or can run it (worker), or both.
struct TaskOffered {
  TaskId task;
  WorkerId worker;
  bool stakeholder = false;
  bool runs_it = false;
};
struct TaskStatusChanged {
  TaskId task;
  TaskStatus status = TaskStatus::kPending;
  Timestamp at;
  bool failed = false;           // counts a failure at `at`
  bool failures_cleared = false;
  Timestamp retry_at;            // only with kFailed
  Timestamp disabled_at;         // the scheduler disabled it then; zero: nobody or its author
};
struct TaskStarted {  // by a stock Luigi worker's get_work
  TaskId task;
  WorkerId worker;
  Timestamp at;
};
struct BatchStarted {
  std::string batch;
  std::vector<TaskId> tasks;
  WorkerId worker;
  Timestamp at;
};
struct TaskRemoved {
  TaskId task;
};

struct WorkerAdded {
  WorkerId worker;
  std::string key;
  Timestamp at;
  std::vector<PoolId> pools;  // of a headrace worker; a Luigi worker has none
};
struct WorkerChanged {
  WorkerId worker;
  std::optional<std::string> info;  // json object, merged
  std::optional<bool> disabled;
  std::optional<std::vector<PoolId>> pools;
  std::optional<uint32_t> slots;
  std::optional<bool> draining;
};
struct WorkerRemoved {
  WorkerId worker;
};
struct BatcherSet {
  WorkerId worker;
  std::string family;
  std::vector<std::string> params;
  double size_max = 0;  // zero: no limit
};
struct ResourceSet {
  std::string name;
  double total = 0;
};
struct Paused {
  bool paused = false;
};

struct PoolSet {
  PoolId pool;
  std::string name;
  uint32_t slots = 0;
  std::vector<std::string> families;  // patterns with * and ?
};
struct PipelineSet {
  PipelineId pipeline;
  std::string name;
  std::string module;
  std::string family;
  std::string params;    // json object of templates, scheduler/schedule.h fills them in
  std::string schedule;  // cron; "" for none
  std::string timezone;
  Timestamp start;  // zero: none
  Timestamp end;    // zero: none
  int64_t catchup = 0;  // how many missed intervals are made up; negative: all
  uint32_t active_runs_max = 16;
  double weight = 1;
  Unit unit = Unit::kTask;
  PoolId pool;
  RetryPolicy retry;
  double timeout_s = 0;
  bool retired = false;  // no longer in the configuration
};
struct PipelinePaused {
  PipelineId pipeline;
  bool paused = false;
};
// Intervals up to `until` are settled: the next one begins there.
struct IntervalsSkipped {
  PipelineId pipeline;
  Timestamp until;
};
struct RunCreated {
  RunId run;
  PipelineId pipeline;  // zero: ad hoc
  Timestamp interval_start;
  Timestamp interval_end;
  Trigger trigger = Trigger::kSchedule;
  TaskSpec root;
  Unit unit = Unit::kTask;
  PoolId pool;
  double priority = 0;
  Timestamp at;
};
struct RunChanged {
  RunId run;
  Timestamp at;
  std::optional<RunState> state;
  std::optional<TaskId> root;
  std::optional<std::string> error;  // json; "" clears
};
struct RunGrew {  // tasks joined the run
  RunId run;
  std::vector<TaskId> tasks;
};

struct PlanRequested {
  PlanId plan;
  PlanKind kind = PlanKind::kRun;
  RunId run;
  PipelineId pipeline;
  std::vector<TaskSpec> roots;
  Timestamp at;
};
struct PlanFailed {  // offered again from retry_at on
  PlanId plan;
  std::string error;  // json
  Timestamp retry_at;
};
struct PlanEnded {
  PlanId plan;
  Timestamp at;
};

struct AttemptStarted {
  AttemptId attempt;
  TaskId task;
  WorkerId worker;
  PoolId pool;
  RunId run;
  uint32_t number = 1;  // among this task's attempts
  Timestamp at;
};
struct AttemptEnded {
  AttemptId attempt;
  AttemptOutcome outcome = AttemptOutcome::kDone;
  Timestamp at;
  std::string details;  // json object: error, exit_code, signal, cpu_s, max_rss_kb, log_bytes
};

using Record =
    std::variant<TaskAdded, TaskChanged, TaskOffered, TaskStatusChanged, TaskStarted, BatchStarted,
                 TaskRemoved, WorkerAdded, WorkerChanged, WorkerRemoved, BatcherSet, ResourceSet,
                 Paused, PoolSet, PipelineSet, PipelinePaused, IntervalsSkipped, RunCreated,
                 RunChanged, RunGrew, PlanRequested, PlanFailed, PlanEnded, AttemptStarted,
                 AttemptEnded>;

}  // namespace headrace::scheduler
