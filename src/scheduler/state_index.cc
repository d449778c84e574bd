// State's indexes: the one place that keeps them true.
//
// A task leaves all of them (Unindex), is changed, gets its phase, and enters them again (Index).
// When it became done or blocking, or stopped being so, its dependents follow (Propagate), one
// after the other and without recursion: chains may be a million tasks long.

#include "base/check.h"
#include "scheduler/state.h"

namespace headrace::scheduler {

namespace {

Phase PhaseOf(const Task& task) {
  switch (task.status) {
    case TaskStatus::kUnknown: return Phase::kUnknown;
    case TaskStatus::kRunning:
    case TaskStatus::kBatchRunning: return Phase::kRunning;
    case TaskStatus::kDone: return Phase::kDone;
    case TaskStatus::kFailed: return Phase::kRetrying;
    case TaskStatus::kDisabled: return Phase::kDisabled;
    case TaskStatus::kPending: break;
  }
  if (task.external) return Phase::kExternal;
  if (task.deps_blocking > 0) return Phase::kBlocked;
  return task.deps_open == 0 ? Phase::kReady : Phase::kWaiting;
}

bool IsBlocking(const Task& task) {
  return task.status == TaskStatus::kDisabled ||
         (task.status == TaskStatus::kPending && task.deps_blocking > 0);
}

// What Luigi's get_work counts as pending.
bool CountsAsPending(const Task& task) {
  if (task.status == TaskStatus::kFailed) return true;
  return task.status == TaskStatus::kPending && !task.blocking;
}

Rank RankOf(TaskId id, const Task& task) {
  return {.priority = task.priority, .created = task.created, .task = id};
}

BucketKey StockBucket(const Task& task) {
  return {.kind = 0, .who = task.workers.value, .pipeline = 0, .resources = task.resources};
}

void SetTimer(TaskTimers& timers, Timestamp at, TaskId id, int sign) {
  if (at == Timestamp{}) return;
  if (sign > 0) {
    timers.emplace(at, id);
  } else {
    timers.erase({at, id});
  }
}

template <class Set, class Value>
void Put(Set& set, const Value& value, int sign) {
  if (sign > 0) {
    CHECK(set.insert(value).second);
  } else {
    CHECK(set.erase(value) == 1);
  }
}

template <class Number>
void Add(Number& number, int sign) {
  CHECK(sign > 0 || number > 0);
  number = static_cast<Number>(sign > 0 ? number + 1 : number - 1);
}

}  // namespace

void State::Edit(TaskId id, const std::function<void(Task&)>& change) {
  Task& task = tasks_[id];
  CHECK(task.used);
  Unindex(id, task);
  change(task);
  Index(id, task);
  Propagate();
}

// Everything derived, for rows that came as they are. Nothing is passed on: what is done and what
// blocks is known before the first task enters an index.
void State::On(const RowsKept&) {
  for (uint32_t i = 1; i <= tasks_.size(); ++i) {
    Task& task = tasks_[TaskId{i}];
    for (TaskId dep : task.deps) {
      Task& row = tasks_[dep];
      CHECK(row.used);
      row.dependents.Add(TaskId{i});
      if (row.status != TaskStatus::kDone) ++task.deps_open;
      if (row.blocking) ++task.deps_blocking;
    }
  }
  for (uint32_t i = 1; i <= tasks_.size(); ++i) {
    Task& task = tasks_[TaskId{i}];
    if (!task.used || task.removed) continue;
    task.phase = PhaseOf(task);
    Index(TaskId{i}, task);
  }
}

void State::Unindex(TaskId id, Task& task) {
  Count(id, task, -1);
}

void State::Index(TaskId id, Task& task) {
  const bool was_done = task.phase == Phase::kDone;
  const bool was_blocking = task.blocking;
  task.phase = PhaseOf(task);
  task.blocking = IsBlocking(task);
  Count(id, task, +1);
  IndexReady(id, task);

  const int done = static_cast<int>(task.phase == Phase::kDone) - static_cast<int>(was_done);
  const int blocks = static_cast<int>(task.blocking) - static_cast<int>(was_blocking);
  if ((done != 0 || blocks != 0) && !task.dependents.empty()) {
    upset_.push_back({id, {done, blocks}});
  }
  if (keep_changes_) changes_.tasks.insert(id);
}

// Every counter and every set but the ready heaps. `sign` is +1 to enter, -1 to leave.
void State::Count(TaskId id, const Task& task, int sign) {
  if (task.removed) return;
  const TaskDetail& more = detail(task);
  Add(by_status_[static_cast<size_t>(task.status)], sign);
  Add(by_phase_[static_cast<size_t>(task.phase)], sign);
  for (RunId run : task.runs) {
    Add(runs_[run].counts[static_cast<size_t>(task.phase)], sign);
    Touch(run);
  }
  if (task.pool.value != 0 && task.phase == Phase::kReady) Add(pools_[task.pool].ready, sign);

  if (CountsAsPending(task)) {
    Add(worker_sets_.Counts(task.workers).pending, sign);
    if (task.worker_last.value != 0) Add(workers_[task.worker_last].pending_last, sign);
  }
  if (task.status == TaskStatus::kPending && task.resources.value != 0) {
    Add(worker_sets_.Counts(task.workers).with_resources, sign);
  }
  if (task.status == TaskStatus::kRunning) {
    Put(running_, RankOf(id, task), sign);
    if (task.worker_running.value != 0) Add(workers_[task.worker_running].running, sign);
    for (const auto& [name, amount] : resource_sets_[more.resources_running]) {
      used_[name] += sign * amount;
    }
  }
  if (task.status == TaskStatus::kBatchRunning) Put(batch_running_, id, sign);
  if (task.status == TaskStatus::kFailed) SetTimer(retries_, more.retry_at, id, sign);
  if (task.status == TaskStatus::kDisabled) SetTimer(disabled_, more.disabled_at, id, sign);
  const bool orphan = task.stakeholders.value == 0 && task.runs.empty() &&
                      more.remove_at == Timestamp{} && task.status != TaskStatus::kRunning;
  if (orphan) Put(orphans_, id, sign);
  SetTimer(removals_, more.remove_at, id, sign);
  SetTimer(checks_, more.check_at, id, sign);
}

// A task that stays in its bucket with its rank keeps its entry; any other entry dies, a new one is
// made where it is ready.
void State::IndexReady(TaskId id, Task& task) {
  const auto keep = [&](uint32_t& entry, BucketKey& at, bool wanted, const BucketKey& bucket) {
    if (entry != 0 && wanted && at == bucket && task.entry_priority == task.priority) return;
    if (entry != 0) {
      entry = 0;
      ready_.Remove(at);
    }
    if (!wanted) return;
    at = bucket;
    entry = ready_.Add(bucket, RankOf(id, task));
  };
  const bool ready = task.phase == Phase::kReady;
  BucketKey stock_at{
      .kind = 0, .who = task.entry_workers.value, .pipeline = 0, .resources = task.entry_resources};
  const bool offered = task.workers.value != 0 || task.runnable;  // without workers: to assistants
  keep(task.stock_entry, stock_at, ready && offered, StockBucket(task));

  const RunId run = FirstRun(task);
  const uint32_t pipeline = run.value == 0 ? 0 : runs_[run].pipeline.value;
  BucketKey pool_at{.kind = 1,
                    .who = task.entry_pool.value,
                    .pipeline = task.entry_pipeline.value,
                    .resources = task.entry_resources};
  keep(task.pool_entry,
       pool_at,
       ready && task.pool.value != 0,
       {.kind = 1, .who = task.pool.value, .pipeline = pipeline, .resources = task.resources});

  task.entry_priority = task.priority;
  task.entry_workers = task.workers;
  task.entry_resources = task.resources;
  task.entry_pool = task.pool;
  task.entry_pipeline = PipelineId{pipeline};
}

void State::Propagate() {
  while (!upset_.empty()) {
    const auto [id, change] = upset_.back();
    upset_.pop_back();
    const auto [done, blocks] = change;
    for (TaskId dependent_id : tasks_[id].dependents) {
      Task& dependent = tasks_[dependent_id];
      Unindex(dependent_id, dependent);
      dependent.deps_open -= static_cast<uint32_t>(done);
      dependent.deps_blocking += static_cast<uint32_t>(blocks);
      CHECK(dependent.deps_open <= dependent.deps.size());
      CHECK(dependent.deps_blocking <= dependent.deps.size());
      Index(dependent_id, dependent);
    }
  }
}

void State::Touch(RunId run) {
  if (keep_changes_) changes_.runs.insert(run);
  if (runs_[run].touched) return;
  runs_[run].touched = true;
  runs_touched_.push_back(run);
}

std::vector<RunId> State::TakeTouchedRuns() {
  for (RunId run : runs_touched_) runs_[run].touched = false;
  return std::exchange(runs_touched_, {});
}

bool State::Alive(const BucketKey& bucket, const ReadyEntry& entry) const {
  const Task& task = tasks_[entry.rank.task];
  return (bucket.kind == 0 ? task.stock_entry : task.pool_entry) == entry.generation;
}

}  // namespace headrace::scheduler
