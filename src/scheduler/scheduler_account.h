// Account: what a random history has led to, kept from the records alone, in plain maps, without
// any of State's indexes. It says at once when something happened that must not. For tests.

#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "scheduler/records.h"

namespace headrace::scheduler {

class Account {
 public:
  struct Task {
    std::string key;
    TaskStatus status = TaskStatus::kUnknown;
    std::vector<TaskId> deps;
    Resources resources;
    std::string runs_at;  // "attempt 7", "worker 3"; "" not running
  };

  void Take(const std::vector<Record>& records) {
    for (const Record& record : records) {
      std::visit([this](const auto& what) { On(what); }, record);
    }
  }

  bool Runs(AttemptId attempt) const { return running_.contains(attempt); }
  size_t running() const { return running_.size(); }
  uint64_t started() const { return started_; }
  uint64_t started_by_stock() const { return started_by_stock_; }
  const std::map<PipelineId, std::set<Timestamp>>& intervals() const { return intervals_; }
  const std::map<TaskId, Task>& tasks() const { return tasks_; }

 private:
  template <class T>
  void On(const T&) {}  // says nothing about what is checked here

  void On(const TaskAdded& record) {
    Task& task = tasks_[record.task];
    EXPECT_TRUE(task.key.empty() || task.key == record.key) << "two tasks have one number";
    task = {.key = record.key, .status = record.status, .deps = {}, .resources = {}, .runs_at = {}};
    Learn(task, record.facts);
  }
  void On(const TaskChanged& record) { Learn(tasks_[record.task], record.facts); }
  void On(const TaskRemoved& record) {
    EXPECT_EQ(tasks_[record.task].runs_at, "") << "a running task was removed";
    tasks_.erase(record.task);
  }
  void On(const TaskStatusChanged& record) {
    Task& task = tasks_[record.task];
    task.status = record.status;
    if (record.status != TaskStatus::kRunning) task.runs_at.clear();
    EXPECT_TRUE(!IsAtAttempt(record.task) || record.status == TaskStatus::kRunning)
        << task.key << " became " << Name(record.status) << " while its attempt runs";
  }
  void On(const TaskStarted& record) {
    ++started_by_stock_;
    Start(record.task, "worker " + std::to_string(record.worker.value));
  }
  void On(const ResourceSet& record) { totals_[record.name] = record.total; }
  void On(const PoolSet& record) { slots_[record.pool] = record.slots; }
  void On(const RunCreated& record) {
    if (record.pipeline.value == 0) return;
    EXPECT_TRUE(intervals_[record.pipeline].insert(record.interval_start).second)
        << "a second run of an interval: run " << record.run.value;
  }
  void On(const AttemptStarted& record) {
    ++started_;
    EXPECT_GT(record.attempt, attempt_last_) << "an attempt's number came again";
    attempt_last_ = record.attempt;
    running_[record.attempt] = {record.task, record.pool};
    Start(record.task, "attempt " + std::to_string(record.attempt.value));
    uint32_t busy = 0;
    for (const auto& [attempt, where] : running_) busy += where.second == record.pool ? 1 : 0;
    EXPECT_LE(busy, slots_[record.pool]) << "pool " << record.pool.value << " is above its slots";
  }
  void On(const AttemptEnded& record) {
    const auto found = running_.find(record.attempt);
    ASSERT_NE(found, running_.end()) << "attempt " << record.attempt.value << " ended twice";
    const TaskId task = found->second.first;
    running_.erase(found);
    tasks_[task].runs_at.clear();
  }

  void Learn(Task& task, const TaskFacts& facts) {
    if (facts.deps) task.deps = *facts.deps;
    if (facts.resources) task.resources = *facts.resources;
  }

  bool IsAtAttempt(TaskId id) const {
    for (const auto& [attempt, where] : running_) {
      if (where.first == id) return true;
    }
    return false;
  }

  void Start(TaskId id, const std::string& where) {
    Task& task = tasks_[id];
    EXPECT_EQ(task.runs_at, "") << task.key << " is started at " << where << " as well";
    EXPECT_EQ(task.status, TaskStatus::kPending) << task.key << " is started";
    task.runs_at = where;
    task.status = TaskStatus::kRunning;
    for (TaskId dep : task.deps) {
      const auto found = tasks_.find(dep);
      EXPECT_TRUE(found != tasks_.end() && found->second.status == TaskStatus::kDone)
          << task.key << " is started before its dependency " << dep.value << " is done";
    }
    for (const auto& [name, amount] : task.resources) {
      const auto total = totals_.find(name);
      EXPECT_LE(Used(name), total == totals_.end() ? 1 : total->second) << "too much of " << name;
    }
  }

  double Used(const std::string& name) const {
    double used = 0;
    for (const auto& [id, task] : tasks_) {
      if (task.status != TaskStatus::kRunning) continue;
      for (const auto& [resource, amount] : task.resources) used += resource == name ? amount : 0;
    }
    return used;
  }

  std::map<TaskId, Task> tasks_;
  std::map<AttemptId, std::pair<TaskId, PoolId>> running_;
  std::map<PoolId, uint32_t> slots_;
  std::map<std::string, double> totals_;
  std::map<PipelineId, std::set<Timestamp>> intervals_;
  AttemptId attempt_last_{};
  uint64_t started_ = 0;
  uint64_t started_by_stock_ = 0;
};

}  // namespace headrace::scheduler
