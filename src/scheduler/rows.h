// The other rows of the state: workers, pools, pipelines, runs, plans, attempts.

#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "base/id_list.h"
#include "scheduler/records.h"
#include "scheduler/types.h"

namespace headrace::scheduler {

struct Batcher {
  std::vector<std::string> params;
  double size_max = 0;  // zero: no limit
};

struct Worker {
  std::string key;   // "" : the row is free
  std::string info;  // json object
  Timestamp started;
  std::vector<PoolId> pools;  // empty: a Luigi worker
  std::map<std::string, Batcher, std::less<>> batchers;
  uint32_t slots = 1;
  bool disabled = false;
  bool draining = false;
  bool assistant = false;
  // Kept by State, over tasks that have it in `workers` or as stakeholder.
  uint64_t pending_last = 0;  // PENDING or FAILED, not blocked, this worker added last
  uint64_t running = 0;       // RUNNING tasks with worker_running = this worker
  uint64_t done = 0;          // tasks of a headrace worker that ended DONE
};

struct Pool {
  std::string name;
  uint32_t slots = 0;
  std::vector<std::string> families;
  RetryPolicy retry;
  uint64_t busy = 0;   // running attempts
  uint64_t ready = 0;  // tasks in phase kReady
};

struct Pipeline {
  PipelineSet spec;
  bool paused = false;
  Timestamp settled;  // intervals before this have a run or were skipped; zero: none yet
  std::map<std::pair<Timestamp, Timestamp>, RunId> run_of_interval;  // by start and end
  std::array<uint32_t, kRunStates> runs{};                           // count by state
  double pass = 0;  // weighted fair queueing: work handed out so far, divided by weight
};

struct Run {
  PipelineId pipeline;
  Timestamp interval_start;
  Timestamp interval_end;
  Trigger trigger = Trigger::kSchedule;
  RunState state = RunState::kQueued;
  Unit unit = Unit::kTask;
  PoolId pool;
  double priority = 0;
  TaskSpec spec;
  TaskId root;  // zero until it is planned
  Timestamp created;
  Timestamp started;  // first task handed out; zero: not yet
  Timestamp ended;
  std::string error;  // json
  std::vector<TaskId> tasks;
  std::array<uint32_t, kPhases> counts{};  // its tasks by phase
  uint32_t plans_open = 0;
  bool touched = false;  // since State::TakeTouchedRuns()
};

struct Plan {
  PlanKind kind = PlanKind::kRun;
  RunId run;
  PipelineId pipeline;
  std::vector<TaskSpec> roots;
  Timestamp requested;
  Timestamp not_before;  // after a failure
  uint32_t failures = 0;
  std::string error;  // json, the last failure's
};

struct Attempt {
  TaskId task;
  WorkerId worker;
  PoolId pool;
  RunId run;
  PipelineId pipeline;  // of the run, or zero
  uint32_t number = 1;
  AttemptOutcome outcome = AttemptOutcome::kRunning;
  Timestamp started;
  bool stop_asked = false;
  bool mark_done = false;  // when it has stopped
  Timestamp ended;
  std::string worker_key;  // the worker's row may be gone
  std::string details;     // json object
  AttemptId previous;      // of the same task; zero: none
};

}  // namespace headrace::scheduler
