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
#include <type_traits>
#include <variant>
#include <vector>

#include "scheduler/kept_records.h"
#include "scheduler/run_records.h"
#include "scheduler/task_facts.h"

namespace headrace::scheduler {

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
  bool failed = false;  // counts a failure at `at`
  bool failures_cleared = false;
  Timestamp retry_at;     // only with kFailed
  Timestamp disabled_at;  // the scheduler disabled it then; zero: nobody or its author
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
  std::optional<bool> assistant;
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

// What only people are to be told (mails, webhooks): these change no state (kForPeople), and are
// written only where Settings::reports_failures.
struct FailureReported {  // a Luigi worker said FAILED; after all that followed from it
  TaskId task;
  WorkerId worker;
  Timestamp at;
  bool explained = false;  // the task's `expl` is of this failure
};
struct SchedulingFailed {  // complete() or deps() raised at a Luigi worker
  std::string task_name;
  std::string family;
  std::string params;  // json object
  std::string expl;
  std::string owners;  // json list
  WorkerId worker;
  Timestamp at;
};

template <class R>
inline constexpr bool kForPeople =
    std::is_same_v<R, FailureReported> || std::is_same_v<R, SchedulingFailed>;

using Record = std::variant<TaskAdded,
                            TaskChanged,
                            TaskOffered,
                            TaskStatusChanged,
                            TaskStarted,
                            BatchStarted,
                            TaskRemoved,
                            WorkerAdded,
                            WorkerChanged,
                            WorkerRemoved,
                            BatcherSet,
                            ResourceSet,
                            Paused,
                            PoolSet,
                            PipelineSet,
                            PipelinePaused,
                            IntervalsSkipped,
                            RunCreated,
                            RunChanged,
                            RunGrew,
                            PlanRequested,
                            PlanFailed,
                            PlanEnded,
                            AttemptStarted,
                            AttemptEnded,
                            AttemptStopAsked,
                            FailureReported,
                            SchedulingFailed,
                            RowsReserved,
                            PipelineKept,
                            WorkerKept,
                            RunKept,
                            AttemptKept,
                            PlanKept,
                            TaskKept,
                            RowsKept>;

}  // namespace headrace::scheduler
