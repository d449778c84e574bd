// Records about pools, pipelines, runs, plans and attempts. See records.h.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/task_facts.h"

namespace headrace::scheduler {

struct PoolSet {
  PoolId pool;
  std::string name;
  uint32_t slots = 0;
  std::vector<std::string> families;  // patterns with * and ?
  RetryPolicy retry;
};
struct PipelineSet {
  PipelineId pipeline;
  std::string name;
  std::string module;
  std::string family;
  std::string params;    // json object of templates, scheduler/schedule.h fills them in
  std::string schedule;  // cron; "" for none
  std::string timezone;
  Timestamp start;      // zero: none
  Timestamp end;        // zero: none
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
// Intervals up to `until` are settled: the next one begins there or later. After a change of the
// schedule it may be earlier than what was settled before.
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
// People want it ended. Its worker is told with its next heartbeat; until it has ended the task
// counts as running, so that nobody else runs it.
struct AttemptStopAsked {
  AttemptId attempt;
  bool mark_done = false;  // its task is then DONE, whatever became of it; else DISABLED
};
struct AttemptEnded {
  AttemptId attempt;
  AttemptOutcome outcome = AttemptOutcome::kDone;
  Timestamp at;
  std::string details;  // json object: error, exit_code, signal, cpu_s, max_rss_kb, log_bytes
};

}  // namespace headrace::scheduler
