// headrace's own workers: they register, wait for work, renew their leases, leave.
//
// On the embedded queue receiving is claiming: a worker that is handed a task holds a running
// attempt with a full lease. Which task: pools with free slots; in a pool the pipeline that had
// least for its weight so far; in a pipeline the highest rank that its resources allow.

#include <algorithm>
#include <limits>

#include "scheduler/decisions.h"

namespace headrace::scheduler {

namespace {

constexpr uint32_t kAll = std::numeric_limits<uint32_t>::max();

bool Overlaps(const Resources& demand, const std::set<std::string>& names) {
  return std::any_of(
      demand.begin(), demand.end(), [&](const auto& item) { return names.contains(item.first); });
}

// The best task of one pool; zero: none. A resource that a better task waits for is kept for it.
TaskId BestOfPool(Core& core, PoolId pool) {
  State& state = core.state;
  struct Candidate {
    BucketKey key;
    Rank rank;
    double pass = 0;
  };
  std::vector<Candidate> candidates;
  const BucketKey first{.kind = 1, .who = pool.value, .pipeline = 0, .resources = {}};
  const BucketKey last{.kind = 1, .who = pool.value, .pipeline = kAll, .resources = {kAll}};
  for (const BucketKey& key : state.ready().Buckets(first, last)) {
    const auto best = state.ready().Best(key);
    if (!best) continue;
    const PipelineId pipeline{key.pipeline};
    if (pipeline.value != 0 && state.pipeline(pipeline).paused) continue;
    const double pass = pipeline.value == 0 ? 0 : state.pipeline(pipeline).pass;
    candidates.push_back({.key = key, .rank = best->rank, .pass = pass});
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    if (a.pass != b.pass) return a.pass < b.pass;
    return Before(a.rank, b.rank);
  });
  std::set<std::string> kept;
  for (const Candidate& candidate : candidates) {
    const Resources& demand = state.resources(candidate.key.resources);
    if (FitsBesideUsed(state, candidate.key.resources) && !Overlaps(demand, kept)) {
      return candidate.rank.task;
    }
    for (const auto& [name, amount] : demand) kept.insert(name);
  }
  return {};
}

Message StartAttempt(Core& core, TaskId id, WorkerId worker, PoolId pool) {
  const State& state = core.state;
  const Task& task = state.task(id);
  const AttemptId attempt = state.NextAttempt();
  const RunId run = task.runs.empty() ? RunId{} : task.runs.front();
  const uint32_t number = state.detail(task).attempts + 1;
  core.Emit(AttemptStarted{.attempt = attempt,
                           .task = id,
                           .worker = worker,
                           .pool = pool,
                           .run = run,
                           .number = number,
                           .at = core.now});
  core.SetLease(attempt, core.now + core.settings.lease);
  const TaskSpec spec = SpecOf(state, id);
  Message message{.attempt = attempt,
                  .number = number,
                  .task = spec.key,
                  .module = spec.module,
                  .family = spec.family,
                  .params = spec.params,
                  .pool = state.pool(pool).name,
                  .pipeline = {},
                  .run = run,
                  .unit = task.unit,
                  .timeout_s = state.detail(task).timeout_s,
                  .lease = core.settings.lease};
  if (run.value == 0) return message;
  const PipelineId pipeline = state.run(run).pipeline;
  if (pipeline.value == 0) return message;
  message.pipeline = state.pipeline(pipeline).spec.name;
  if (message.timeout_s == 0) message.timeout_s = state.pipeline(pipeline).spec.timeout_s;
  return message;
}

// As many tasks as the waiter takes and its pools have.
std::vector<Message> WorkFor(Core& core, const WorkWaiter& waiter) {
  std::vector<Message> messages;
  if (core.state.paused() || core.state.worker(waiter.worker).disabled) return messages;
  for (PoolId pool : waiter.pools) {
    while (messages.size() < waiter.max && core.state.pool(pool).ready > 0 &&
           core.state.pool(pool).busy < core.state.pool(pool).slots) {
      const TaskId task = BestOfPool(core, pool);
      if (task.value == 0) break;
      messages.push_back(StartAttempt(core, task, waiter.worker, pool));
    }
  }
  return messages;
}

}  // namespace

void HandOutWork(Core& core) {
  std::erase_if(core.work_waiters, [&](const WorkWaiter& waiter) {
    const bool draining = core.state.worker(waiter.worker).draining;  // it would give them back
    std::vector<Message> messages;
    if (!draining) messages = WorkFor(core, waiter);
    if (messages.empty() && !draining && waiter.until > core.now) return false;
    core.ReplyTo(waiter.request, Messages{.messages = std::move(messages)});
    return true;
  });
}

