// The decisions, one function a command, grouped by the file they are in. Each reads core.state,
// emits records and answers. Private to src/scheduler.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/core.h"
#include "scheduler/schedule.h"

namespace headrace::scheduler {

// luigi_add_task.cc
void Decide(Core& core, const AddTask& command);
// luigi_get_work.cc
void Decide(Core& core, const GetWork& command);
void Decide(Core& core, const CountPending& command);
// luigi_workers.cc
void Decide(Core& core, const AddTaskBatcher& command);
void Decide(Core& core, const AddWorker& command);
void Decide(Core& core, const Ping& command);
void Decide(Core& core, const DisableWorker& command);
void Decide(Core& core, const SetWorkerProcesses& command);
void Decide(Core& core, const SendSchedulerMessage& command);
void Decide(Core& core, const AddSchedulerMessageResponse& command);
void Decide(Core& core, const TakeSchedulerMessageResponse& command);
// luigi_tasks.cc
void Decide(Core& core, const SetTaskProgress& command);
void Decide(Core& core, const DecreaseRunningResources& command);
void Decide(Core& core, const ReEnableTask& command);
void Decide(Core& core, const ForgiveFailures& command);
void Decide(Core& core, const MarkAsDone& command);
void Decide(Core& core, const UpdateResources& command);
void Decide(Core& core, const SetPaused& command);
void Decide(Core& core, const Prune& command);
void Decide(Core& core, const AnnounceSchedulingFailure& command);
// workers.cc
void Decide(Core& core, const RegisterWorker& command);
void Decide(Core& core, const ReceiveWork& command);
void Decide(Core& core, const Heartbeat& command);
void Decide(Core& core, const RemoveWorker& command);
void Decide(Core& core, const StopWaiting& command);
// attempts.cc
void Decide(Core& core, const FinishAttempt& command);
// plans.cc
void Decide(Core& core, const ClaimPlans& command);
void Decide(Core& core, const RegisterTasks& command);
void Decide(Core& core, const PlanHeartbeat& command);
void Decide(Core& core, const FinishPlan& command);
// operators.cc
void Decide(Core& core, const CreateRun& command);
void Decide(Core& core, const RetryTask& command);
void Decide(Core& core, const CancelTask& command);
void Decide(Core& core, const CancelRun& command);
void Decide(Core& core, const RetryRun& command);
void Decide(Core& core, const PausePipeline& command);
// configure.cc
void Decide(Core& core, const Configure& command);
// timers.cc: everything that is due at core.now
void Decide(Core& core, const Tick& command);
std::optional<Timestamp> NextDeadline(const Core& core);

// ---- what several of them do

// set_status.cc: Luigi's set_status, rules 1-7 in order, for every change of a status but a start.
void SetStatus(Core& core, TaskId task, TaskStatus status);
// policy.cc: the policy in force for a task: its own, its pipeline's, its pool's, the settings'.
RetryPolicy EffectivePolicy(const Core& core, TaskId task);

// tasks.cc: the task of that key, made as a placeholder where it is missing.
TaskId FindOrMakeTask(Core& core,
                      const std::string& key,
                      TaskStatus status,
                      const TaskFacts& facts);
// Raises its priority, and that of everything below it, to at least `priority`.
void RaisePriority(Core& core, TaskId task, double priority);
// Turns keys into tasks (placeholders where missing), without repetitions.
std::vector<TaskId> ResolveDeps(Core& core, const std::vector<std::string>& keys, double priority);

// luigi_get_work.cc: may its demand be met beside what RUNNING tasks use?
bool FitsBesideUsed(const State& state, ResourceSetId resources);

// luigi_tasks.cc
void DecreaseResources(Core& core, TaskId task, const Resources& amounts);
void ReEnable(Core& core, TaskId task);

// workers.cc
void ForgetWorker(Core& core, WorkerId worker);
// pairs waiting workers with ready tasks; after every command.
void HandOutWork(Core& core);
// plans.cc: pairs waiting planners with open plans; after every command.
void HandOutPlans(Core& core);
void Forgive(Core& core, TaskId task);
void RequestPlan(Core& core, PlanKind kind, RunId run, std::vector<TaskSpec> roots);
TaskSpec SpecOf(const State& state, TaskId task);
// runs.cc: moves runs to the state their tasks come to, and makes the runs that are due.
void SettleRuns(Core& core);
RunId MakeRun(Core& core, PipelineId pipeline, const Interval& interval, Trigger trigger);
// Zero: it has none.
RunId RunOf(const Pipeline& pipeline, const Interval& interval);
void FollowNewSchedule(Core& core, PipelineId pipeline);
void MakeDueRuns(Core& core, PipelineId pipeline);
// nullopt: its time zone is not known any more.
std::optional<Schedule> ScheduleOf(const Core& core, PipelineId pipeline);
std::optional<Timestamp> NextRunDue(const Core& core, PipelineId pipeline);
// attempts.cc: ends it, and moves its task on.
// Asks for its end; mark_done: its task is then DONE, else DISABLED.
void StopAttempt(Core& core, AttemptId attempt, bool mark_done);
void EndAttempt(Core& core, AttemptId attempt, AttemptOutcome outcome, std::string details);
void LoseAttempt(Core& core, AttemptId attempt, std::string details = "{}");

}  // namespace headrace::scheduler
