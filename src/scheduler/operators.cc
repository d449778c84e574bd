// What people ask for: a run now, a task or run again, away with it, a pipeline paused.

#include "scheduler/decisions.h"
#include "scheduler/schedule.h"

namespace headrace::scheduler {

namespace {

TaskId Known(Core& core, const std::string& key) {
  const TaskId task = core.state.FindTask(key);
  if (task.value == 0) core.Refuse(Refusal::kUnknown, "no task '" + key + "'");
  return task;
}

const Run* Known(Core& core, RunId id) {
  const Run* run = core.state.FindRun(id);
  if (run == nullptr) core.Refuse(Refusal::kUnknown, "no run " + std::to_string(id.value));
  return run;
}

void ReplyTask(Core& core, TaskId id) {
  core.Reply(TaskNow{.task = std::string(core.state.task(id).key()),
                     .status = core.state.task(id).status});
}

void PlanAgain(Core& core, RunId id) {
  const Run& run = core.state.run(id);
  core.Emit(RunChanged{.run = id, .at = core.now, .state = RunState::kQueued});
  RequestPlan(core, PlanKind::kRun, id, {run.spec});
}

void CreateAdhoc(Core& core, const CreateRun& command) {
  if (command.root.module.empty() || command.root.family.empty()) {
    return core.Refuse(Refusal::kMalformed,
                       "a run needs a module and a family",
                       "\"module\" and \"family\", or \"pipeline\" and \"interval_start\"");
  }
  const std::string pool_name = command.pool.empty() ? "default" : command.pool;
  const PoolId pool = core.state.FindPool(pool_name);
  if (pool.value == 0) {
    return core.Refuse(Refusal::kUnknown,
                       "no pool '" + pool_name + "'",
                       "add [pools." + pool_name + "] to headrace.toml");
  }
  const RunId run = core.state.NextRun();
  core.Emit(RunCreated{.run = run,
                       .trigger = Trigger::kAdhoc,
                       .root = command.root,
                       .unit = Unit::kTask,
                       .pool = pool,
                       .priority = command.priority,
                       .at = core.now});
  RequestPlan(core, PlanKind::kRun, run, {command.root});
  core.Reply(RunMade{.run = run, .created = true});
}

void CancelOne(Core& core, TaskId id) {
  const Task& task = core.state.task(id);
  if (task.status == TaskStatus::kDone || task.status == TaskStatus::kDisabled) return;
  if (task.attempt.value != 0) {
    return StopAttempt(core, task.attempt, /*mark_done=*/false);
  }
  SetStatus(core, id, TaskStatus::kDisabled);
}

// Nothing is planned for it any more, but what another run needs: tasks that nobody has described
// yet are looked at, and external ones are looked for, on behalf of whoever waits.
void EndPlansOf(Core& core, RunId run) {
  const std::map<PlanId, Plan> plans = core.state.plans();
  for (const auto& [id, plan] : plans) {
    if (plan.run != run || plan.kind == PlanKind::kRecheck) continue;
    core.plan_leases.erase(id);
    core.Emit(PlanEnded{.plan = id, .at = core.now});
    if (plan.kind == PlanKind::kRun) continue;
    std::vector<TaskSpec> needed = plan.roots;
    std::erase_if(needed, [&](const TaskSpec& root) {
      const TaskId task = core.state.FindTask(root.key);
      return task.value == 0 || core.state.task(task).status != TaskStatus::kUnknown;
    });
    if (!needed.empty()) RequestPlan(core, plan.kind, run, std::move(needed));
  }
}

}  // namespace

void Decide(Core& core, const CreateRun& command) {
  if (command.pipeline.empty()) return CreateAdhoc(core, command);
  const PipelineId id = core.state.FindPipeline(command.pipeline);
  if (id.value == 0) {
    return core.Refuse(Refusal::kUnknown, "no pipeline '" + command.pipeline + "'");
  }
  const auto schedule = ScheduleOf(core, id);
  const auto interval =
      schedule ? schedule->IntervalAt(command.interval_start) : std::optional<Interval>{};
  if (!interval) {
    return core.Refuse(Refusal::kConflict,
                       "pipeline '" + command.pipeline + "' has no interval then",
                       "a time between its start and end, by its schedule");
  }
  const RunId run = RunOf(core.state.pipeline(id), *interval);
  if (run.value != 0) {
    if (core.state.run(run).plans_open == 0) PlanAgain(core, run);
    return core.Reply(RunMade{.run = run, .created = false});
  }
  core.Reply(RunMade{.run = MakeRun(core, id, *interval, Trigger::kManual)});
}

void Decide(Core& core, const RetryTask& command) {
  const TaskId id = Known(core, command.task);
  if (id.value == 0) return;
  const Task& task = core.state.task(id);
  const bool ended = task.status == TaskStatus::kFailed || task.status == TaskStatus::kDisabled;
  if (ended) Forgive(core, id);
  const bool look_again = task.status == TaskStatus::kDone || task.status == TaskStatus::kUnknown ||
                          task.phase == Phase::kExternal;
  if (look_again && task.pool.value != 0) {
    const RunId run = task.runs.empty() ? RunId{} : task.runs.front();
    RequestPlan(core, PlanKind::kDynamic, run, {SpecOf(core.state, id)});
  }
  ReplyTask(core, id);
}

void Decide(Core& core, const CancelTask& command) {
  const TaskId id = Known(core, command.task);
  if (id.value == 0) return;
  CancelOne(core, id);
  ReplyTask(core, id);
}

void Decide(Core& core, const CancelRun& command) {
  const Run* run = Known(core, command.run);
  if (run == nullptr) return;
  if (run->state != RunState::kDone) {
    for (TaskId id : run->tasks) {
      if (core.state.task(id).runs.size() == 1) CancelOne(core, id);  // nobody else needs it
    }
    EndPlansOf(core, command.run);
    core.Emit(RunChanged{.run = command.run, .at = core.now, .state = RunState::kCancelled});
  }
  core.Reply(RunNow{.state = core.state.run(command.run).state});
}

void Decide(Core& core, const RetryRun& command) {
  const Run* run = Known(core, command.run);
  if (run == nullptr) return;
  const std::vector<TaskId> tasks = run->tasks;
  for (TaskId id : tasks) {
    const TaskStatus status = core.state.task(id).status;
    if (status == TaskStatus::kFailed || status == TaskStatus::kDisabled) Forgive(core, id);
  }
  if (core.state.run(command.run).plans_open == 0) PlanAgain(core, command.run);
  core.Reply(RunNow{.state = core.state.run(command.run).state});
}

void Decide(Core& core, const PausePipeline& command) {
  const PipelineId id = core.state.FindPipeline(command.pipeline);
  if (id.value == 0) {
    return core.Refuse(Refusal::kUnknown, "no pipeline '" + command.pipeline + "'");
  }
  if (core.state.pipeline(id).paused != command.paused) {
    core.Emit(PipelinePaused{.pipeline = id, .paused = command.paused});
  }
  MakeDueRuns(core, id);
  core.runs_due[id] = NextRunDue(core, id);
  core.Reply(Done{});
}

}  // namespace headrace::scheduler
