// State as text, and a recount of everything that is kept by increments. For tests and simulation.

#include <fmt/format.h>

#include "base/check.h"
#include "scheduler/state.h"

namespace headrace::scheduler {

namespace {

int64_t Micros(Timestamp at) {
  return at.time_since_epoch().count();
}

std::string Numbers(auto&& ids) {
  std::vector<uint32_t> values;
  for (const auto id : ids) values.push_back(id.value);
  std::sort(values.begin(), values.end());
  return fmt::format("{}", fmt::join(values, ","));
}

// Appends its arguments to `text` as one line, with spaces between.
auto LineInto(std::string& text) {
  return [&text](const auto&... parts) {
    ((text += parts, text += ' '), ...);
    text.back() = '\n';
  };
}

}  // namespace

std::string State::DumpTasks() const {
  std::string text;
  const auto line = LineInto(text);
  ForEachTask([&](TaskId id, const Task& task) {
    const TaskDetail& more = detail(task);
    line(fmt::format("task {} {} {} {}", id.value, task.key(), Name(task.status), Name(task.phase)),
         fmt::format("deps={} open={} blocking={} runs={}",
                     Numbers(task.deps),
                     task.deps_open,
                     task.deps_blocking,
                     Numbers(task.runs)),
         fmt::format("params={} family={} module={} priority={}",
                     task.params(),
                     texts_[task.family],
                     texts_[task.module],
                     task.priority),
         fmt::format("workers={} stakeholders={} last={} running={}",
                     Numbers(worker_sets_.Members(task.workers)),
                     Numbers(worker_sets_.Members(task.stakeholders)),
                     task.worker_last.value,
                     task.worker_running.value),
         fmt::format("created={} updated={} started={} attempt={} pool={}",
                     Micros(task.created),
                     Micros(task.updated),
                     Micros(task.time_running),
                     task.attempt.value,
                     task.pool.value),
         fmt::format(
             "failures={} retry={} remove={} cooldown={} check={} disabled={} batch={} expl={}",
             more.failures.size(),
             Micros(more.retry_at),
             Micros(more.remove_at),
             Micros(more.cooldown_refused_at),
             Micros(more.check_at),
             Micros(more.disabled_at),
             more.batch,
             more.expl));
  });
  return text;
}

std::string State::Dump() const {
  std::string text = DumpTasks();
  const auto line = LineInto(text);
  ForEachWorker([&](WorkerId id, const Worker& worker) {
    line(fmt::format("worker {} {} {} pools={} slots={} disabled={} running={} last={}",
                     id.value,
                     worker.key,
                     worker.info,
                     Numbers(worker.pools),
                     worker.slots,
                     worker.disabled,
                     worker.running,
                     worker.pending_last));
  });
  for (uint32_t i = 1; i <= runs_.size(); ++i) {
    const Run& run = runs_[RunId{i}];
    line(fmt::format("run {} pipeline={} {} {}..{} root={} tasks={} counts={} plans={} error={}",
                     i,
                     run.pipeline.value,
                     Name(run.state),
                     Micros(run.interval_start),
                     Micros(run.interval_end),
                     run.root.value,
                     run.tasks.size(),
                     fmt::join(run.counts, ","),
                     run.plans_open,
                     run.error));
  }
  for (const auto& [id, plan] : plans_) {
    line(fmt::format("plan {} {} run={} roots={} failures={} not_before={}",
                     id.value,
                     Name(plan.kind),
                     plan.run.value,
                     plan.roots.size(),
                     plan.failures,
                     Micros(plan.not_before)));
  }
  for (uint32_t i = 1; i <= attempts_.size(); ++i) {
    const Attempt& attempt = attempts_[AttemptId{i}];
    line(fmt::format("attempt {} task={} worker={} {} {}..{} {}",
                     i,
                     attempt.task.value,
                     attempt.worker_key,
                     Name(attempt.outcome),
                     Micros(attempt.started),
                     Micros(attempt.ended),
                     attempt.details));
  }
  for (const auto& [name, total] : totals_) line(fmt::format("resource {} {}", name, total));
  return text;
}

void State::CheckInvariants() const {
  CHECK(upset_.empty());
  uint64_t count = 0;
  std::array<uint64_t, kPhases> phases{};
  std::map<uint32_t, WorkerSetCounts> sets;
  std::map<std::string, double, std::less<>> used;
  uint64_t stock = 0;
  uint64_t pooled = 0;
  ForEachTask([&](TaskId, const Task& task) {
    ++count;
    ++phases[static_cast<size_t>(task.phase)];
    uint32_t open = 0;
    uint32_t blocking = 0;
    for (TaskId dep : task.deps) {
      CHECK(tasks_[dep].used);
      if (tasks_[dep].status != TaskStatus::kDone) ++open;
      if (tasks_[dep].blocking) ++blocking;
    }
    CHECK(open == task.deps_open);
    CHECK(blocking == task.deps_blocking);
    CHECK((task.attempt.value == 0) ||
          (task.status == TaskStatus::kRunning && attempts_running_.contains(task.attempt)));
    const bool ready = task.phase == Phase::kReady;
    CHECK((task.stock_entry != 0) == (ready && (task.workers.value != 0 || task.runnable)));
    CHECK((task.pool_entry != 0) == (ready && task.pool.value != 0));
    stock += task.stock_entry != 0;
    pooled += task.pool_entry != 0;
    if (task.status == TaskStatus::kFailed ||
        (task.status == TaskStatus::kPending && !task.blocking)) {
      ++sets[task.workers.value].pending;
    }
    if (task.status == TaskStatus::kPending && task.resources.value != 0) {
      ++sets[task.workers.value].with_resources;
    }
    if (task.status != TaskStatus::kRunning) return;
    for (const auto& [name, amount] : resource_sets_[detail(task).resources_running]) {
      used[name] += amount;
    }
  });
  CHECK(count == tasks_count_);
  CHECK(phases == by_phase_);
  for (const auto& [set, counts] : sets) {
    CHECK(worker_sets_.Counts(WorkerSetId{set}).pending == counts.pending);
    CHECK(worker_sets_.Counts(WorkerSetId{set}).with_resources == counts.with_resources);
  }
  for (const auto& [name, amount] : used) CHECK(ResourceUsed(name) == amount);
  uint64_t live_stock = 0;
  uint64_t live_pooled = 0;
  for (const BucketKey& key :
       ready_.Buckets({}, {.kind = 2, .who = 0, .pipeline = 0, .resources = {}})) {
    (key.kind == 0 ? live_stock : live_pooled) += ready_.live(key);
  }
  CHECK(live_stock == stock && live_pooled == pooled);
  std::array<uint64_t, kRunStates> runs_by_state{};
  for (uint32_t i = 1; i <= runs_.size(); ++i) {
    ++runs_by_state[static_cast<size_t>(runs_[RunId{i}].state)];
    std::array<uint32_t, kPhases> counts{};
    for (TaskId task : runs_[RunId{i}].tasks) ++counts[static_cast<size_t>(tasks_[task].phase)];
    CHECK(counts == runs_[RunId{i}].counts);
  }
  CHECK(runs_by_state == runs_by_state_);
}

}  // namespace headrace::scheduler
