// Which retry policy is in force for a task. See docs/decisions/0034.

#include <tuple>

#include "scheduler/decisions.h"

namespace headrace::scheduler {

namespace {

RetryPolicy Overlay(RetryPolicy base, const RetryPolicy& over) {
  if (over.count) base.count = over.count;
  if (over.hard_timeout_s) base.hard_timeout_s = over.hard_timeout_s;
  if (over.window_s) base.window_s = over.window_s;
  if (over.delay_s) base.delay_s = over.delay_s;
  if (over.backoff) base.backoff = over.backoff;
  if (over.max_delay_s) base.max_delay_s = over.max_delay_s;
  return base;
}

// What a task of this run follows where it says nothing itself.
RetryPolicy PolicyOf(const Core& core, const Run& run, const RetryPolicy& of_pool) {
  if (run.pipeline.value == 0) return Overlay(core.settings.adhoc_retry, of_pool);
  const RetryPolicy base = Overlay(core.settings.pipeline_retry, of_pool);
  return Overlay(base, core.state.pipeline(run.pipeline).spec.retry);
}

// One task may be in many runs, and a failure that is final is final for all of them. So the run
// that is most patient decides: those that are not over first, then pipelines before ad-hoc runs,
// then who allows the most failures.
const Run* MostPatient(const Core& core, const Task& task, const RetryPolicy& of_pool) {
  const auto patience = [&](const Run& run, RunId id) {
    return std::tuple(core.state.runs_active().contains(id),
                      run.pipeline.value != 0,
                      PolicyOf(core, run, of_pool).count.value_or(0));
  };
  const Run* best = nullptr;
  RunId best_id;
  for (RunId id : task.runs) {
    const Run& run = core.state.run(id);
    if (best != nullptr && patience(run, id) <= patience(*best, best_id)) continue;
    best = &run;
    best_id = id;
  }
  return best;
}

}  // namespace

RetryPolicy EffectivePolicy(const Core& core, TaskId id) {
  const State& state = core.state;
  const Task& task = state.task(id);
  RetryPolicy policy{.count = core.settings.retry_count,
                     .hard_timeout_s = static_cast<double>(core.settings.disable_hard_timeout_s),
                     .window_s = static_cast<double>(core.settings.disable_window_s),
                     .delay_s = core.settings.retry_delay_s};
  if (task.pool.value != 0) {
    const RetryPolicy& of_pool = state.pool(task.pool).retry;
    const Run* run = MostPatient(core, task, of_pool);
    policy = run == nullptr ? Overlay(core.settings.adhoc_retry, of_pool)
                            : PolicyOf(core, *run, of_pool);
  }
  return Overlay(policy, state.detail(task).retry);
}

}  // namespace headrace::scheduler
