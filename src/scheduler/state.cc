// State: look-ups, and the records about workers, resources and the scheduler itself.

#include "scheduler/state.h"

#include <algorithm>

#include "base/check.h"
#include "base/json_text.h"

namespace headrace::scheduler {

State::State() = default;

void State::Apply(const Record& record) {
  std::visit(
      [&]<class R>(const R& r) {
        if constexpr (!kForPeople<R>) On(r);
      },
      record);
}

TaskId State::FindTask(std::string_view key) const {
  const TaskId id = keys_.Find(key);
  return id.value != 0 && !tasks_[id].removed ? id : TaskId{};
}

WorkerId State::FindWorker(std::string_view key) const {
  const auto found = worker_keys_.find(key);
  return found == worker_keys_.end() ? WorkerId{} : found->second;
}

PoolId State::FindPool(std::string_view name) const {
  for (uint32_t i = 1; i <= pools_.size(); ++i) {
    if (pools_[PoolId{i}].name == name) return PoolId{i};
  }
  return {};
}

PipelineId State::FindPipeline(std::string_view name) const {
  for (uint32_t i = 1; i <= pipelines_.size(); ++i) {
    if (pipelines_[PipelineId{i}].spec.name == name) return PipelineId{i};
  }
  return {};
}

const TaskDetail& State::detail(const Task& task) const {
  static const TaskDetail empty;
  return task.detail ? *task.detail : empty;
}

double State::ResourceTotal(std::string_view name) const {
  const auto found = totals_.find(name);
  return found == totals_.end() ? 1 : found->second;
}

double State::ResourceUsed(std::string_view name) const {
  const auto found = used_.find(name);
  return found == used_.end() ? 0 : found->second;
}

void State::ForEachTask(const std::function<void(TaskId, const Task&)>& visit) const {
  for (uint32_t i = 1; i <= tasks_.size(); ++i) {
    const Task& task = tasks_[TaskId{i}];
    if (task.used && !task.removed) visit(TaskId{i}, task);
  }
}

void State::ForEachWorker(const std::function<void(WorkerId, const Worker&)>& visit) const {
  for (uint32_t i = 1; i <= workers_.size(); ++i) {
    const Worker& worker = workers_[WorkerId{i}];
    if (!worker.key.empty()) visit(WorkerId{i}, worker);
  }
}

void State::On(const WorkerAdded& record) {
  CHECK(!record.key.empty());
  Worker& worker = workers_.Add(record.worker);
  worker.key = record.key;
  worker.info = "{}";
  worker.started = record.at;
  worker.pools = record.pools;
  CHECK(worker_keys_.emplace(record.key, record.worker).second);
  if (keep_changes_) changes_.workers.insert(record.worker);
}

void State::On(const WorkerChanged& record) {
  Worker& worker = workers_[record.worker];
  CHECK(!worker.key.empty());
  if (record.info) worker.info = MergeJsonObjects(worker.info, *record.info);
  if (record.pools) worker.pools = *record.pools;
  if (record.slots) worker.slots = *record.slots;
  if (record.draining) worker.draining = *record.draining;
  if (record.assistant) worker.assistant = *record.assistant;
  if (record.disabled && *record.disabled && !worker.disabled) DropWorker(record.worker, false);
  if (record.disabled) worker.disabled = *record.disabled;
  if (keep_changes_) changes_.workers.insert(record.worker);
}

void State::On(const WorkerRemoved& record) {
  DropWorker(record.worker, true);
  const Worker& worker = workers_[record.worker];
  CHECK(worker.pending_last == 0);
  if (keep_changes_) {
    changes_.workers_removed.insert(worker.key);
    changes_.workers.erase(record.worker);
  }
  worker_keys_.erase(worker.key);
  workers_.Free(record.worker);
}

// Takes the worker out of every task's `workers`, out of the stakeholders too where it is gone for
// good. Walks all tasks: happens once in a worker's life.
void State::DropWorker(WorkerId worker, bool stakeholder_too) {
  for (uint32_t i = 1; i <= tasks_.size(); ++i) {
    const Task& task = tasks_[TaskId{i}];
    if (!task.used) continue;
    const bool runs_it = worker_sets_.Contains(task.workers, worker);
    const bool cares = stakeholder_too && worker_sets_.Contains(task.stakeholders, worker);
    const bool ran_it = stakeholder_too && task.worker_running == worker;
    if (!runs_it && !cares && !ran_it) continue;
    Edit(TaskId{i}, [&](Task& t) {
      if (runs_it) t.workers = worker_sets_.Without(t.workers, worker);
      if (cares) t.stakeholders = worker_sets_.Without(t.stakeholders, worker);
      if (ran_it) t.worker_running = WorkerId{};
      if (t.worker_last != worker) return;
      const auto left = worker_sets_.Members(t.workers);
      t.worker_last = left.empty() ? WorkerId{} : left.back();
    });
  }
}

void State::On(const BatcherSet& record) {
  workers_[record.worker].batchers[record.family] = {.params = record.params,
                                                     .size_max = record.size_max};
}

void State::On(const ResourceSet& record) {
  totals_[record.name] = record.total;
}

void State::On(const Paused& record) {
  paused_ = record.paused;
}

}  // namespace headrace::scheduler
