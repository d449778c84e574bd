// State as records and back: what a snapshot holds. Whatever has no row here is derived, and made
// anew by On(RowsKept).

#include "base/check.h"
#include "scheduler/state.h"

namespace headrace::scheduler {

namespace {

template <class T>
std::optional<T> Unless(const T& usual, const T& value) {
  return value == usual ? std::nullopt : std::optional<T>(value);
}

std::optional<std::string> Said(const std::string& text) {
  return Unless(std::string(), text);
}

template <class List>
auto ToVector(const List& list) {
  return std::vector(list.begin(), list.end());
}

TaskPast PastOf(const TaskDetail& more) {
  return {.failures = more.failures,
          .first_failure_at = more.first_failure_at,
          .disabled_at = more.disabled_at,
          .retry_at = more.retry_at,
          .attempts = more.attempts,
          .losses = more.losses,
          .attempt_last = more.attempt_last};
}

RunKept KeptOf(RunId id, const Run& run) {
  return {.run = id,
          .pipeline = run.pipeline,
          .interval_start = run.interval_start,
          .interval_end = run.interval_end,
          .trigger = run.trigger,
          .state = run.state,
          .unit = run.unit,
          .pool = run.pool,
          .priority = run.priority,
          .spec = run.spec,
          .root = run.root,
          .created = run.created,
          .started = run.started,
          .ended = run.ended,
          .error = run.error,
          .tasks = run.tasks};
}

AttemptKept KeptOf(AttemptId id, const Attempt& attempt) {
  return {.attempt = id,
          .task = attempt.task,
          .worker = attempt.worker,
          .worker_key = attempt.worker_key,
          .pool = attempt.pool,
          .run = attempt.run,
          .number = attempt.number,
          .outcome = attempt.outcome,
          .started = attempt.started,
          .stop_asked = attempt.stop_asked,
          .mark_done = attempt.mark_done,
          .ended = attempt.ended,
          .details = attempt.details,
          .previous = attempt.previous};
}

WorkerKept KeptOf(WorkerId id, const Worker& worker) {
  return {.worker = id,
          .key = worker.key,
          .started = worker.started,
          .info = worker.info,
          .pools = worker.pools,
          .slots = worker.slots,
          .disabled = worker.disabled,
          .draining = worker.draining,
          .assistant = worker.assistant,
          .done = worker.done};
}

PlanKept KeptOf(PlanId id, const Plan& plan) {
  return {.plan = id,
          .kind = plan.kind,
          .run = plan.run,
          .pipeline = plan.pipeline,
          .roots = plan.roots,
          .requested = plan.requested,
          .not_before = plan.not_before,
          .failures = plan.failures,
          .error = plan.error};
}

}  // namespace

void State::ForEachKept(const std::function<void(const Record&)>& visit) const {
  visit(RowsReserved{.tasks = static_cast<uint32_t>(tasks_.size()),
                     .tasks_free = tasks_.free(),
                     .workers = static_cast<uint32_t>(workers_.size()),
                     .workers_free = workers_.free(),
                     .plan_next = plan_next_});
  if (paused_) visit(Paused{.paused = true});
  for (const auto& [name, total] : totals_) visit(ResourceSet{.name = name, .total = total});
  for (uint32_t i = 1; i <= pools_.size(); ++i) {
    const Pool& pool = pools_[PoolId{i}];
    visit(PoolSet{.pool = PoolId{i},
                  .name = pool.name,
                  .slots = pool.slots,
                  .families = pool.families,
                  .retry = pool.retry});
  }
  for (uint32_t i = 1; i <= pipelines_.size(); ++i) {
    const Pipeline& pipeline = pipelines_[PipelineId{i}];
    visit(pipeline.spec);
    visit(PipelineKept{.pipeline = PipelineId{i},
                       .paused = pipeline.paused,
                       .settled = pipeline.settled,
                       .pass = pipeline.pass});
  }
  ForEachWorker([&](WorkerId id, const Worker& worker) {
    visit(KeptOf(id, worker));
    for (const auto& [family, batcher] : worker.batchers) {
      visit(BatcherSet{
          .worker = id, .family = family, .params = batcher.params, .size_max = batcher.size_max});
    }
  });
  for (uint32_t i = 1; i <= runs_.size(); ++i) visit(KeptOf(RunId{i}, runs_[RunId{i}]));
  for (uint32_t i = 1; i <= attempts_.size(); ++i) {
    visit(KeptOf(AttemptId{i}, attempts_[AttemptId{i}]));
  }
  for (const auto& [id, plan] : plans_) visit(KeptOf(id, plan));
  for (uint32_t i = 1; i <= tasks_.size(); ++i) {
    if (tasks_[TaskId{i}].used) visit(Kept(TaskId{i}, tasks_[TaskId{i}]));
  }
  visit(RowsKept{});
}

TaskKept State::Kept(TaskId id, const Task& task) const {
  TaskKept kept{.task = id, .key = std::string(task.key()), .removed = task.removed};
  if (task.removed) return kept;
  kept.status = task.status;
  kept.blocking = task.blocking;
  kept.created = task.created;
  kept.updated = task.updated;
  kept.facts = FactsOf(task);
  kept.deps = ToVector(task.deps);
  kept.runs = ToVector(task.runs);
  kept.workers = ToVector(worker_sets_.Members(task.workers));
  kept.stakeholders = ToVector(worker_sets_.Members(task.stakeholders));
  kept.worker_last = task.worker_last;
  kept.attempt = task.attempt;
  if (task.detail) kept.past = Unless(TaskPast{}, PastOf(*task.detail));
  return kept;
}

TaskFacts State::FactsOf(const Task& task) const {
  TaskFacts facts;
  facts.family = std::string(text(task.family));
  if (task.module_known) facts.module = std::string(text(task.module));
  if (task.params_known) facts.params = std::string(task.params());
  facts.priority = Unless(0.0, task.priority);
  facts.resources = Unless(Resources{}, resources(task.resources));
  if (task.batchable_known) facts.batchable = task.batchable;
  facts.external = Unless(false, task.external);
  facts.runnable = Unless(false, task.runnable);
  facts.unit = Unless(Unit::kTask, task.unit);
  facts.pool = Unless(PoolId{}, task.pool);
  facts.worker_running = Unless(WorkerId{}, task.worker_running);
  facts.time_running = Unless(Timestamp{}, task.time_running);
  if (!task.detail) return facts;

  const TaskDetail& more = *task.detail;
  facts.visibility = Said(more.visibility);
  facts.owners = Said(more.owners);
  facts.accepts_messages = Said(more.accepts_messages);
  facts.batch = Said(more.batch);
  facts.expl = Said(more.expl);
  facts.tracking_url = Said(more.tracking_url);
  facts.status_message = Said(more.status_message);
  facts.progress = Said(more.progress);
  facts.targets = Said(more.targets);
  facts.error = Said(more.error);
  facts.retry = Unless(RetryPolicy{}, more.retry);
  facts.timeout_s = Unless(0.0, more.timeout_s);
  facts.resources_running = Unless(Resources{}, resources(more.resources_running));
  facts.remove_at = Unless(Timestamp{}, more.remove_at);
  facts.cooldown_refused_at = Unless(Timestamp{}, more.cooldown_refused_at);
  facts.check_at = Unless(Timestamp{}, more.check_at);
  facts.checks = Unless(0u, more.checks);
  return facts;
}

void State::On(const RowsReserved& record) {
  tasks_.Reserve(record.tasks, record.tasks_free);
  workers_.Reserve(record.workers, record.workers_free);
  plan_next_ = record.plan_next;
}

void State::On(const PipelineKept& record) {
  Pipeline& pipeline = pipelines_[record.pipeline];
  pipeline.paused = record.paused;
  pipeline.settled = record.settled;
  pipeline.pass = record.pass;
}

void State::On(const WorkerKept& record) {
  Worker& worker = workers_[record.worker];
  CHECK(worker.key.empty());
  worker.key = record.key;
  worker.started = record.started;
  worker.info = record.info;
  worker.pools = record.pools;
  worker.slots = record.slots;
  worker.disabled = record.disabled;
  worker.draining = record.draining;
  worker.assistant = record.assistant;
  worker.done = record.done;
  CHECK(worker_keys_.emplace(record.key, record.worker).second);
  if (keep_changes_) changes_.workers.insert(record.worker);
}

void State::On(const RunKept& record) {
  Run& run = runs_.Add(record.run);
  run.pipeline = record.pipeline;
  run.interval_start = record.interval_start;
  run.interval_end = record.interval_end;
  run.trigger = record.trigger;
  run.state = record.state;
  run.unit = record.unit;
  run.pool = record.pool;
  run.priority = record.priority;
  run.spec = record.spec;
  run.root = record.root;
  run.created = record.created;
  run.started = record.started;
  run.ended = record.ended;
  run.error = record.error;
  run.tasks = record.tasks;
  ++runs_by_state_[static_cast<size_t>(run.state)];
  if (!HasEnded(run.state)) runs_active_.insert(record.run);
  if (record.pipeline.value != 0) {
    Pipeline& pipeline = pipelines_[record.pipeline];
    CHECK(pipeline.run_of_interval
              .emplace(std::pair(record.interval_start, record.interval_end), record.run)
              .second);
    ++pipeline.runs[static_cast<size_t>(run.state)];
  }
  Touch(record.run);
}

void State::On(const AttemptKept& record) {
  Attempt& attempt = attempts_.Add(record.attempt);
  attempt.task = record.task;
  attempt.worker = record.worker;
  attempt.worker_key = record.worker_key;
  attempt.pool = record.pool;
  attempt.run = record.run;
  attempt.pipeline = record.run.value == 0 ? PipelineId{} : runs_[record.run].pipeline;
  attempt.number = record.number;
  attempt.outcome = record.outcome;
  attempt.started = record.started;
  attempt.stop_asked = record.stop_asked;
  attempt.mark_done = record.mark_done;
  attempt.ended = record.ended;
  attempt.details = record.details;
  attempt.previous = record.previous;
  if (record.outcome == AttemptOutcome::kRunning) {
    attempts_running_.insert(record.attempt);
    ++pools_[record.pool].busy;
  }
  if (keep_changes_) changes_.attempts.insert(record.attempt);
}

void State::On(const PlanKept& record) {
  plans_[record.plan] = {.kind = record.kind,
                         .run = record.run,
                         .pipeline = record.pipeline,
                         .roots = record.roots,
                         .requested = record.requested,
                         .not_before = record.not_before,
                         .failures = record.failures,
                         .error = record.error};
  if (record.run.value != 0) ++runs_[record.run].plans_open;
}

void State::On(const TaskKept& record) {
  Task& task = tasks_[record.task];
  CHECK(!task.used);
  task.used = true;
  task.removed = record.removed;
  SetText(task, record.key, std::nullopt);
  keys_.Add(record.key, record.task);
  task.deps.Assign(record.deps);
  if (record.removed) return;
  ++tasks_count_;
  task.status = record.status;
  task.blocking = record.blocking;
  task.created = record.created;
  task.updated = record.updated;
  Take(record.task, task, record.facts);
  task.runs.Assign(record.runs);
  for (WorkerId worker : record.workers) task.workers = worker_sets_.With(task.workers, worker);
  for (WorkerId worker : record.stakeholders) {
    task.stakeholders = worker_sets_.With(task.stakeholders, worker);
  }
  task.worker_last = record.worker_last;
  task.attempt = record.attempt;
  if (!record.past) return;
  TaskDetail& more = Detail(task);
  more.failures = record.past->failures;
  more.first_failure_at = record.past->first_failure_at;
  more.disabled_at = record.past->disabled_at;
  more.retry_at = record.past->retry_at;
  more.attempts = record.past->attempts;
  more.losses = record.past->losses;
  more.attempt_last = record.past->attempt_last;
}

}  // namespace headrace::scheduler
