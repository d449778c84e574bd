// ProcessAccount: what must hold in every history, kept beside the scheduler and in its own way.
//
// Two accounts. Of facts: a slow and simple fold of the records (statuses, dependencies, slots,
// intervals), which tells whether something was handed out that must not be. Of processes: what
// lives out there, as the workers see it; a process lives until its worker has reported it, was
// told that it lost it, or its lease is over. For tests.

#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/answers.h"
#include "scheduler/records.h"

namespace headrace::scheduler {

// What is out there: which outputs exist, and which task needs which.
struct Outside {
  std::set<std::string> outputs;
  std::set<std::string> externals;  // asked for so far

  // P(hour) <- M0 M1 H; M <- L X S; Q(time) <- S N R. S of an hour is needed by both pipelines.
  static std::vector<std::string> DepsOf(const std::string& key) {
    const std::string time = key.substr(key.find(' ') + 1);
    const std::string hour = time.substr(0, time.find(':'));
    switch (key[0]) {
      case 'P': return {"M0 " + time, "M1 " + time, "H " + time};
      case 'M': return {"L" + key.substr(1, 1) + " " + time, "X " + time, "S " + hour};
      case 'Q': return {"S " + hour, "N " + time, "R " + time};
      case 'H': return {"S " + hour};
      default: return {};
    }
  }
};

class ProcessAccount {
 public:
  // ---- facts
  void Learn(const Record& record);
  // A task that a waiting worker of the pool should have been given: "" where there is none.
  std::string LeftLying(const std::string& pool) const;
  std::vector<std::string> Keys() const;
  bool IsOpen(AttemptId attempt) const { return attempts_open_.contains(attempt); }

  // ---- processes
  void Started(const std::string& task,
               const std::string& worker,
               AttemptId attempt,
               Timestamp until);
  void Renewed(AttemptId attempt, Timestamp until);
  void Heard(const std::string& stock_worker, Timestamp until);
  void Ended(const std::string& task, const std::string& worker, AttemptId attempt);
  bool Lives(AttemptId attempt, Timestamp now) const;
  void At(Timestamp now);  // ends what has no lease any more

  // What did not hold so far; the test fails with the first of them.
  const std::vector<std::string>& broken() const { return broken_; }

 private:
  struct KnownTask {
    std::string key;
    TaskStatus status = TaskStatus::kUnknown;
    std::vector<TaskId> deps;
    bool external = false;
    bool removed = false;
    bool needs_resource = false;
    PoolId pool;
    std::vector<RunId> runs;
  };
  struct KnownPool {
    std::string name;
    uint32_t slots = 0;
    uint32_t busy = 0;
  };
  struct Process {
    std::string worker;
    AttemptId attempt;  // zero: of a stock worker
    Timestamp until;
  };

  void Take(const TaskAdded& record);
  void Take(const TaskChanged& record);
  void Take(const TaskStatusChanged& record);
  void Take(const TaskStarted& record);
  void Take(const TaskRemoved& record);
  void Take(const PoolSet& record);
  void Take(const PipelinePaused& record);
  void Take(const Paused& record);
  void Take(const RunCreated& record);
  void Take(const RunGrew& record);
  void Take(const AttemptStarted& record);
  void Take(const AttemptEnded& record);
  template <class Other>
  void Take(const Other&) {}

  void TakeFacts(KnownTask& task, const TaskFacts& facts);
  bool IsReady(const KnownTask& task) const;
  void MustHold(bool holds, const std::string& what);

  std::map<TaskId, KnownTask> tasks_;
  std::map<PoolId, KnownPool> pools_;
  std::map<AttemptId, std::pair<TaskId, PoolId>> attempts_open_;
  AttemptId attempt_last_;
  std::map<RunId, PipelineId> pipeline_of_run_;
  std::set<std::pair<PipelineId, std::pair<Timestamp, Timestamp>>> intervals_;
  std::set<PipelineId> paused_pipelines_;
  bool paused_ = false;

  std::map<std::string, std::vector<Process>> processes_;  // by task
  std::vector<std::string> broken_;
};

}  // namespace headrace::scheduler
