// Commands: what the world asks for. Each may be refused, and then changes nothing.
//
// Three groups: Luigi's methods (luigi_commands.h), /v1 (docs/protocol.md), and the process's own.
// Texts named "json" are JSON values as
// text, already checked to be JSON.

#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "scheduler/luigi_commands.h"
#include "scheduler/records.h"

namespace headrace::scheduler {

// ---- /v1

struct RegisterWorker {
  std::string worker;
  std::vector<std::string> pools;
  uint32_t slots = 1;
  std::string info;  // json object: host, pid, version
};
struct ReceiveWork {
  std::string worker;
  std::vector<std::string> pools;
  uint32_t max = 1;
  Duration wait{};
};
struct AttemptNews {
  AttemptId attempt;
  std::optional<std::string> status_message;
  std::optional<std::string> progress;
  std::optional<std::string> tracking_url;
  Resources decrease_resources;
};
struct Heartbeat {
  std::string worker;
  bool draining = false;
  std::vector<AttemptNews> attempts;
};
struct FinishAttempt {
  AttemptId attempt;
  std::string worker;
  AttemptOutcome outcome = AttemptOutcome::kDone;
  std::string details;  // json object, kept with the attempt
  std::string error;    // json, "" none
  std::string expl;     // json text as Luigi's workers send it, "" none
  std::vector<TaskSpec> new_deps;
  std::vector<std::pair<std::string, std::string>> tasks;  // unit pipeline: task id, last status
};
struct RemoveWorker {
  std::string worker;
};
// Whoever waits with ReceiveWork or ClaimPlans under this very request has gone: it must be given
// nothing. It is answered with nothing; when it was answered before, nobody is.
struct StopWaiting {};

struct ClaimPlans {
  std::string planner;
  uint32_t max = 1;
  Duration wait{};
};
struct PlannedTask {
  std::string key;
  TaskFacts facts;  // without deps
  std::vector<std::string> deps;
  bool complete = false;
  bool disabled = false;
  Timestamp checked_at;
  std::string error;  // json; "" none
};
struct RegisterTasks {
  PlanId plan;
  std::string planner;
  std::vector<PlannedTask> tasks;
};
struct PlanHeartbeat {
  PlanId plan;
  std::string planner;
};
struct FinishPlan {
  PlanId plan;
  std::string planner;
  std::vector<std::string> roots;
  std::string error;  // json; "" none
};

struct CreateRun {
  std::string pipeline;  // with interval_start; or "" and root
  Timestamp interval_start;
  TaskSpec root;
  std::string pool;
  double priority = 0;
};
struct RetryTask {
  std::string task;
};
struct CancelTask {
  std::string task;
};
struct CancelRun {
  RunId run;
};
struct RetryRun {
  RunId run;
};
struct PausePipeline {
  std::string pipeline;
  bool paused = true;
};

// ---- the process's own

// The configuration as it is now; what is not in it any more is retired.
struct Configure {
  std::vector<PoolSet> pools;          // ids are ignored
  std::vector<PipelineSet> pipelines;  // ids are ignored, `pool` too
  std::map<std::string, std::string> pool_of_pipeline;
  Resources resources;
};
struct Tick {};

using Request = std::variant<Tick,
                             AddTask,
                             AddTaskBatcher,
                             AddWorker,
                             Ping,
                             GetWork,
                             CountPending,
                             DisableWorker,
                             SetWorkerProcesses,
                             SendSchedulerMessage,
                             AddSchedulerMessageResponse,
                             TakeSchedulerMessageResponse,
                             SetTaskProgress,
                             DecreaseRunningResources,
                             ReEnableTask,
                             ForgiveFailures,
                             MarkAsDone,
                             UpdateResources,
                             SetPaused,
                             Prune,
                             AnnounceSchedulingFailure,
                             RegisterWorker,
                             ReceiveWork,
                             Heartbeat,
                             FinishAttempt,
                             RemoveWorker,
                             StopWaiting,
                             ClaimPlans,
                             RegisterTasks,
                             PlanHeartbeat,
                             FinishPlan,
                             CreateRun,
                             RetryTask,
                             CancelTask,
                             CancelRun,
                             RetryRun,
                             PausePipeline,
                             Configure>;

struct Command {
  RequestId request = 0;
  Request body;
  Timestamp at{};  // decided as if it came then: for tests with a clock of their own; zero: now
};

}  // namespace headrace::scheduler
