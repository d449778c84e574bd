// State: the records about tasks.

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "scheduler/state.h"

namespace headrace::scheduler {

void State::On(const TaskAdded& record) {
  const TaskId known = keys_.Find(record.key);
  if (known.value != 0) {  // a row that others kept as a dependency
    CHECK(known == record.task && tasks_[known].removed);
  } else {
    Task& added = tasks_.Add(record.task);
    added.used = true;
    SetText(added, record.key, std::nullopt);
    keys_.Add(record.key, record.task);
    added.removed = true;  // not counted until the Edit below
  }
  ++tasks_count_;
  Edit(record.task, [&](Task& task) {
    task.removed = false;
    task.status = record.status;
    task.created = record.at;
    task.updated = record.at;
    Take(record.task, task, record.facts);
  });
  if (keep_changes_) changes_.tasks_removed.erase(record.key);
}

void State::On(const TaskChanged& record) {
  Edit(record.task, [&](Task& task) { Take(record.task, task, record.facts); });
}

void State::On(const TaskOffered& record) {
  Edit(record.task, [&](Task& task) {
    if (record.stakeholder) task.stakeholders = worker_sets_.With(task.stakeholders, record.worker);
    if (!record.runs_it || worker_sets_.Contains(task.workers, record.worker)) return;
    task.workers = worker_sets_.With(task.workers, record.worker);
    task.worker_last = record.worker;
  });
}

void State::On(const TaskStatusChanged& record) {
  Edit(record.task, [&](Task& task) {
    if (task.status != record.status) task.updated = record.at;
    task.status = record.status;
    if (record.failures_cleared && task.detail) {
      task.detail->failures.clear();
      task.detail->first_failure_at = Timestamp{};
      task.detail->losses = 0;
    }
    if (record.failed) {
      TaskDetail& more = Detail(task);
      if (more.first_failure_at == Timestamp{}) more.first_failure_at = record.at;
      if (more.failures.size() == kFailuresKept) more.failures.erase(more.failures.begin());
      more.failures.push_back(record.at);
    }
    if (record.status == TaskStatus::kDone && task.detail) task.detail->losses = 0;
    if (task.detail || record.retry_at != Timestamp{} || record.disabled_at != Timestamp{}) {
      Detail(task).retry_at = record.retry_at;
      Detail(task).disabled_at = record.disabled_at;
    }
  });
  const Task& task = tasks_[record.task];
  if (task.status == TaskStatus::kDone && task.worker_running.value != 0) {
    ++workers_[task.worker_running].done;
  }
}

void State::On(const TaskStarted& record) {
  Edit(record.task, [&](Task& task) {
    task.status = TaskStatus::kRunning;
    task.updated = record.at;
    task.time_running = record.at;
    task.worker_running = record.worker;
    if (task.detail || task.resources.value != 0) Detail(task).resources_running = task.resources;
  });
}

void State::On(const BatchStarted& record) {
  for (TaskId id : record.tasks) {
    Edit(id, [&](Task& task) {
      task.status = TaskStatus::kBatchRunning;
      task.updated = record.at;
      task.time_running = record.at;
      task.worker_running = record.worker;
      Detail(task).batch = record.batch;
      Detail(task).resources_running = task.resources;
    });
  }
}

void State::On(const TaskRemoved& record) {
  const std::string key(tasks_[record.task].key());
  CHECK(tasks_[record.task].runs.empty());
  Edit(record.task, [&](Task& task) {
    SetDeps(record.task, task, {});
    worker_sets_.Release(task.workers);
    worker_sets_.Release(task.stakeholders);
    // What others need of it stays: its key, and that they depend on it.
    Task bare;
    bare.text = std::move(task.text);
    bare.key_size = task.key_size;
    bare.dependents = std::move(task.dependents);
    bare.stock_entry = task.stock_entry;  // Index() drops these
    bare.pool_entry = task.pool_entry;
    bare.entry_priority = task.entry_priority;
    bare.entry_workers = task.entry_workers;
    bare.entry_resources = task.entry_resources;
    bare.entry_pool = task.entry_pool;
    bare.entry_pipeline = task.entry_pipeline;
    bare.phase = task.phase;  // as it was, for Index() to compare with
    bare.blocking = task.blocking;
    bare.used = true;
    bare.removed = true;
    task = std::move(bare);
  });
  --tasks_count_;
  if (keep_changes_) {
    changes_.tasks.erase(record.task);
    changes_.tasks_removed.insert(key);
  }
  FreeIfForgotten(record.task);
}

// A removed task's row goes when nobody depends on it any more.
void State::FreeIfForgotten(TaskId id) {
  const Task& task = tasks_[id];
  if (!task.removed || !task.dependents.empty()) return;
  CHECK(task.stock_entry == 0 && task.pool_entry == 0);
  keys_.Remove(task.key());
  tasks_.Free(id);
  if (keep_changes_) changes_.tasks.erase(id);
}

void State::Take(TaskId id, Task& task, const TaskFacts& facts) {
  if (facts.family) task.family = texts_.Intern(*facts.family);
  if (facts.module) {
    task.module = texts_.Intern(*facts.module);
    task.module_known = true;
  }
  if (facts.params) SetText(task, std::string(task.key()), *facts.params);
  if (facts.priority) task.priority = *facts.priority;
  if (facts.deps) SetDeps(id, task, *facts.deps);
  if (facts.resources) task.resources = resource_sets_.Intern(*facts.resources);
  if (facts.batchable) {
    task.batchable = *facts.batchable;
    task.batchable_known = true;
  }
  if (facts.external) task.external = *facts.external;
  if (facts.runnable) task.runnable = *facts.runnable;
  if (facts.unit) task.unit = *facts.unit;
  if (facts.pool) task.pool = *facts.pool;
  if (facts.worker_running) task.worker_running = *facts.worker_running;
  if (facts.time_running) task.time_running = *facts.time_running;
  TakeDetail(task, facts);
}

void State::TakeDetail(Task& task, const TaskFacts& facts) {
  // Makes the detail only for what says something: most tasks have none of it.
  const auto text = [&](std::string TaskDetail::* field, const std::optional<std::string>& said) {
    if (said && (task.detail || !said->empty())) Detail(task).*field = *said;
  };
  text(&TaskDetail::visibility, facts.visibility);
  text(&TaskDetail::owners, facts.owners);
  text(&TaskDetail::accepts_messages, facts.accepts_messages);
  text(&TaskDetail::batch, facts.batch);
  text(&TaskDetail::expl, facts.expl);
  text(&TaskDetail::tracking_url, facts.tracking_url);
  text(&TaskDetail::status_message, facts.status_message);
  text(&TaskDetail::progress, facts.progress);
  text(&TaskDetail::targets, facts.targets);
  text(&TaskDetail::error, facts.error);
  if (facts.retry && (task.detail || *facts.retry != RetryPolicy{})) {
    Detail(task).retry = *facts.retry;
  }
  if (facts.timeout_s && (task.detail || *facts.timeout_s != 0)) {
    Detail(task).timeout_s = *facts.timeout_s;
  }
  if (facts.resources_running && (task.detail || !facts.resources_running->empty())) {
    Detail(task).resources_running = resource_sets_.Intern(*facts.resources_running);
  }
  const auto at = [&](Timestamp TaskDetail::* field, const std::optional<Timestamp>& said) {
    if (said && (task.detail || *said != Timestamp{})) Detail(task).*field = *said;
  };
  at(&TaskDetail::remove_at, facts.remove_at);
  at(&TaskDetail::cooldown_refused_at, facts.cooldown_refused_at);
  at(&TaskDetail::check_at, facts.check_at);
  if (facts.checks && (task.detail || *facts.checks != 0)) Detail(task).checks = *facts.checks;
}

TaskDetail& State::Detail(Task& task) {
  if (!task.detail) task.detail = std::make_unique<TaskDetail>();
  return *task.detail;
}

void State::SetText(Task& task, std::string_view key, std::optional<std::string_view> params) {
  const std::string_view tail = params.value_or("");
  auto text = std::make_unique<char[]>(key.size() + tail.size());
  std::memcpy(text.get(), key.data(), key.size());
  if (!tail.empty()) std::memcpy(text.get() + key.size(), tail.data(), tail.size());
  task.key_size = static_cast<uint32_t>(key.size());
  task.params_size = static_cast<uint32_t>(tail.size());
  task.params_known = params.has_value();
  task.text = std::move(text);  // last: `key` may point into the old one
}

// `task` is out of the indexes; its dependencies' rows keep who depends on them.
void State::SetDeps(TaskId id, Task& task, const std::vector<TaskId>& deps) {
  const std::vector<TaskId> before(task.deps.begin(), task.deps.end());
  for (TaskId dep : before) tasks_[dep].dependents.Remove(id);
  task.deps.Assign(deps);
  task.deps_open = 0;
  task.deps_blocking = 0;
  for (TaskId dep : deps) {
    Task& row = tasks_[dep];
    CHECK(row.used);
    row.dependents.Add(id);
    if (row.phase != Phase::kDone) ++task.deps_open;
    if (row.blocking) ++task.deps_blocking;
  }
  for (TaskId dep : before) {
    if (dep != id && tasks_[dep].used) FreeIfForgotten(dep);
  }
  if (!keep_changes_) return;
  for (RunId run : task.runs) changes_.graphs.insert(run);
}

}  // namespace headrace::scheduler
