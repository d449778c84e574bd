// Plans: what a planner is asked to look at, and what it found.
//
// An open plan belongs to the planner that claimed it for as long as it is heard of; then it is
// offered again. So a planner may die at any time: what it registered stays, the rest is found
// anew.

#include <algorithm>

#include "base/glob.h"
#include "scheduler/decisions.h"

namespace headrace::scheduler {

namespace {

constexpr double kPlanRetryFirst_s = 5;  // doubled with each failure in a row

const Plan* FindPlan(const Core& core, PlanId id) {
  const auto found = core.state.plans().find(id);
  return found == core.state.plans().end() ? nullptr : &found->second;
}

// Is it this planner's? Refuses the command where not. Renews the lease.
const Plan* Claimed(Core& core, PlanId id, const std::string& planner) {
  const Plan* plan = FindPlan(core, id);
  const auto lease = core.plan_leases.find(id);
  if (plan == nullptr || (lease != core.plan_leases.end() && lease->second.planner != planner)) {
    core.Refuse(Refusal::kConflict,
                "plan " + std::to_string(id.value) + " is not planner '" + planner + "''s",
                "drop it: it has ended, or another planner has it");
    return nullptr;
  }
  // After a restart of the scheduler nobody holds it: who works on it does.
  core.plan_leases[id] = {.planner = planner, .until = core.now + core.settings.plan_lease};
  return plan;
}

PlanOffer OfferOf(const Core& core, PlanId id, const Plan& plan) {
  PlanOffer offer{.plan = id,
                  .kind = plan.kind,
                  .run = plan.run,
                  .pipeline = {},
                  .unit = Unit::kTask,
                  .roots = plan.roots,
                  .lease = core.settings.plan_lease};
  if (plan.run.value != 0) offer.unit = core.state.run(plan.run).unit;
  if (plan.pipeline.value != 0) offer.pipeline = core.state.pipeline(plan.pipeline).spec.name;
  return offer;
}

std::vector<PlanOffer> Claim(Core& core, const PlanWaiter& waiter) {
  std::vector<PlanOffer> offers;
  for (const auto& [id, plan] : core.state.plans()) {
    if (offers.size() >= waiter.max) break;
    const auto lease = core.plan_leases.find(id);
    if (lease != core.plan_leases.end() && lease->second.until > core.now) continue;
    if (plan.not_before > core.now) continue;
    core.plan_leases[id] = {.planner = waiter.planner,
                            .until = core.now + core.settings.plan_lease};
    offers.push_back(OfferOf(core, id, plan));
  }
  for (const PlanOffer& offer : offers) {
    if (offer.run.value == 0 || core.state.run(offer.run).state != RunState::kQueued) continue;
    core.Emit(RunChanged{.run = offer.run, .at = core.now, .state = RunState::kPlanning});
  }
  return offers;
}

// The pool that runs a family: one with a pattern for it, else the run's.
PoolId PoolOf(const State& state, std::string_view family, PoolId of_run) {
  for (uint32_t i = 1; i <= state.pools().size(); ++i) {
    for (const std::string& pattern : state.pools()[PoolId{i}].families) {
      if (MatchesGlob(family, pattern)) return PoolId{i};
    }
  }
  return of_run;
}

// One call of RegisterTasks.
struct Registration {
  Core& core;
  RunId run;  // that its tasks join; zero: none
  PoolId pool;
  double priority = 0;
  bool forgives = false;  // somebody asked for this run by hand: what is disabled is tried again
  uint64_t changed = 0;
};

TaskFacts FactsOf(const Registration& registration, const PlannedTask& planned) {
  TaskFacts facts = planned.facts;
  facts.pool = PoolOf(registration.core.state, facts.family.value_or(""), registration.pool);
  facts.error = planned.error;
  if (registration.run.value != 0) facts.unit = registration.core.state.run(registration.run).unit;
  facts.external = planned.facts.external.value_or(false);
  facts.resources = planned.facts.resources.value_or(Resources{});
  facts.priority.reset();  // only raised, below
  return facts;
}

// Leaves in `facts` what differs from the task. True when anything is left.
bool KeepDifferences(const State& state, TaskId id, TaskFacts& facts) {
  const Task& task = state.task(id);
  const TaskDetail& more = state.detail(task);
  bool any = false;
  const auto drop = [&](auto& field, const auto& now) {
    if (field && *field == now) field.reset();
    any = any || field.has_value();
  };
  drop(facts.family, state.text(task.family));
  drop(facts.module, state.text(task.module));
  drop(facts.params, task.params());
  drop(facts.visibility, more.visibility);
  drop(facts.owners, more.owners);
  drop(facts.targets, more.targets);
  drop(facts.error, more.error);
  drop(facts.retry, more.retry);
  drop(facts.timeout_s, more.timeout_s);
  drop(facts.external, task.external);
  drop(facts.unit, task.unit);
  drop(facts.pool, task.pool);
  drop(facts.accepts_messages, more.accepts_messages);
  drop(facts.resources, state.resources(task.resources));
  any = any || facts.deps.has_value();
  return any;
}

void ScheduleCheck(Core& core, TaskId id) {
  const uint32_t checks = core.state.detail(core.state.task(id)).checks;
  const Duration delay =
      std::min(core.settings.check_first * (1 << std::min(checks, 16u)), core.settings.check_last);
  TaskFacts facts;
  facts.check_at = core.now + delay;
  facts.checks = checks + 1;
  core.Emit(TaskChanged{.task = id, .facts = facts});
}

void StopChecks(Core& core, TaskId id) {
  const TaskDetail& more = core.state.detail(core.state.task(id));
  if (more.check_at == Timestamp{} && more.checks == 0) return;
  TaskFacts facts;
  facts.check_at = Timestamp{};
  facts.checks = 0;
  core.Emit(TaskChanged{.task = id, .facts = facts});
}

// What the planner saw against what the scheduler knows.
void TakeCompleteness(Registration& registration, TaskId id, const PlannedTask& planned) {
  Core& core = registration.core;
  const Task& task = core.state.task(id);
  const bool runs = task.status == TaskStatus::kRunning || task.status == TaskStatus::kBatchRunning;
  if (planned.complete) {
    StopChecks(core, id);
    if (!runs && task.status != TaskStatus::kDone) SetStatus(core, id, TaskStatus::kDone);
    return;
  }
  if (runs) return;
  if (!planned.error.empty()) {
    SetStatus(core, id, TaskStatus::kUnknown);
    return ScheduleCheck(core, id);
  }
  if (planned.disabled) return SetStatus(core, id, TaskStatus::kDisabled);
  const bool by_scheduler = core.state.detail(task).disabled_at != Timestamp{};
  switch (task.status) {
    case TaskStatus::kDone:  // an older look does not undo it
      if (planned.checked_at > task.updated) SetStatus(core, id, TaskStatus::kPending);
      break;
    case TaskStatus::kUnknown: SetStatus(core, id, TaskStatus::kPending); break;
    case TaskStatus::kFailed:
    case TaskStatus::kDisabled:
      if (registration.forgives || (task.status == TaskStatus::kDisabled && !by_scheduler)) {
        Forgive(core, id);
      }
      break;
    default: break;
  }
  if (task.external && task.status == TaskStatus::kPending) {
    ScheduleCheck(core, id);
  } else {
    StopChecks(core, id);
  }
}

TaskId Register(Registration& registration, const PlannedTask& planned) {
  Core& core = registration.core;
  TaskFacts facts = FactsOf(registration, planned);
  const size_t before = core.out->records.size();
  TaskId id = core.state.FindTask(planned.key);
  if (id.value == 0) {
    id = FindOrMakeTask(core, planned.key, TaskStatus::kUnknown, facts);
    facts = TaskFacts{};
  }
  const double priority = std::max(registration.priority, planned.facts.priority.value_or(0));
  std::vector<TaskId> deps = ResolveDeps(core, planned.deps, priority);
  std::vector<TaskId> known(core.state.task(id).deps.begin(), core.state.task(id).deps.end());
  std::sort(known.begin(), known.end());
  // Below a complete task nothing is expanded: that it came without dependencies says nothing.
  if (known != deps && !planned.complete) facts.deps = std::move(deps);
  if (KeepDifferences(core.state, id, facts)) {
    core.Emit(TaskChanged{.task = id, .facts = facts});
  }
  RaisePriority(core, id, priority);
  if (core.out->records.size() != before) ++registration.changed;
  return id;
}

// A recheck that did not come to a task leaves it to the next one.
void RescheduleChecks(Core& core, const std::vector<TaskSpec>& roots) {
  for (const TaskSpec& root : roots) {
    const TaskId id = core.state.FindTask(root.key);
    if (id.value == 0) continue;
    const Task& task = core.state.task(id);
    const bool wants =
        (task.external && task.status == TaskStatus::kPending) ||
        (task.status == TaskStatus::kUnknown && !core.state.detail(task).error.empty());
    if (wants && core.state.detail(task).check_at == Timestamp{}) ScheduleCheck(core, id);
  }
}

// Nobody could say what these are: that is their error, until somebody can.
void TakeError(Core& core, const std::vector<TaskSpec>& roots, const std::string& error) {
  for (const TaskSpec& root : roots) {
    const TaskId id = core.state.FindTask(root.key);
    if (id.value == 0 || core.state.task(id).status != TaskStatus::kUnknown) continue;
    TaskFacts facts;
    facts.error = error;
    core.Emit(TaskChanged{.task = id, .facts = facts});
  }
}

void FailPlan(Core& core, PlanId id, const Plan& plan, const std::string& error) {
  core.plan_leases.erase(id);
  // Somebody waits for an ad-hoc run: a mistake in its module is told at once.
  const bool adhoc = plan.run.value != 0 && core.state.run(plan.run).trigger == Trigger::kAdhoc;
  const bool again = plan.kind != PlanKind::kRecheck && !adhoc &&
                     plan.failures + 1 < core.settings.plan_failures_max;
  if (again) {
    const double delay =
        kPlanRetryFirst_s * static_cast<double>(1u << std::min(plan.failures, 10u));
    core.Emit(PlanFailed{.plan = id, .error = error, .retry_at = core.After(delay)});
    if (plan.run.value == 0) return;
    core.Emit(RunChanged{.run = plan.run, .at = core.now, .error = error});
    return;
  }
  const RunId run = plan.run;
  const std::vector<TaskSpec> roots = plan.roots;
  const PlanKind kind = plan.kind;
  core.Emit(PlanEnded{.plan = id, .at = core.now});
  if (kind == PlanKind::kDynamic) TakeError(core, roots, error);
  if (kind != PlanKind::kRun) RescheduleChecks(core, roots);
  if (kind == PlanKind::kRecheck || run.value == 0) return;
  core.Emit(RunChanged{.run = run, .at = core.now, .state = RunState::kFailed, .error = error});
}

}  // namespace

// FAILED or DISABLED, by whomever, back to PENDING with a clean slate.
void Forgive(Core& core, TaskId id) {
  core.Emit(TaskStatusChanged{
      .task = id, .status = TaskStatus::kPending, .at = core.now, .failures_cleared = true});
}

void RequestPlan(Core& core, PlanKind kind, RunId run, std::vector<TaskSpec> roots) {
  const PipelineId pipeline = run.value == 0 ? PipelineId{} : core.state.run(run).pipeline;
  core.Emit(PlanRequested{.plan = core.state.NextPlan(),
                          .kind = kind,
                          .run = run,
                          .pipeline = pipeline,
                          .roots = std::move(roots),
                          .at = core.now});
}

void HandOutPlans(Core& core) {
  std::erase_if(core.plan_waiters, [&](const PlanWaiter& waiter) {
    std::vector<PlanOffer> offers = Claim(core, waiter);
    if (offers.empty() && waiter.until > core.now) return false;
    core.ReplyTo(waiter.request, PlanOffers{.plans = std::move(offers)});
    return true;
  });
}

void Decide(Core& core, const ClaimPlans& command) {
  core.plan_waiters.push_back({.request = core.request,
                               .planner = command.planner,
                               .max = command.max,
                               .until = core.now + command.wait});  // HandOutPlans follows at once
}

void Decide(Core& core, const RegisterTasks& command) {
  const Plan* plan = Claimed(core, command.plan, command.planner);
  if (plan == nullptr) return;
  Registration registration{.core = core, .run = plan->run, .pool = PoolId{1}};
  if (plan->run.value != 0) {
    const Run& run = core.state.run(plan->run);
    registration.pool = run.pool;
    registration.priority = run.priority;
    registration.forgives = run.trigger == Trigger::kAdhoc || run.trigger == Trigger::kManual;
  }
  std::vector<TaskId> joined;
  for (const PlannedTask& planned : command.tasks) {
    const TaskId id = Register(registration, planned);
    TakeCompleteness(registration, id, planned);
    if (registration.run.value != 0 && !core.state.task(id).runs.Contains(registration.run)) {
      joined.push_back(id);
    }
  }
  if (!joined.empty()) core.Emit(RunGrew{.run = registration.run, .tasks = std::move(joined)});
  core.Reply(TasksRegistered{.registered = command.tasks.size(), .changed = registration.changed});
}

void Decide(Core& core, const PlanHeartbeat& command) {
  if (Claimed(core, command.plan, command.planner) != nullptr) core.Reply(Done{});
}

void Decide(Core& core, const FinishPlan& command) {
  const Plan* plan = Claimed(core, command.plan, command.planner);
  if (plan == nullptr) return;
  core.Reply(Done{});
  if (!command.error.empty()) return FailPlan(core, command.plan, *plan, command.error);
  const Plan ended = *plan;
  const TaskId root = command.roots.empty() ? TaskId{} : core.state.FindTask(command.roots.front());
  if (ended.kind == PlanKind::kRun && ended.run.value != 0 && root.value == 0) {
    return FailPlan(core,
                    command.plan,
                    ended,
                    R"({"type":"NoRoot","message":"the planner registered no root task",)"
                    R"("traceback":"","where":"plan"})");
  }
  core.plan_leases.erase(command.plan);
  if (ended.kind == PlanKind::kRun && ended.run.value != 0) {
    core.Emit(RunChanged{.run = ended.run, .at = core.now, .root = root, .error = ""});
  }
  if (ended.kind == PlanKind::kRecheck) RescheduleChecks(core, ended.roots);
  core.Emit(PlanEnded{.plan = command.plan, .at = core.now});
}

}  // namespace headrace::scheduler