void Decide(Core& core, const RegisterWorker& command) {
  std::vector<PoolId> pools;
  for (const std::string& name : command.pools) {
    const PoolId pool = core.state.FindPool(name);
    if (pool.value == 0) {
      return core.Refuse(Refusal::kUnknown,
                         "no pool '" + name + "'",
                         "add [pools." + name + "] to the scheduler's headrace.toml");
    }
    pools.push_back(pool);
  }
  if (pools.empty()) {
    return core.Refuse(Refusal::kMalformed, "a worker needs at least one pool", "\"pools\"");
  }
  const WorkerId worker = core.Touch(command.worker);
  core.Emit(WorkerChanged{.worker = worker,
                          .info = command.info,
                          .pools = pools,
                          .slots = command.slots,
                          .draining = false});
  core.Hear(worker);  // as one of headrace's own, now
  core.Reply(WorkerRegistered{.lease = core.settings.lease});
}

void Decide(Core& core, const ReceiveWork& command) {
  const WorkerId worker = core.state.FindWorker(command.worker);
  if (worker.value == 0 || core.state.worker(worker).pools.empty()) {
    return core.Refuse(Refusal::kUnknown,
                       "no worker '" + command.worker + "'",
                       "register it again with POST /v1/workers");
  }
  core.Hear(worker);
  WorkWaiter waiter{.request = core.request,
                    .worker = worker,
                    .pools = {},
                    .max = command.max,
                    .until = core.now + command.wait};
  for (const std::string& name : command.pools) {
    const PoolId pool = core.state.FindPool(name);
    if (pool.value == 0) return core.Refuse(Refusal::kUnknown, "no pool '" + name + "'");
    waiter.pools.push_back(pool);
  }
  core.work_waiters.push_back(std::move(waiter));  // HandOutWork follows at once
}

void Decide(Core& core, const Heartbeat& command) {
  const WorkerId worker = core.state.FindWorker(command.worker);
  if (worker.value == 0) {
    return core.Refuse(Refusal::kUnknown,
                       "no worker '" + command.worker + "'",
                       "register it again with POST /v1/workers");
  }
  core.Hear(worker);
  if (core.state.worker(worker).draining != command.draining) {
    core.Emit(WorkerChanged{.worker = worker, .draining = command.draining});
  }
  HeartbeatTaken taken;
  for (const AttemptNews& news : command.attempts) {
    const Attempt* attempt = core.state.FindAttempt(news.attempt);
    if (attempt == nullptr || attempt->outcome != AttemptOutcome::kRunning ||
        attempt->worker != worker) {
      taken.lost.push_back(news.attempt);
      continue;
    }
    core.SetLease(news.attempt, core.now + core.settings.lease);
    if (attempt->stop_asked) taken.cancel.push_back(news.attempt);
    TaskFacts facts;
    facts.status_message = news.status_message;
    facts.progress = news.progress;
    facts.tracking_url = news.tracking_url;
    if (news.status_message || news.progress || news.tracking_url) {
      core.Emit(TaskChanged{.task = attempt->task, .facts = facts});
    }
    DecreaseResources(core, attempt->task, news.decrease_resources);
    const auto waiting = core.messages.find(news.attempt);
    if (waiting == core.messages.end()) continue;
    taken.messages.insert(taken.messages.end(), waiting->second.begin(), waiting->second.end());
    core.messages.erase(waiting);
  }
  core.Reply(std::move(taken));
}

void Decide(Core& core, const RemoveWorker& command) {
  const WorkerId worker = core.state.FindWorker(command.worker);
  if (worker.value == 0)
    return core.Refuse(Refusal::kUnknown, "no worker '" + command.worker + "'");
  ForgetWorker(core, worker);
  core.Reply(Done{});
}

void Decide(Core& core, const StopWaiting&) {
  const auto is_it = [&](const auto& waiter) { return waiter.request == core.request; };
  if (std::erase_if(core.work_waiters, is_it) > 0) return core.Reply(Messages{});
  if (std::erase_if(core.plan_waiters, is_it) > 0) core.Reply(PlanOffers{});
}

void ForgetWorker(Core& core, WorkerId worker) {
  const std::set<AttemptId> running = core.state.attempts_running();
  for (AttemptId attempt : running) {
    if (core.state.FindAttempt(attempt)->worker == worker) LoseAttempt(core, attempt);
  }
  std::erase_if(core.work_waiters, [&](const WorkWaiter& waiter) {
    if (waiter.worker != worker) return false;
    core.ReplyTo(waiter.request, Messages{});
    return true;
  });
  core.Forget(worker);
  core.Emit(WorkerRemoved{.worker = worker});
}

}  // namespace headrace::scheduler
