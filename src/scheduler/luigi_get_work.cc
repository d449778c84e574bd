// Luigi's get_work and count_pending: which task a stock worker runs next.
//
// Luigi sorts all pending and running tasks by rank and goes through them. The same choice without
// looking at all of them: ready tasks stand in buckets of tasks alike (ready_index.h), so the walk
// merges the buckets' best tasks with the running ones, in rank order, and leaves a bucket for good
// once nothing in it can matter any more. Its length is bounded by the running tasks, the workers'
// free slots and the number of buckets.

#include <algorithm>
#include <limits>

#include "base/json_text.h"
#include "base/md5.h"
#include "scheduler/decisions.h"

namespace headrace::scheduler {

namespace {

constexpr uint32_t kAll = std::numeric_limits<uint32_t>::max();
const BucketKey kStockFirst{.kind = 0, .who = 0, .pipeline = 0, .resources = {}};
const BucketKey kStockLast{.kind = 0, .who = kAll, .pipeline = kAll, .resources = {kAll}};

using Amounts = std::map<std::string, double, std::less<>>;

bool Fits(const State& state, const Resources& demand, const Amounts& used) {
  return std::all_of(demand.begin(), demand.end(), [&](const auto& item) {
    const auto found = used.find(item.first);
    const double taken = found == used.end() ? 0 : found->second;
    return taken + item.second <= state.ResourceTotal(item.first);
  });
}

// One worker's look at what it may run.
class Walk {
 public:
  Walk(Core& core, WorkerId worker) : core_(core), state_(core.state), worker_(worker) {
    const Worker& row = state_.worker(worker);
    assistant_ = row.assistant;
    trivial_ = !assistant_;
    for (const BucketKey& key : state_.ready().Buckets(kStockFirst, kStockLast)) {
      const bool mine = state_.worker_sets().Contains(WorkerSetId{key.who}, worker);
      buckets_.push_back({.key = key, .mine = mine, .open = true});
    }
    for (WorkerSetId set : state_.worker_sets().SetsOf(worker)) {
      if (state_.worker_sets().Counts(set).with_resources > 0) trivial_ = false;
    }
  }
  ~Walk() {
    for (const auto& [key, entry] : taken_) state_.ready().Restore(key, entry);
  }
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  // The task to run now; zero: none.
  TaskId Choose() {
    if (trivial_) {
      for (Bucket& bucket : buckets_) bucket.open = bucket.mine;
      const Bucket* best = BestBucket();
      return best == nullptr ? TaskId{} : best->head->rank.task;
    }
    FindGreedySlots();
    auto running = state_.running().begin();
    while (Bucket* bucket = BestBucket()) {
      const Rank rank = bucket->head->rank;
      for (; running != state_.running().end() && Before(*running, rank); ++running) {
        Reserve(*running);
      }
      if (Consider(*bucket, rank.task)) return rank.task;
    }
    return {};
  }

  // The next ready task in rank order, whoever may run it; zero: none. For batches.
  TaskId Next(bool own_only) {
    for (Bucket& bucket : buckets_) bucket.open = bucket.mine || !own_only;
    Bucket* best = BestBucket();
    if (best == nullptr) return {};
    const TaskId task = best->head->rank.task;
    Step(*best);
    return task;
  }
  bool trivial() const { return trivial_; }

 private:
  struct Bucket {
    BucketKey key;
    bool mine = false;
    bool open = true;
    std::optional<ReadyEntry> head;
  };

  Bucket* BestBucket() {
    Bucket* best = nullptr;
    for (Bucket& bucket : buckets_) {
      if (!bucket.open) continue;
      bucket.head = state_.ready().Best(bucket.key);
      if (!bucket.head) {
        bucket.open = false;
        continue;
      }
      if (best == nullptr || Before(bucket.head->rank, best->head->rank)) best = &bucket;
    }
    return best;
  }

  // Takes the bucket's best away for the rest of the walk.
  void Step(Bucket& bucket) {
    taken_.emplace_back(bucket.key, *bucket.head);
    state_.ready().TakeBest(bucket.key);
  }

  void FindGreedySlots() {
    const Timestamp since = core_.now - Seconds(core_.settings.worker_disconnect_delay_s);
    for (const auto& [worker, presence] : core_.presences) {
      if (presence.last_get_work == Timestamp{} || presence.last_get_work <= since) continue;
      slots_[worker] = state_.worker(worker).slots;
    }
  }

