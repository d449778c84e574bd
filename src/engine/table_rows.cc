// Rows of the state tables, as the state has them now. See table_rows.h.

#include "engine/table_rows.h"

#include <string>

#include "base/json_writer.h"

namespace headrace::engine {

using scheduler::State;

namespace {

int64_t Milliseconds(Timestamp at) {
  return at.time_since_epoch().count() / 1'000;
}

std::string PoolName(const State& state, scheduler::PoolId id) {
  return id.value == 0 ? std::string() : state.pool(id).name;
}

std::string PipelineName(const State& state, scheduler::PipelineId id) {
  return id.value == 0 ? std::string() : state.pipeline(id).spec.name;
}

std::string WorkerKey(const State& state, scheduler::WorkerId id) {
  return id.value == 0 ? std::string() : state.worker(id).key;
}

}  // namespace

store::TaskRow TaskRowOf(const State& state, const scheduler::Task& task) {
  const scheduler::TaskDetail& detail = state.detail(task);
  const scheduler::RunId run = task.runs.empty() ? scheduler::RunId{} : task.runs.front();
  const scheduler::Run* const run_row = state.FindRun(run);
  return {
      .id = std::string(task.key()),
      .family = std::string(state.text(task.family)),
      .module = std::string(state.text(task.module)),
      .params = std::string(task.params()),
      .status = std::string(Name(task.status)),
      .phase = std::string(Name(task.phase)),
      .pipeline = run_row == nullptr ? std::string() : PipelineName(state, run_row->pipeline),
      .run = run.value,
      .pool = PoolName(state, task.pool),
      .worker = WorkerKey(state, task.worker_running),
      .priority = task.priority,
      .attempts = detail.attempts,
      .created_at = Milliseconds(task.created),
      .updated_at = Milliseconds(task.updated),
      .started_at = Milliseconds(task.time_running),
      .retry_at = Milliseconds(detail.retry_at),
      .error = detail.error,
  };
}

store::AttemptRow AttemptRowOf(const State& state, scheduler::AttemptId id) {
  const scheduler::Attempt& attempt = *state.FindAttempt(id);
  const bool running = attempt.outcome == scheduler::AttemptOutcome::kRunning;
  return {
      .id = id.value,
      .task = std::string(state.task(attempt.task).key()),
      .number = attempt.number,
      .worker = attempt.worker_key,
      .pool = PoolName(state, attempt.pool),
      .pipeline = PipelineName(state, attempt.pipeline),
      .run = attempt.run.value,
      .outcome = running ? std::string() : std::string(Name(attempt.outcome)),
      .started_at = Milliseconds(attempt.started),
      .ended_at = Milliseconds(attempt.ended),
      .details = attempt.details,
  };
}

store::RunRow RunRowOf(const State& state, scheduler::RunId id) {
  const scheduler::Run& run = state.run(id);
  return {
      .id = id.value,
      .pipeline = PipelineName(state, run.pipeline),
      .interval_start = Milliseconds(run.interval_start),
      .interval_end = Milliseconds(run.interval_end),
      .trigger_kind = std::string(Name(run.trigger)),
      .state = std::string(Name(run.state)),
      .root = run.root.value == 0 ? std::string() : std::string(state.task(run.root).key()),
      .created_at = Milliseconds(run.created),
      .started_at = Milliseconds(run.started),
      .ended_at = Milliseconds(run.ended),
      .error = run.error,
  };
}

store::PipelineRow PipelineRowOf(const State& state, scheduler::PipelineId id) {
  const scheduler::Pipeline& pipeline = state.pipeline(id);
  const scheduler::PipelineSet& spec = pipeline.spec;
  return {
      .name = spec.name,
      .module = spec.module,
      .family = spec.family,
      .params = spec.params,
      .schedule = spec.schedule,
      .timezone = spec.timezone,
      .pool = PoolName(state, spec.pool),
      .unit = std::string(Name(spec.unit)),
      .weight = spec.weight,
      .paused = pipeline.paused,
      .retired = spec.retired,
  };
}

store::WorkerRow WorkerRowOf(const State& state, const scheduler::Worker& worker) {
  std::string pools;
  JsonWriter json(pools, JsonStyle::kCompact);
  json.BeginArray();
  for (const scheduler::PoolId pool : worker.pools) json.String(state.pool(pool).name);
  json.EndArray();
  return {
      .id = worker.key,
      .kind = worker.pools.empty() ? "luigi" : "headrace",
      .pools = std::move(pools),
      .slots = worker.slots,
      .started_at = Milliseconds(worker.started),
      .disabled = worker.disabled,
      .draining = worker.draining,
      .info = worker.info,
  };
}

}  // namespace headrace::engine
