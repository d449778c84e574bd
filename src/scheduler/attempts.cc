// How attempts end, and what becomes of their tasks. The scheduler is the only judge: a report of
// an attempt that is not running at this worker is refused, so a late one changes nothing.

#include <algorithm>

#include "base/json_text.h"
#include "scheduler/decisions.h"

namespace headrace::scheduler {

namespace {

void Remember(Core& core, TaskId task, const FinishAttempt& report) {
  TaskFacts facts;
  const TaskDetail& more = core.state.detail(core.state.task(task));
  if (more.error != report.error) facts.error = report.error;
  if (!report.expl.empty()) facts.expl = report.expl;
  if (facts.error || facts.expl) core.Emit(TaskChanged{.task = task, .facts = facts});
}

// It yielded tasks that are not complete: they become its dependencies, and are planned.
void TakeNewDependencies(Core& core, TaskId id, const FinishAttempt& report) {
  const auto is_itself = [&](const TaskSpec& spec) {
    return spec.key == core.state.task(id).key();
  };
  if (std::any_of(report.new_deps.begin(), report.new_deps.end(), is_itself)) {
    TaskFacts facts;  // it would wait for ever
    facts.error = R"({"type":"DependsOnItself","message":"its run() yielded the task itself",)"
                  R"("traceback":"","where":"run"})";
    core.Emit(TaskChanged{.task = id, .facts = facts});
    return SetStatus(core, id, TaskStatus::kFailed);
  }
  std::vector<std::string> keys;
  for (TaskId dep : core.state.task(id).deps) keys.emplace_back(core.state.task(dep).key());
  std::vector<TaskSpec> to_plan;
  for (const TaskSpec& spec : report.new_deps) {
    keys.push_back(spec.key);
    const TaskId known = core.state.FindTask(spec.key);
    const bool alive = known.value != 0 && core.state.task(known).pool.value != 0 &&
                       core.state.task(known).status != TaskStatus::kDone &&
                       core.state.task(known).status != TaskStatus::kUnknown;
    if (!alive) to_plan.push_back(spec);
  }
  TaskFacts facts;
  facts.deps = ResolveDeps(core, keys, core.state.task(id).priority);
  // A dependency that was DONE is looked at again before it counts: the task says it is missing.
  for (const TaskSpec& spec : to_plan) {
    const TaskId dep = core.state.FindTask(spec.key);
    if (core.state.task(dep).status == TaskStatus::kDone) {
      SetStatus(core, dep, TaskStatus::kUnknown);
    }
  }
  core.Emit(TaskChanged{.task = id, .facts = facts});
  SetStatus(core, id, TaskStatus::kPending);
  const Task& task = core.state.task(id);
  const RunId run = task.runs.empty() ? RunId{} : task.runs.front();
  if (!to_plan.empty()) RequestPlan(core, PlanKind::kDynamic, run, std::move(to_plan));
}

// Dependencies that were done are not there any more: the task is planned again, from itself down.
// The first time; when it says so twice in a row it fails.
void TakeMissing(Core& core, TaskId id, const FinishAttempt& report) {
  const Attempt& attempt = *core.state.FindAttempt(report.attempt);
  const Attempt* before = core.state.FindAttempt(attempt.previous);
  const bool again = before != nullptr && before->outcome == AttemptOutcome::kMissing;
  if (again) return SetStatus(core, id, TaskStatus::kFailed);
  // UNKNOWN, not PENDING: it must not be handed out before the planner has looked.
  SetStatus(core, id, TaskStatus::kUnknown);
  const Task& task = core.state.task(id);
  const RunId run = task.runs.empty() ? RunId{} : task.runs.front();
  RequestPlan(core, PlanKind::kDynamic, run, {SpecOf(core.state, id)});
}

// Who asked for its end gets what was asked for, however it ended.
void TakeStop(Core& core, const Attempt& attempt) {
  const TaskId task = attempt.task;
  if (attempt.mark_done) return SetStatus(core, task, TaskStatus::kDone);
  // An operator's wish: it stays so until it is asked for again.
  SetStatus(core, task, TaskStatus::kPending);
  SetStatus(core, task, TaskStatus::kDisabled);
}

// A whole pipeline ran inside one attempt: its tasks are shown with the run they belong to.
void TakeInnerTasks(Core& core, TaskId id, const FinishAttempt& report) {
  std::vector<TaskId> inner;
  for (const auto& [key, status] : report.tasks) {
    const TaskId task = core.state.FindTask(key);
    if (task.value != 0) inner.push_back(task);
  }
  const Task& task = core.state.task(id);
  if (inner.empty() || task.runs.empty()) return;
  core.Emit(RunGrew{.run = task.runs.front(), .tasks = std::move(inner)});
}

}  // namespace

void EndAttempt(Core& core, AttemptId id, AttemptOutcome outcome, std::string details) {
  core.DropLease(id);
  core.messages.erase(id);
  core.Emit(AttemptEnded{
      .attempt = id, .outcome = outcome, .at = core.now, .details = std::move(details)});
}

void StopAttempt(Core& core, AttemptId id, bool mark_done) {
  const Attempt& attempt = *core.state.FindAttempt(id);
  if (attempt.stop_asked && attempt.mark_done == mark_done) return;
  core.Emit(AttemptStopAsked{.attempt = id, .mark_done = mark_done});
}

void LoseAttempt(Core& core, AttemptId id, std::string details) {
  const Attempt& attempt = *core.state.FindAttempt(id);
  const TaskId task = attempt.task;
  EndAttempt(core, id, AttemptOutcome::kLost, std::move(details));
  if (attempt.stop_asked) return TakeStop(core, attempt);
  const bool too_often =
      core.state.detail(core.state.task(task)).losses >= core.settings.losses_max;
  if (too_often) {
    TaskFacts facts;
    facts.error = R"({"type":"Lost","message":"its worker or host died under it )" +
                  std::to_string(core.settings.losses_max) +
                  R"( times in a row","traceback":"","where":"lost"})";
    core.Emit(TaskChanged{.task = task, .facts = facts});
  }
  SetStatus(core, task, too_often ? TaskStatus::kFailed : TaskStatus::kPending);
}

