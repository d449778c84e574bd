// State: everything that the records build, and the indexes over it.
//
// Apply() is the only thing that changes it, and depends on nothing but the state and the record.
// So replaying the journal rebuilds it, and the replica that answers reads has an equal one.
//
// Every change to a task goes through Edit(): the task leaves all indexes and counters, is changed,
// gets its new Phase, and enters them again; what that means to its dependents follows in the same
// call. No index is kept by hand anywhere else.

#pragma once

#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_set>

#include "scheduler/changes.h"
#include "scheduler/ready_index.h"
#include "scheduler/rows.h"
#include "scheduler/tables.h"
#include "scheduler/worker_sets.h"

namespace headrace::scheduler {

using TaskTimers = std::set<std::pair<Timestamp, TaskId>>;  // by when something is due

class State final : private ReadyIndex::Liveness {
 public:
  State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void Apply(const Record& record);

  // ---- look-ups; zero or nullptr where there is none
  TaskId FindTask(std::string_view key) const;  // a removed one that others depend on: zero
  WorkerId FindWorker(std::string_view key) const;
  PoolId FindPool(std::string_view name) const;
  PipelineId FindPipeline(std::string_view name) const;
  const Task& task(TaskId id) const { return tasks_[id]; }
  const TaskDetail& detail(const Task& task) const;  // an empty one where it has none
  const Worker& worker(WorkerId id) const { return workers_[id]; }
  const Pool& pool(PoolId id) const { return pools_[id]; }
  const Pipeline& pipeline(PipelineId id) const { return pipelines_[id]; }
  const Run* FindRun(RunId id) const { return runs_.Has(id) ? &runs_[id] : nullptr; }
  const Run& run(RunId id) const { return runs_[id]; }
  const Attempt* FindAttempt(AttemptId a) const {
    return attempts_.Has(a) ? &attempts_[a] : nullptr;
  }
  const std::map<PlanId, Plan>& plans() const { return plans_; }  // open ones
  std::string_view text(TextId id) const { return texts_[id]; }
  const Resources& resources(ResourceSetId id) const { return resource_sets_[id]; }
  double ResourceTotal(std::string_view name) const;  // 1 for an unknown one, as in Luigi
  double ResourceUsed(std::string_view name) const;   // by RUNNING tasks
  const std::map<std::string, double, std::less<>>& resource_totals() const { return totals_; }
  const WorkerSets& worker_sets() const { return worker_sets_; }
  bool paused() const { return paused_; }
  TaskId FindRow(std::string_view key) const { return keys_.Find(key); }  // a removed one too
  void ForEachTask(const std::function<void(TaskId, const Task&)>& visit) const;
  void ForEachWorker(const std::function<void(WorkerId, const Worker&)>& visit) const;
  const Table<PoolId, Pool>& pools() const { return pools_; }
  const Table<PipelineId, Pipeline>& pipelines() const { return pipelines_; }
  const Table<RunId, Run>& runs() const { return runs_; }
  const Table<AttemptId, Attempt>& attempts() const { return attempts_; }
  uint64_t runs_in(RunState state) const { return runs_by_state_[static_cast<size_t>(state)]; }
  const std::set<RunId>& runs_active() const { return runs_active_; }
  const std::set<AttemptId>& attempts_running() const { return attempts_running_; }
  const std::set<Rank, RankBefore>& running() const { return running_; }  // RUNNING, by rank
  const std::set<TaskId>& batch_running() const { return batch_running_; }
  // Nobody cares for these and no run has them; what follows is that they get a remove_at.
  const std::set<TaskId>& orphans() const { return orphans_; }
  const TaskTimers& retries() const { return retries_; }    // FAILED, by retry_at
  const TaskTimers& removals() const { return removals_; }  // by remove_at
  const TaskTimers& checks() const { return checks_; }      // by check_at
  const TaskTimers& disabled() const { return disabled_; }  // by the scheduler, by disabled_at
  uint64_t tasks_count() const { return tasks_count_; }
  uint64_t tasks_in(TaskStatus s) const { return by_status_[static_cast<size_t>(s)]; }
  uint64_t tasks_in(Phase phase) const { return by_phase_[static_cast<size_t>(phase)]; }
  ReadyIndex& ready() { return ready_; }  // lazily tidied by who asks
  const ReadyIndex& ready() const { return ready_; }
  // ---- the next new rows' numbers
  TaskId NextTask() const { return tasks_.Next(); }
  WorkerId NextWorker() const { return workers_.Next(); }
  PoolId NextPool() const { return pools_.Next(); }
  PipelineId NextPipeline() const { return pipelines_.Next(); }
  RunId NextRun() const { return runs_.Next(); }
  AttemptId NextAttempt() const { return attempts_.Next(); }
  PlanId NextPlan() const { return plan_next_; }

