// Records of a snapshot: the rows of a State as they stand, once what led to them is forgotten.
// They stand in this order in front of the journal's rest, and nowhere else:
//
//   RowsReserved · Paused, ResourceSet, PoolSet, PipelineSet, PipelineKept · WorkerKept, BatcherSet
//   · RunKept · AttemptKept · PlanKept · TaskKept · RowsKept
//
// What State derives (phases, counters, indexes) is not in them. See records.h.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/task_facts.h"

namespace headrace::scheduler {

// How many rows there are, and which of them are free, the next to be used last.
struct RowsReserved {
  uint32_t tasks = 0;
  std::vector<TaskId> tasks_free;
  uint32_t workers = 0;
  std::vector<WorkerId> workers_free;
  PlanId plan_next;
};
struct PipelineKept {
  PipelineId pipeline;
  bool paused = false;
  Timestamp settled;
  double pass = 0;
};
struct WorkerKept {
  WorkerId worker;
  std::string key;
  Timestamp started;
  std::string info;  // json object
  std::vector<PoolId> pools;
  uint32_t slots = 1;
  bool disabled = false;
  bool draining = false;
  bool assistant = false;
  uint64_t done = 0;
};
struct RunKept {
  RunId run;
  PipelineId pipeline;
  Timestamp interval_start;
  Timestamp interval_end;
  Trigger trigger = Trigger::kSchedule;
  RunState state = RunState::kQueued;
  Unit unit = Unit::kTask;
  PoolId pool;
  double priority = 0;
  TaskSpec spec;
  TaskId root;
  Timestamp created;
  Timestamp started;
  Timestamp ended;
  std::string error;  // json
  std::vector<TaskId> tasks;
};
struct AttemptKept {
  AttemptId attempt;
  TaskId task;
  WorkerId worker;
  std::string worker_key;
  PoolId pool;
  RunId run;
  uint32_t number = 1;
  AttemptOutcome outcome = AttemptOutcome::kRunning;
  Timestamp started;
  bool stop_asked = false;
  bool mark_done = false;
  Timestamp ended;
  std::string details;  // json object
  AttemptId previous;
};
struct PlanKept {
  PlanId plan;
  PlanKind kind = PlanKind::kRun;
  RunId run;
  PipelineId pipeline;
  std::vector<TaskSpec> roots;
  Timestamp requested;
  Timestamp not_before;
  uint32_t failures = 0;
  std::string error;  // json
};

// What of a TaskDetail is not among TaskFacts.
struct TaskPast {
  std::vector<Timestamp> failures;
  Timestamp first_failure_at;
  Timestamp disabled_at;
  Timestamp retry_at;
  uint32_t attempts = 0;
  uint32_t losses = 0;
  AttemptId attempt_last;
  bool operator==(const TaskPast&) const = default;
};
struct TaskKept {
  TaskId task;
  std::string key;
  bool removed = false;  // only its key is left
  TaskStatus status = TaskStatus::kUnknown;
  bool blocking = false;  // in a circle of dependencies this does not follow from the rest
  Timestamp created;
  Timestamp updated;
  TaskFacts facts;  // without deps
  std::vector<TaskId> deps;
  std::vector<RunId> runs;
  std::vector<WorkerId> workers;
  std::vector<WorkerId> stakeholders;
  WorkerId worker_last;
  AttemptId attempt;
  std::optional<TaskPast> past;
};
struct RowsKept {};  // that was all of them

}  // namespace headrace::scheduler