void Decide(Core& core, const FinishAttempt& report) {
  const Attempt* attempt = core.state.FindAttempt(report.attempt);
  if (attempt == nullptr || attempt->outcome != AttemptOutcome::kRunning ||
      attempt->worker_key != report.worker) {
    return core.Refuse(Refusal::kConflict,
                       "attempt " + std::to_string(report.attempt.value) +
                           " is not a running attempt of worker '" + report.worker + "'",
                       "drop the report: the task was given to another attempt or has ended");
  }
  core.Hear(attempt->worker);
  const TaskId task = attempt->task;
  core.Reply(Done{});
  if (report.outcome == AttemptOutcome::kLost) {
    return LoseAttempt(core, report.attempt, report.details);
  }

  EndAttempt(core, report.attempt, report.outcome, report.details);
  if (attempt->stop_asked && report.outcome != AttemptOutcome::kDone) {
    return TakeStop(core, *attempt);
  }
  switch (report.outcome) {
    case AttemptOutcome::kDone:
      Remember(core, task, report);
      TakeInnerTasks(core, task, report);
      return SetStatus(core, task, TaskStatus::kDone);
    case AttemptOutcome::kFailed:
      Remember(core, task, report);
      TakeInnerTasks(core, task, report);
      return SetStatus(core, task, TaskStatus::kFailed);
    case AttemptOutcome::kNewDependencies: return TakeNewDependencies(core, task, report);
    case AttemptOutcome::kMissing:
      Remember(core, task, report);
      return TakeMissing(core, task, report);
    case AttemptOutcome::kReturned: return SetStatus(core, task, TaskStatus::kPending);
    case AttemptOutcome::kCancelled: return TakeStop(core, *attempt);
    case AttemptOutcome::kLost:
    case AttemptOutcome::kRunning: break;
  }
}

}  // namespace headrace::scheduler