  std::vector<RunId> TakeTouchedRuns();  // whose counts changed since this was last asked
  // ---- for the replica
  void KeepChanges() { keep_changes_ = true; }
  Changes TakeChanges() { return std::exchange(changes_, {}); }

  // All of it as records: applied to an empty State they make an equal one (kept_records.h).
  void ForEachKept(const std::function<void(const Record&)>& visit) const;

  // All of it as text; equal states have equal dumps.
  std::string Dump() const;
  // Stops the process where an index is not what a full recount says. O(tasks).
  void CheckInvariants() const;

 private:
  void On(const TaskAdded& record);
  void On(const TaskChanged& record);
  void On(const TaskOffered& record);
  void On(const TaskStatusChanged& record);
  void On(const TaskStarted& record);
  void On(const BatchStarted& record);
  void On(const TaskRemoved& record);
  void On(const WorkerAdded& record);
  void On(const WorkerChanged& record);
  void On(const WorkerRemoved& record);
  void On(const BatcherSet& record);
  void On(const ResourceSet& record);
  void On(const Paused& record);
  void On(const PoolSet& record);
  void On(const PipelineSet& record);
  void On(const PipelinePaused& record);
  void On(const IntervalsSkipped& record);
  void On(const RunCreated& record);
  void On(const RunChanged& record);
  void On(const RunGrew& record);
  void On(const PlanRequested& record);
  void On(const PlanFailed& record);
  void On(const PlanEnded& record);
  void On(const AttemptStarted& record);
  void On(const AttemptStopAsked& record);
  void On(const AttemptEnded& record);

  // state_snapshot.cc
  void On(const RowsReserved& record);
  void On(const PipelineKept& record);
  void On(const WorkerKept& record);
  void On(const RunKept& record);
  void On(const AttemptKept& record);
  void On(const PlanKept& record);
  void On(const TaskKept& record);
  TaskKept Kept(TaskId id, const Task& task) const;
  TaskFacts FactsOf(const Task& task) const;

  // state_index.cc
  void On(const RowsKept& record);
  void Edit(TaskId id, const std::function<void(Task&)>& change);
  void Index(TaskId id, Task& task);
  void Unindex(TaskId id, Task& task);
  void Count(TaskId id, const Task& task, int sign);
  void IndexReady(TaskId id, Task& task);
  void Propagate();
  void Touch(RunId run);
  bool Alive(const BucketKey& bucket, const ReadyEntry& entry) const override;
  std::string DumpTasks() const;

  // state_tasks.cc
  void Take(TaskId id, Task& task, const TaskFacts& facts);
  void TakeDetail(Task& task, const TaskFacts& facts);
  void SetText(Task& task, std::string_view key, std::optional<std::string_view> params);
  void SetDeps(TaskId id, Task& task, const std::vector<TaskId>& deps);
  void DropWorker(WorkerId worker, bool stakeholder_too);
  void FreeIfForgotten(TaskId id);
  TaskDetail& Detail(Task& task);
  RunId FirstRun(const Task& task) const { return task.runs.empty() ? RunId{} : task.runs.front(); }

  Texts texts_;
  ResourceSets resource_sets_;
  WorkerSets worker_sets_;
  Table<TaskId, Task> tasks_;
  TaskKeys keys_{tasks_};
  Table<WorkerId, Worker> workers_;
  std::map<std::string, WorkerId, std::less<>> worker_keys_;
  Table<PoolId, Pool> pools_;
  Table<PipelineId, Pipeline> pipelines_;
  Table<RunId, Run> runs_;
  Table<AttemptId, Attempt> attempts_;
  std::map<PlanId, Plan> plans_;
  PlanId plan_next_{1};
  std::map<std::string, double, std::less<>> totals_;
  std::map<std::string, double, std::less<>> used_;  // resources, by RUNNING tasks
  bool paused_ = false;

  ReadyIndex ready_{*this};
  std::set<Rank, RankBefore> running_;
  std::set<TaskId> batch_running_;
  std::set<TaskId> orphans_;
  TaskTimers retries_, removals_, checks_, disabled_;
  std::set<RunId> runs_active_;  // not ended
  std::array<uint64_t, kRunStates> runs_by_state_{};
  std::vector<RunId> runs_touched_;
  std::set<AttemptId> attempts_running_;
  std::array<uint64_t, kTaskStatuses> by_status_{};
  std::array<uint64_t, kPhases> by_phase_{};
  uint64_t tasks_count_ = 0;
  std::vector<std::pair<TaskId, std::pair<int, int>>> upset_;  // (dones, blocks) to pass on
  bool keep_changes_ = false;
  Changes changes_;
};

}  // namespace headrace::scheduler
