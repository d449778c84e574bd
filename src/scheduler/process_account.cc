// ProcessAccount: nothing here is quick or clever; that is its use.

#include "scheduler/process_account.h"

#include <algorithm>

namespace headrace::scheduler {

void ProcessAccount::MustHold(bool holds, const std::string& what) {
  if (!holds) broken_.push_back(what);
}

void ProcessAccount::Learn(const Record& record) {
  std::visit([this](const auto& each) { Take(each); }, record);
}

bool ProcessAccount::IsReady(const KnownTask& task) const {
  if (task.removed || task.external || task.status != TaskStatus::kPending) return false;
  return std::all_of(task.deps.begin(), task.deps.end(), [&](TaskId dep) {
    return tasks_.at(dep).status == TaskStatus::kDone;
  });
}

std::string ProcessAccount::LeftLying(const std::string& pool) const {
  if (paused_) return {};
  for (const auto& [id, task] : tasks_) {
    const auto at = pools_.find(task.pool);
    if (at == pools_.end() || at->second.name != pool) continue;
    if (at->second.busy >= at->second.slots || task.needs_resource || !IsReady(task)) continue;
    const PipelineId pipeline =
        task.runs.empty() ? PipelineId{} : pipeline_of_run_.at(task.runs.front());
    if (!paused_pipelines_.contains(pipeline)) return task.key;
  }
  return {};
}

std::vector<std::string> ProcessAccount::Keys() const {
  std::vector<std::string> keys;
  for (const auto& [id, task] : tasks_) {
    if (!task.removed) keys.push_back(task.key);
  }
  return keys;
}

void ProcessAccount::TakeFacts(KnownTask& task, const TaskFacts& facts) {
  if (facts.deps) task.deps = *facts.deps;
  if (facts.external) task.external = *facts.external;
  if (facts.pool) task.pool = *facts.pool;
  if (facts.resources) task.needs_resource = !facts.resources->empty();
}

void ProcessAccount::Take(const TaskAdded& record) {
  KnownTask& task = tasks_[record.task];
  task = KnownTask{.key = record.key, .status = record.status};
  TakeFacts(task, record.facts);
}

void ProcessAccount::Take(const TaskChanged& record) {
  TakeFacts(tasks_.at(record.task), record.facts);
}

void ProcessAccount::Take(const TaskStatusChanged& record) {
  tasks_.at(record.task).status = record.status;
}

void ProcessAccount::Take(const TaskStarted& record) {
  KnownTask& task = tasks_.at(record.task);
  MustHold(IsReady(task), task.key + " was started and was not ready");
  task.status = TaskStatus::kRunning;
}

void ProcessAccount::Take(const TaskRemoved& record) {
  KnownTask& task = tasks_.at(record.task);
  MustHold(task.status != TaskStatus::kRunning, task.key + " was removed while it ran");
  task = KnownTask{.key = task.key, .removed = true};
}

void ProcessAccount::Take(const PoolSet& record) {
  pools_[record.pool].name = record.name;
  pools_[record.pool].slots = record.slots;
}

void ProcessAccount::Take(const PipelinePaused& record) {
  if (record.paused) {
    paused_pipelines_.insert(record.pipeline);
  } else {
    paused_pipelines_.erase(record.pipeline);
  }
}

void ProcessAccount::Take(const Paused& record) {
  paused_ = record.paused;
}

void ProcessAccount::Take(const RunCreated& record) {
  pipeline_of_run_[record.run] = record.pipeline;
  if (record.pipeline.value == 0) return;
  MustHold(record.interval_start < record.interval_end, "an interval ends before it begins");
  const auto interval = std::pair(record.interval_start, record.interval_end);
  MustHold(intervals_.emplace(record.pipeline, interval).second, "an interval has two runs");
  const bool by_time = record.trigger == Trigger::kSchedule || record.trigger == Trigger::kCatchup;
  MustHold(!by_time || record.interval_end <= record.at, "a run came before its interval was over");
}

void ProcessAccount::Take(const RunGrew& record) {
  for (TaskId id : record.tasks) {
    std::vector<RunId>& runs = tasks_.at(id).runs;
    if (std::find(runs.begin(), runs.end(), record.run) == runs.end()) runs.push_back(record.run);
  }
}

void ProcessAccount::Take(const AttemptStarted& record) {
  KnownTask& task = tasks_.at(record.task);
  KnownPool& pool = pools_.at(record.pool);
  MustHold(IsReady(task), task.key + " was handed out and was not ready");
  MustHold(record.attempt > attempt_last_, "the number of an attempt did not rise");
  MustHold(pool.busy < pool.slots, "pool " + pool.name + " is above its slots");
  attempt_last_ = record.attempt;
  attempts_open_[record.attempt] = {record.task, record.pool};
  ++pool.busy;
  task.status = TaskStatus::kRunning;
}

void ProcessAccount::Take(const AttemptEnded& record) {
  const auto open = attempts_open_.find(record.attempt);
  if (open == attempts_open_.end()) return MustHold(false, "an attempt ended twice");
  --pools_.at(open->second.second).busy;
  attempts_open_.erase(open);
}

void ProcessAccount::Started(const std::string& task,
                             const std::string& worker,
                             AttemptId attempt,
                             Timestamp until) {
  std::vector<Process>& all = processes_[task];
  for (const Process& other : all) {
    MustHold(false, task + " runs at " + worker + " and still at " + other.worker);
  }
  all.push_back({.worker = worker, .attempt = attempt, .until = until});
}

void ProcessAccount::Renewed(AttemptId attempt, Timestamp until) {
  for (auto& [task, all] : processes_) {
    for (Process& process : all) {
      if (process.attempt == attempt) process.until = until;
    }
  }
}

void ProcessAccount::Heard(const std::string& stock_worker, Timestamp until) {
  for (auto& [task, all] : processes_) {
    for (Process& process : all) {
      if (process.worker == stock_worker) process.until = until;
    }
  }
}

void ProcessAccount::Ended(const std::string& task, const std::string& worker, AttemptId attempt) {
  const auto found = processes_.find(task);
  if (found == processes_.end()) return;
  std::erase_if(found->second, [&](const Process& process) {
    return process.worker == worker && process.attempt == attempt;
  });
}

bool ProcessAccount::Lives(AttemptId attempt, Timestamp now) const {
  for (const auto& [task, all] : processes_) {
    for (const Process& process : all) {
      if (process.attempt == attempt) return now < process.until;
    }
  }
  return false;
}

void ProcessAccount::At(Timestamp now) {
  for (auto& [task, all] : processes_) {
    std::erase_if(all, [&](const Process& process) { return process.until <= now; });
  }
  std::erase_if(processes_, [](const auto& item) { return item.second.empty(); });
}

}  // namespace headrace::scheduler
