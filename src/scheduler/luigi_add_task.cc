// Luigi's add_task: how its workers register tasks, report what became of them, and say what they
// wait for. The steps are Luigi's, in Luigi's order; each is a function here.

#include <algorithm>
#include <fmt/format.h>

#include "scheduler/decisions.h"

namespace headrace::scheduler {

namespace {

// nullopt: no such status. SUSPENDED is what old clients say for PENDING.
std::optional<TaskStatus> StatusOf(std::string_view text) {
  if (text == "SUSPENDED") return TaskStatus::kPending;
  for (size_t i = 0; i < kTaskStatuses; ++i) {
    const auto status = static_cast<TaskStatus>(i);
    if (Name(status) == text) return status;
  }
  return std::nullopt;
}

// One call of add_task: what was said, and what it comes to.
struct Call {
  Core& core;
  const AddTask& said;
  const TaskStatus status;
  WorkerId worker{};
  bool enabled = true;
  TaskId id{};
  TaskFacts change = {};  // what is new in it

  const Task& task() const { return core.state.task(id); }
  const TaskDetail& more() const { return core.state.detail(task()); }
  void Flush() {
    if (changed) core.Emit(TaskChanged{.task = id, .facts = std::exchange(change, {})});
    changed = false;
  }
  template <class T>
  void Set(std::optional<T> TaskFacts::* field, const T& now, const T& wanted) {
    if (now == wanted) return;
    change.*field = wanted;
    changed = true;
  }
  bool changed = false;
};

// Step 3: a new task starts with what was said of it.
void Create(Call& call) {
  TaskFacts facts;
  if (!call.said.family.empty()) facts.family = call.said.family;
  facts.module = call.said.facts.module;
  facts.params = call.said.facts.params;
  facts.visibility = call.said.facts.visibility;
  facts.resources = call.said.facts.resources;
  if (call.said.facts.priority.value_or(0) != 0) facts.priority = call.said.facts.priority;
  call.id = FindOrMakeTask(call.core, call.said.task, TaskStatus::kPending, facts);
}

// Step 5: a second worker that looked just before the first one finished.
bool IsCoolingDown(const Call& call) {
  return call.status == TaskStatus::kPending && call.task().status == TaskStatus::kDone &&
         call.core.now - call.task().updated <
             Seconds(static_cast<double>(call.core.settings.stable_done_cooldown_s));
}

std::string WhyNotAgain(const Call& call) {
  const double age = std::chrono::duration<double>(call.core.now - call.task().updated).count();
  return fmt::format(
      "add_task {}: not run again for {}: it was done {:.1f} s ago, less than "
      "stable_done_cooldown_secs ({} s)",
      call.said.task,
      call.said.worker,
      age,
      call.core.settings.stable_done_cooldown_s);
}

// The task stays done; who asks why is told.
void RefuseToRunAgain(Call& call) {
  TaskFacts facts;
  facts.cooldown_refused_at = call.core.now;
  call.core.Emit(TaskChanged{.task = call.id, .facts = facts});
}

// Step 6: a placeholder becomes whole; what is known is not replaced.
void FillIn(Call& call) {
  const TaskFacts& facts = call.said.facts;
  const Task& task = call.task();
  if (task.family.value == 0 && !call.said.family.empty()) {
    call.Set<std::string>(&TaskFacts::family, "", call.said.family);
  }
  if (!task.module_known && facts.module) {
    call.change.module = facts.module;
    call.changed = true;
  }
  if (call.more().visibility.empty() && facts.visibility) {
    call.Set<std::string>(&TaskFacts::visibility, "", *facts.visibility);
  }
  if (facts.params && (!task.params_known || task.params() == "{}") &&
      *facts.params != task.params()) {
    call.change.params = facts.params;
    call.changed = true;
  }
}

std::vector<TaskId> BatchMembers(const State& state, const std::string& batch) {
  std::vector<TaskId> members;
  if (batch.empty()) return members;
  for (TaskId id : state.batch_running()) {
    if (state.detail(state.task(id)).batch == batch) members.push_back(id);
  }
  return members;
}

// Step 7: who runs it, and in which batch.
void TakeRunner(Call& call) {
  if (call.said.facts.batch) {
    call.Set<std::string>(&TaskFacts::batch, call.more().batch, *call.said.facts.batch);
  }
  if (call.status != TaskStatus::kRunning || call.task().worker_running.value != 0) return;
  call.change.worker_running = call.worker;
  call.change.time_running = call.core.now;
  call.changed = true;
  const auto members = BatchMembers(call.core.state, call.said.facts.batch.value_or(""));
  if (members.empty()) return;
  const State& state = call.core.state;
  call.change.resources_running =
      state.resources(state.detail(state.task(members.front())).resources_running);
}

// Steps 8 to 10: what is told about it, to its batch too.
void TakeTexts(Call& call) {
  const TaskFacts& facts = call.said.facts;
  TaskFacts for_members;
  bool members_change = false;
  if (facts.accepts_messages) {
    call.Set(&TaskFacts::accepts_messages, call.more().accepts_messages, *facts.accepts_messages);
  }
  if (facts.tracking_url || call.task().status != TaskStatus::kRunning) {
    const std::string url = facts.tracking_url.value_or("");
    call.Set(&TaskFacts::tracking_url, call.more().tracking_url, url);
    for_members.tracking_url = url;
    members_change = true;
  }
  if (facts.batchable &&
      (!call.task().batchable_known || call.task().batchable != *facts.batchable)) {
    call.change.batchable = facts.batchable;
    call.changed = true;
  }
  call.Set(&TaskFacts::remove_at, call.more().remove_at, Timestamp{});
  if (facts.expl) {
    call.Set(&TaskFacts::expl, call.more().expl, *facts.expl);
    for_members.expl = facts.expl;
    members_change = true;
  }
  const std::string batch = call.change.batch.value_or(call.more().batch);
  call.Flush();
  if (!members_change) return;
  for (TaskId member : BatchMembers(call.core.state, batch)) {
    call.core.Emit(TaskChanged{.task = member, .facts = for_members});
  }
}

// Step 11: a running task is changed by its own worker only, or by new dependencies.
void TakeStatus(Call& call) {
  const Task& task = call.task();
  const bool runs = task.status == TaskStatus::kRunning || task.status == TaskStatus::kBatchRunning;
  if (task.attempt.value != 0) return;  // at a headrace worker: it alone says what becomes of it
  const bool ends = call.status == TaskStatus::kDone || call.status == TaskStatus::kFailed ||
                    call.status == TaskStatus::kRunning;
  const bool ended_here = ends && task.worker_running == call.worker;
  if (runs && !ended_here && call.said.new_deps.empty()) return;
  SetStatus(call.core, call.id, call.status);
}

// Step 12: who is mailed about failures hears of each, also of one that changed nothing.
void ReportFailure(Call& call) {
  if (call.status != TaskStatus::kFailed || !call.core.settings.reports_failures) return;
  call.core.Emit(FailureReported{.task = call.id,
                                 .worker = call.worker,
                                 .at = call.core.now,
                                 .explained = call.said.facts.expl.has_value()});
}

// Steps 13 and 14: dependencies, resources, and who cares.
void TakeDeps(Call& call) {
  const AddTask& said = call.said;
  const double priority = said.facts.priority.value_or(0);
  if (said.deps || !said.new_deps.empty()) {
    std::vector<std::string> keys = said.deps.value_or(std::vector<std::string>{});
    if (!said.deps) {
      for (TaskId dep : call.task().deps) keys.emplace_back(call.core.state.task(dep).key());
    }
    keys.insert(keys.end(), said.new_deps.begin(), said.new_deps.end());
    const std::vector<TaskId> deps = ResolveDeps(call.core, keys, priority);
    std::vector<TaskId> before(call.task().deps.begin(), call.task().deps.end());
    std::sort(before.begin(), before.end());
    call.Set(&TaskFacts::deps, before, deps);
  }
  const Resources before = call.core.state.resources(call.task().resources);
  call.Set(&TaskFacts::resources, before, said.facts.resources.value_or(Resources{}));
  call.Flush();
  if (!call.enabled || said.assistant) return;

  const auto care = [&](TaskId id) {
    const State& state = call.core.state;
    if (state.worker_sets().Contains(state.task(id).stakeholders, call.worker)) return;
    call.core.Emit(TaskOffered{.task = id, .worker = call.worker, .stakeholder = true});
  };
  care(call.id);
  const std::vector<TaskId> deps(call.task().deps.begin(), call.task().deps.end());
  for (TaskId dep : deps) {
    if (call.core.state.task(dep).removed) {  // known only as a dependency: a placeholder again
      FindOrMakeTask(
          call.core, std::string(call.core.state.task(dep).key()), TaskStatus::kUnknown, {});
    }
    care(dep);
  }
}

// Step 17.
void TakeOffer(Call& call) {
  if (!call.said.runnable || call.status == TaskStatus::kFailed || !call.enabled) return;
  const State& state = call.core.state;
  if (!call.task().runnable) {
    TaskFacts facts;
    facts.runnable = true;
    call.core.Emit(TaskChanged{.task = call.id, .facts = facts});
  }
  if (state.worker_sets().Contains(call.task().workers, call.worker)) return;
  call.core.Emit(TaskOffered{.task = call.id, .worker = call.worker, .runs_it = true});
}

}  // namespace

void Decide(Core& core, const AddTask& said) {
  const auto status = StatusOf(said.status);
  if (!status) {
    return core.Refuse(Refusal::kMalformed,
                       "unknown status '" + said.status + "'",
                       "PENDING, RUNNING, DONE, FAILED, DISABLED, UNKNOWN or SUSPENDED");
  }
  Call call{.core = core, .said = said, .status = *status};
  call.worker = core.Touch(said.worker);
  call.enabled = !core.state.worker(call.worker).disabled;
  call.id = core.state.FindTask(said.task);
  const bool too_soon = call.id.value != 0 && call.enabled && IsCoolingDown(call);
  core.Reply(Done{.note = too_soon ? WhyNotAgain(call) : ""});

  if (call.id.value == 0 && !call.enabled) return;
  if (call.id.value == 0) Create(call);
  if (!call.enabled && call.task().status != TaskStatus::kRunning) return;
  if (too_soon) return RefuseToRunAgain(call);
  FillIn(call);
  TakeRunner(call);
  TakeTexts(call);
  // The retry policy counts already for this call's own failure.
  call.Set(&TaskFacts::retry, call.more().retry, said.facts.retry.value_or(RetryPolicy{}));
  if (said.facts.owners) call.Set(&TaskFacts::owners, call.more().owners, *said.facts.owners);
  call.Flush();
  TakeStatus(call);
  ReportFailure(call);
  TakeDeps(call);
  RaisePriority(core, call.id, said.facts.priority.value_or(0));
  TakeOffer(call);
}

}  // namespace headrace::scheduler
