// State: the records about pools, pipelines, runs, plans and attempts.

#include "base/check.h"
#include "scheduler/state.h"

namespace headrace::scheduler {

void State::On(const PoolSet& record) {
  Pool& pool = pools_.Has(record.pool) ? pools_[record.pool] : pools_.Add(record.pool);
  pool.name = record.name;
  pool.slots = record.slots;
  pool.families = record.families;
  pool.retry = record.retry;
}

void State::On(const PipelineSet& record) {
  const bool known = pipelines_.Has(record.pipeline);
  Pipeline& pipeline = known ? pipelines_[record.pipeline] : pipelines_.Add(record.pipeline);
  pipeline.spec = record;
  if (keep_changes_) changes_.pipelines.insert(record.pipeline);
}

void State::On(const PipelinePaused& record) {
  pipelines_[record.pipeline].paused = record.paused;
  if (keep_changes_) changes_.pipelines.insert(record.pipeline);
}

void State::On(const IntervalsSkipped& record) {
  pipelines_[record.pipeline].settled = record.until;
  if (keep_changes_) changes_.pipelines.insert(record.pipeline);
}

void State::On(const RunCreated& record) {
  Run& run = runs_.Add(record.run);
  run.pipeline = record.pipeline;
  run.interval_start = record.interval_start;
  run.interval_end = record.interval_end;
  run.trigger = record.trigger;
  run.unit = record.unit;
  run.pool = record.pool;
  run.priority = record.priority;
  run.spec = record.root;
  run.created = record.at;
  ++runs_by_state_[static_cast<size_t>(run.state)];
  runs_active_.insert(record.run);
  if (record.pipeline.value != 0) {
    Pipeline& pipeline = pipelines_[record.pipeline];
    const auto interval = std::pair(record.interval_start, record.interval_end);
    CHECK(pipeline.run_of_interval.emplace(interval, record.run).second);
    ++pipeline.runs[static_cast<size_t>(run.state)];
    const bool scheduled =
        record.trigger == Trigger::kSchedule || record.trigger == Trigger::kCatchup;
    if (scheduled && record.interval_end > pipeline.settled) pipeline.settled = record.interval_end;
    if (keep_changes_) changes_.pipelines.insert(record.pipeline);
  }
  Touch(record.run);
}

void State::On(const RunChanged& record) {
  Run& run = runs_[record.run];
  if (record.root) run.root = *record.root;
  if (record.error) run.error = *record.error;
  if (record.state && *record.state != run.state) {
    --runs_by_state_[static_cast<size_t>(run.state)];
    ++runs_by_state_[static_cast<size_t>(*record.state)];
    if (run.pipeline.value != 0) {
      Pipeline& pipeline = pipelines_[run.pipeline];
      --pipeline.runs[static_cast<size_t>(run.state)];
      ++pipeline.runs[static_cast<size_t>(*record.state)];
      if (keep_changes_) changes_.pipelines.insert(run.pipeline);
    }
    run.state = *record.state;
    run.ended = HasEnded(run.state) ? record.at : Timestamp{};
    if (HasEnded(run.state)) {
      runs_active_.erase(record.run);
    } else {
      runs_active_.insert(record.run);
    }
  }
  Touch(record.run);
}

void State::On(const RunGrew& record) {
  for (TaskId id : record.tasks) {
    if (tasks_[id].runs.Contains(record.run)) continue;
    Edit(id, [&](Task& task) { task.runs.Add(record.run); });
    runs_[record.run].tasks.push_back(id);
  }
  Touch(record.run);
  if (keep_changes_) changes_.graphs.insert(record.run);
}

void State::On(const PlanRequested& record) {
  CHECK(record.plan == plan_next_);
  ++plan_next_.value;
  plans_[record.plan] = {.kind = record.kind,
                         .run = record.run,
                         .pipeline = record.pipeline,
                         .roots = record.roots,
                         .requested = record.at,
                         .not_before = {},
                         .failures = 0,
                         .error = {}};
  if (record.run.value == 0) return;
  ++runs_[record.run].plans_open;
  Touch(record.run);
}

void State::On(const PlanFailed& record) {
  Plan& plan = plans_.at(record.plan);
  ++plan.failures;
  plan.error = record.error;
  plan.not_before = record.retry_at;
}

void State::On(const PlanEnded& record) {
  const auto found = plans_.find(record.plan);
  CHECK(found != plans_.end());
  if (found->second.run.value != 0) {
    --runs_[found->second.run].plans_open;
    Touch(found->second.run);
  }
  plans_.erase(found);
}

void State::On(const AttemptStarted& record) {
  Attempt& attempt = attempts_.Add(record.attempt);
  attempt.task = record.task;
  attempt.worker = record.worker;
  attempt.worker_key = workers_[record.worker].key;
  attempt.pool = record.pool;
  attempt.run = record.run;
  attempt.pipeline = record.run.value == 0 ? PipelineId{} : runs_[record.run].pipeline;
  attempt.number = record.number;
  attempt.started = record.at;
  attempt.previous = detail(tasks_[record.task]).attempt_last;
  attempts_running_.insert(record.attempt);
  ++pools_[record.pool].busy;
  if (attempt.pipeline.value != 0) {
    Pipeline& pipeline = pipelines_[attempt.pipeline];
    pipeline.pass += 1 / pipeline.spec.weight;
  }
  if (record.run.value != 0 && runs_[record.run].started == Timestamp{}) {
    runs_[record.run].started = record.at;
  }
  On(TaskStarted{.task = record.task, .worker = record.worker, .at = record.at});
  Edit(record.task, [&](Task& task) {
    task.attempt = record.attempt;
    TaskDetail& more = Detail(task);
    more.attempt_last = record.attempt;
    more.attempts = record.number;
    more.progress.clear();
    more.status_message.clear();
  });
  if (!keep_changes_) return;
  changes_.attempts.insert(record.attempt);
  changes_.workers.insert(record.worker);
}

void State::On(const AttemptStopAsked& record) {
  Attempt& attempt = attempts_[record.attempt];
  CHECK(attempt.outcome == AttemptOutcome::kRunning);
  attempt.stop_asked = true;
  attempt.mark_done = record.mark_done;
}

void State::On(const AttemptEnded& record) {
  Attempt& attempt = attempts_[record.attempt];
  CHECK(attempt.outcome == AttemptOutcome::kRunning);
  attempt.outcome = record.outcome;
  attempt.ended = record.at;
  attempt.details = record.details;
  attempts_running_.erase(record.attempt);
  --pools_[attempt.pool].busy;
  Edit(attempt.task, [&](Task& task) {
    CHECK(task.attempt == record.attempt);
    task.attempt = AttemptId{};
    TaskDetail& more = Detail(task);
    if (record.outcome == AttemptOutcome::kLost) ++more.losses;
  });
  if (!keep_changes_) return;
  changes_.attempts.insert(record.attempt);
  changes_.workers.insert(attempt.worker);
}

}  // namespace headrace::scheduler
