// What time changes, changed when it is due: retries, ends of punishments, removals, looks at
// external targets, leases, lost workers, runs, and who has waited long enough.

#include <algorithm>

#include "scheduler/decisions.h"

namespace headrace::scheduler {

namespace {

constexpr size_t kRecheckTasksMax = 1'000;  // in one plan

Duration DisablePersist(const Core& core) {
  return Seconds(static_cast<double>(core.settings.disable_persist_s));
}

void RetryTasks(Core& core) {
  while (!core.state.disabled().empty() &&
         core.state.disabled().begin()->first + DisablePersist(core) < core.now) {
    ReEnable(core, core.state.disabled().begin()->second);  // may be due for a retry at once
  }
  while (!core.state.retries().empty() && core.state.retries().begin()->first <= core.now) {
    SetStatus(core, core.state.retries().begin()->second, TaskStatus::kPending);
  }
}

void RemoveTasks(Core& core) {
  while (!core.state.orphans().empty()) {
    TaskFacts facts;
    facts.remove_at = core.After(core.settings.remove_delay_s);
    core.Emit(TaskChanged{.task = *core.state.orphans().begin(), .facts = facts});
  }
  while (!core.state.removals().empty() && core.state.removals().begin()->first <= core.now) {
    const TaskId id = core.state.removals().begin()->second;
    const Task& task = core.state.task(id);
    if (task.runs.empty() && task.attempt.value == 0) {
      core.Emit(TaskRemoved{.task = id});
      continue;
    }
    TaskFacts facts;  // a run shows it still
    facts.remove_at = Timestamp{};
    core.Emit(TaskChanged{.task = id, .facts = facts});
  }
}

void LookAgain(Core& core) {
  std::map<std::pair<RunId, TextId>, std::vector<TaskSpec>> plans;  // by run and module
  while (!core.state.checks().empty() && core.state.checks().begin()->first <= core.now) {
    const TaskId id = core.state.checks().begin()->second;
    const Task& task = core.state.task(id);
    const RunId run = task.runs.empty() ? RunId{} : task.runs.front();
    plans[{run, task.module}].push_back(SpecOf(core.state, id));
    TaskFacts facts;
    facts.check_at = Timestamp{};
    core.Emit(TaskChanged{.task = id, .facts = facts});
  }
  for (auto& [key, roots] : plans) {
    for (size_t begin = 0; begin < roots.size(); begin += kRecheckTasksMax) {
      const size_t end = std::min(roots.size(), begin + kRecheckTasksMax);
      RequestPlan(core,
                  PlanKind::kRecheck,
                  key.first,
                  {roots.begin() + static_cast<ptrdiff_t>(begin),
                   roots.begin() + static_cast<ptrdiff_t>(end)});
    }
  }
}

// A stock worker that is not heard of: what it ran has failed, as in Luigi.
void LoseLuigiWorker(Core& core, WorkerId worker) {
  std::vector<TaskId> ran;
  for (const Rank& rank : core.state.running()) {
    if (core.state.task(rank.task).worker_running == worker) ran.push_back(rank.task);
  }
  for (TaskId id : core.state.batch_running()) {
    if (core.state.task(id).worker_running == worker) ran.push_back(id);
  }
  ForgetWorker(core, worker);
  for (TaskId id : ran) {
    const TaskStatus now = core.state.task(id).status;
    if (now == TaskStatus::kRunning || now == TaskStatus::kBatchRunning) {
      SetStatus(core, id, TaskStatus::kFailed);
    }
  }
}

void LoseWorkers(Core& core) {
  while (!core.lease_ends.empty() && core.lease_ends.begin()->first <= core.now) {
    LoseAttempt(core, core.lease_ends.begin()->second);
  }
  const Duration disconnect = Seconds(core.settings.worker_disconnect_delay_s);
  while (!core.luigi_last_actives.empty() &&
         core.luigi_last_actives.begin()->first + disconnect < core.now) {
    LoseLuigiWorker(core, core.luigi_last_actives.begin()->second);
  }
  // Its attempts were lost one lease after it was heard of; the row stays a little longer.
  while (!core.own_last_actives.empty() &&
         core.own_last_actives.begin()->first + 2 * core.settings.lease < core.now) {
    ForgetWorker(core, core.own_last_actives.begin()->second);
  }
}

void MakeRuns(Core& core) {
  for (auto& [id, due] : core.runs_due) {
    if (!due || *due > core.now) continue;
    MakeDueRuns(core, id);
    due = NextRunDue(core, id);
  }
}

}  // namespace

void Decide(Core& core, const Tick&) {
  LoseWorkers(core);
  RetryTasks(core);
  RemoveTasks(core);
  LookAgain(core);
  MakeRuns(core);
}

std::optional<Timestamp> NextDeadline(const Core& core) {
  std::optional<Timestamp> next;
  const auto at = [&](Timestamp time) { next = next ? std::min(*next, time) : time; };
  const auto first = [&](const auto& timers, Duration delay) {
    if (!timers.empty()) at(timers.begin()->first + delay);
  };
  constexpr Duration kJustAfter(1);
  first(core.state.retries(), {});
  first(core.state.disabled(), DisablePersist(core) + kJustAfter);
  first(core.state.removals(), {});
  if (!core.state.orphans().empty()) at(core.now);
  first(core.state.checks(), {});
  first(core.lease_ends, {});
  first(core.luigi_last_actives, Seconds(core.settings.worker_disconnect_delay_s) + kJustAfter);
  first(core.own_last_actives, 2 * core.settings.lease + kJustAfter);
  for (const WorkWaiter& waiter : core.work_waiters) at(waiter.until);
  for (const PlanWaiter& waiter : core.plan_waiters) at(waiter.until);
  for (const auto& [id, due] : core.runs_due) {
    if (due) at(*due);
  }
  if (core.plan_waiters.empty()) return next;
  for (const auto& [id, plan] : core.state.plans()) {  // somebody waits: when is one free?
    const auto lease = core.plan_leases.find(id);
    const Timestamp leased = lease == core.plan_leases.end() ? Timestamp{} : lease->second.until;
    at(std::max(plan.not_before, leased));
  }
  return next;
}

}  // namespace headrace::scheduler
