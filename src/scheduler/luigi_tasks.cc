// Luigi's methods about tasks that are there: progress, resources, and what operators do to them.

#include <algorithm>

#include "scheduler/decisions.h"

namespace headrace::scheduler {

namespace {

// A running task, and the members of its batch.
std::vector<TaskId> WithBatch(const State& state, TaskId task) {
  std::vector<TaskId> all = {task};
  if (state.task(task).status != TaskStatus::kRunning) return all;
  const std::string& batch = state.detail(state.task(task)).batch;
  if (batch.empty()) return all;
  for (TaskId member : state.batch_running()) {
    if (state.detail(state.task(member)).batch == batch) all.push_back(member);
  }
  return all;
}

void ReplyStatus(Core& core, const std::string& key) {
  const TaskId task = core.state.FindTask(key);
  TaskNow now{.task = key, .status = std::nullopt};
  if (task.value != 0) now.status = core.state.task(task).status;
  core.Reply(std::move(now));
}

}  // namespace

void Decide(Core& core, const SetTaskProgress& command) {
  core.Reply(Done{});
  const TaskId task = core.state.FindTask(command.task);
  if (task.value == 0) return;
  TaskFacts facts;
  facts.status_message = command.status_message;
  facts.progress = command.progress;
  for (TaskId each : WithBatch(core.state, task)) {
    core.Emit(TaskChanged{.task = each, .facts = facts});
  }
}

void DecreaseResources(Core& core, TaskId task, const Resources& amounts) {
  Resources left = core.state.resources(core.state.detail(core.state.task(task)).resources_running);
  bool changed = false;
  for (auto& [name, amount] : left) {
    const auto less = std::find_if(
        amounts.begin(), amounts.end(), [&](const auto& item) { return item.first == name; });
    if (less == amounts.end() || less->second <= 0) continue;
    amount = std::max(0.0, amount - less->second);
    changed = true;
  }
  if (!changed) return;
  TaskFacts facts;
  facts.resources_running = left;
  core.Emit(TaskChanged{.task = task, .facts = facts});
}

void Decide(Core& core, const DecreaseRunningResources& command) {
  core.Reply(Done{});
  const TaskId task = core.state.FindTask(command.task);
  if (task.value == 0 || core.state.task(task).status != TaskStatus::kRunning) return;
  for (TaskId each : WithBatch(core.state, task)) DecreaseResources(core, each, command.amounts);
}

void ReEnable(Core& core, TaskId id) {
  // Luigi's order: failures are forgotten, then it counts as failed (without a new failure), so
  // that it comes back after its retry delay.
  const RetryPolicy policy = EffectivePolicy(core, id);
  const double delay = policy.delay_s.value_or(core.settings.retry_delay_s);
  core.Emit(TaskStatusChanged{.task = id,
                              .status = TaskStatus::kFailed,
                              .at = core.now,
                              .failures_cleared = true,
                              .retry_at = delay < 0 ? Timestamp{} : core.After(delay)});
}

void Decide(Core& core, const ReEnableTask& command) {
  const TaskId id = core.state.FindTask(command.task);
  const bool can = id.value != 0 && core.state.task(id).status == TaskStatus::kDisabled &&
                   core.state.detail(core.state.task(id)).disabled_at != Timestamp{};
  if (!can) return core.Reply(ReEnabled{});
  ReEnable(core, id);
  core.Reply(ReEnabled{.task = command.task});
}

void Decide(Core& core, const ForgiveFailures& command) {
  const TaskId id = core.state.FindTask(command.task);
  if (id.value != 0 && core.state.task(id).status == TaskStatus::kFailed) {
    SetStatus(core, id, TaskStatus::kPending);
  }
  ReplyStatus(core, command.task);
}

void Decide(Core& core, const MarkAsDone& command) {
  const TaskId id = core.state.FindTask(command.task);
  if (id.value != 0) {
    const TaskStatus now = core.state.task(id).status;
    const AttemptId attempt = core.state.task(id).attempt;
    if (attempt.value != 0) {  // at a headrace worker: it has to end first
      StopAttempt(core, attempt, /*mark_done=*/true);
    } else if (now == TaskStatus::kRunning || now == TaskStatus::kFailed ||
               now == TaskStatus::kDisabled) {
      SetStatus(core, id, TaskStatus::kDone);
    }
  }
  ReplyStatus(core, command.task);
}

void Decide(Core& core, const UpdateResources& command) {
  for (const auto& [name, total] : command.totals) {
    core.Emit(ResourceSet{.name = name, .total = total});
  }
  core.Reply(Done{});
}

void Decide(Core& core, const SetPaused& command) {
  if (core.settings.pause_enabled && core.state.paused() != command.paused) {
    core.Emit(Paused{.paused = command.paused});
  }
  core.Reply(Done{});
}

// What time changes is changed when it is due, with every command; nothing is left to prune.
void Decide(Core& core, const Prune&) {
  Decide(core, Tick{});
  core.Reply(Done{});
}

void Decide(Core& core, const AnnounceSchedulingFailure& command) {
  core.Reply(Done{});
  if (!core.settings.reports_failures) return;
  core.Emit(SchedulingFailed{.task_name = command.task_name,
                             .family = command.family,
                             .params = command.params,
                             .expl = command.expl,
                             .owners = command.owners,
                             .worker = core.state.FindWorker(command.worker),
                             .at = core.now});
}

}  // namespace headrace::scheduler