  // A running task of a worker with slots takes one of them, and its resources.
  void Reserve(const Rank& running) {
    const Task& task = state_.task(running.task);
    const auto slot = slots_.find(task.worker_running);
    if (slot == slots_.end()) return;
    --slot->second;
    for (const auto& [name, amount] : state_.resources(state_.detail(task).resources_running)) {
      greedy_[name] += amount;
    }
  }

  // True: this is the one. Otherwise it may be reserved for others, and the bucket moves on, or is
  // closed when nothing behind it can matter.
  bool Consider(Bucket& bucket, TaskId id) {
    const Resources& demand = state_.resources(bucket.key.resources);
    if (!Fits(state_, demand, greedy_)) {
      bucket.open = false;
      return false;
    }
    const bool may_run = bucket.mine || (assistant_ && state_.task(id).runnable);
    if (may_run && FitsBesideUsed(state_, bucket.key.resources)) return true;
    if (ReserveSlot(bucket)) {
      for (const auto& [name, amount] : demand) greedy_[name] += amount;
    } else if (!assistant_) {
      bucket.open = false;  // all behind it are alike
      return false;
    }
    Step(bucket);
    return false;
  }

  bool ReserveSlot(const Bucket& bucket) {
    const auto take = [&](WorkerId worker) {
      const auto slot = slots_.find(worker);
      if (slot == slots_.end() || slot->second <= 0) return false;
      --slot->second;
      return true;
    };
    const auto members = state_.worker_sets().Members(WorkerSetId{bucket.key.who});
    return std::any_of(members.begin(), members.end(), take) || (assistant_ && take(worker_));
  }

  Core& core_;
  State& state_;
  const WorkerId worker_;
  bool assistant_ = false;
  bool trivial_ = true;  // nothing it could run needs a resource
  std::vector<Bucket> buckets_;
  std::vector<std::pair<BucketKey, ReadyEntry>> taken_;
  std::map<WorkerId, int64_t> slots_;
  Amounts greedy_;
};

Counts CountsOf(const Core& core, WorkerId worker) {
  const State& state = core.state;
  Counts counts;
  counts.disabled = state.worker(worker).disabled;
  for (WorkerSetId set : state.worker_sets().SetsOf(worker)) {
    const uint64_t pending = state.worker_sets().Counts(set).pending;
    counts.pending += pending;
    if (state.worker_sets().Members(set).size() == 1) counts.unique += pending;
  }
  counts.last_scheduled = state.worker(worker).pending_last;
  return counts;
}

void ListRunning(const Core& core, WorkerId worker, Counts& counts) {
  const State& state = core.state;
  for (const Rank& rank : state.running()) {
    const Task& task = state.task(rank.task);
    if (!state.worker_sets().Contains(task.workers, worker)) continue;
    if (task.worker_running.value == 0) continue;
    const Worker& other = state.worker(task.worker_running);
    counts.running.push_back(
        {.task = std::string(task.key()), .worker = other.key, .info = other.info});
  }
}

// What this worker was given, and does not know of: the answer was lost.
TaskId LostAnswer(const Core& core, WorkerId worker, const std::vector<std::string>& current) {
  if (core.state.worker(worker).running == 0) return {};
  for (const Rank& rank : core.state.running()) {
    const Task& task = core.state.task(rank.task);
    if (task.worker_running != worker || task.attempt.value != 0) continue;
    if (std::find(current.begin(), current.end(), task.key()) == current.end()) return rank.task;
  }
  return {};
}

// Batches whose answer was lost: their members can run again.
void ReleaseOrphanBatches(Core& core, WorkerId worker) {
  std::set<std::string> alive;
  for (const Rank& rank : core.state.running()) {
    const Task& task = core.state.task(rank.task);
    if (task.worker_running == worker) alive.insert(core.state.detail(task).batch);
  }
  const std::set<TaskId> members = core.state.batch_running();
  for (TaskId id : members) {
    const Task& task = core.state.task(id);
    if (task.worker_running != worker || alive.contains(core.state.detail(task).batch)) continue;
    SetStatus(core, id, TaskStatus::kPending);
  }
}

// The tasks that run together with `first`, which is one of them.
std::vector<TaskId> CollectBatch(Core& core, Walk& walk, WorkerId worker, TaskId first) {
  const State& state = core.state;
  const Task& task = state.task(first);
  const auto found = state.worker(worker).batchers.find(state.text(task.family));
  if (found == state.worker(worker).batchers.end() || !task.batchable) return {first};
  const Batcher& batcher = found->second;
  const auto unbatched = [&](const Task& t) {
    auto params = JsonStrings(t.params());
    std::erase_if(params, [&](const auto& param) {
      return std::find(batcher.params.begin(), batcher.params.end(), param.first) !=
             batcher.params.end();
    });
    std::sort(params.begin(), params.end());
    return params;
  };
  const auto same = unbatched(task);
  if (JsonStrings(task.params()).size() != same.size() + batcher.params.size()) return {first};
  const double size_max = batcher.size_max > 0 ? batcher.size_max : 1e18;

  std::vector<TaskId> batch = {first};
  while (static_cast<double>(batch.size()) < size_max) {
    const TaskId next = walk.Next(walk.trivial());
    if (next.value == 0) break;
    const Task& other = state.task(next);
    if (next != first && other.family == task.family && other.batchable &&
        other.resources == task.resources && unbatched(other) == same) {
      batch.push_back(next);
    }
  }
  return batch;
}

// Parameters of a batch: lists for the batched ones, the first task's values for the others.
std::string BatchParams(const State& state,
                        const Batcher& batcher,
                        const std::vector<TaskId>& batch) {
  std::vector<std::pair<std::string, std::vector<std::string>>> params;
  std::vector<bool> lists;
  for (const auto& [name, value] : JsonStrings(state.task(batch.front()).params())) {
    const bool list =
        std::find(batcher.params.begin(), batcher.params.end(), name) != batcher.params.end();
    params.push_back({name, {}});
    lists.push_back(list);
    if (!list) params.back().second.push_back(value);
  }
  for (TaskId id : batch) {
    const auto values = JsonStrings(state.task(id).params());
    for (size_t i = 0; i < params.size(); ++i) {
      if (!lists[i]) continue;
      const auto own = std::find_if(
          values.begin(), values.end(), [&](const auto& v) { return v.first == params[i].first; });
      if (own != values.end()) params[i].second.push_back(own->second);
    }
  }
  return JsonObjectOf(params, lists);
}

void Start(Core& core, WorkerId worker, const std::vector<TaskId>& batch, Work& work) {
  const State& state = core.state;
  const Task& task = state.task(batch.front());
  work.family = state.text(task.family);
  work.module = state.text(task.module);
  work.module_known = task.module_known;
  if (batch.size() == 1) {
    work.task = task.key();
    work.params = task.params();
    core.Emit(TaskStarted{.task = batch.front(), .worker = worker, .at = core.now});
    return;
  }
  work.params = BatchParams(state, state.worker(worker).batchers.find(work.family)->second, batch);
  std::string joined;
  for (TaskId id : batch) {
    work.batch_tasks.emplace_back(state.task(id).key());
    joined += (joined.empty() ? "" : "|") + work.batch_tasks.back();
  }
  work.batch = Md5Hex(joined);
  core.Emit(BatchStarted{.batch = work.batch, .tasks = batch, .worker = worker, .at = core.now});
}

}  // namespace

bool FitsBesideUsed(const State& state, ResourceSetId resources) {
  const Resources& demand = state.resources(resources);
  return std::all_of(demand.begin(), demand.end(), [&](const auto& item) {
    return state.ResourceUsed(item.first) + item.second <= state.ResourceTotal(item.first);
  });
}

void Decide(Core& core, const GetWork& command) {
  const WorkerId worker = core.Touch(command.worker);
  core.presences[worker].last_get_work = core.now;
  Work work;
  work.counts = CountsOf(core, worker);
  if (work.counts.disabled) {
    work.counts = Counts{.disabled = true};
    return core.Reply(std::move(work));
  }
  if (command.assistant && !core.state.worker(worker).assistant) {
    core.Emit(WorkerChanged{.worker = worker, .info = R"({"assistant":true})", .assistant = true});
  }
  TaskId best;
  if (command.current_tasks) {
    best = LostAnswer(core, worker, *command.current_tasks);
    if (!core.state.batch_running().empty()) ReleaseOrphanBatches(core, worker);
  }
  std::vector<TaskId> batch;
  if (best.value != 0) {
    batch = {best};
  } else if (!core.state.paused()) {
    Walk walk(core, worker);
    best = walk.Choose();
    if (best.value != 0) batch = CollectBatch(core, walk, worker, best);
  }
  if (batch.empty()) {
    ListRunning(core, worker, work.counts);
  } else {
    Start(core, worker, batch, work);
  }
  core.Reply(std::move(work));
}

void Decide(Core& core, const CountPending& command) {
  const WorkerId worker = core.Touch(command.worker);
  Counts counts = CountsOf(core, worker);
  ListRunning(core, worker, counts);
  core.Reply(std::move(counts));
}

}  // namespace headrace::scheduler
