// Luigi's set_status: what a change of status brings with it, in Luigi's order.

#include <algorithm>
#include <cmath>

#include "scheduler/decisions.h"

namespace headrace::scheduler {

namespace {

// FNV-1a: the jitter of a retry is a hash, not a dice, so that replays and simulations repeat it.
double JitterOf(std::string_view key, size_t failures) {
  uint64_t hash = 14695981039346656037ull;
  const auto mix = [&](unsigned char byte) { hash = (hash ^ byte) * 1099511628211ull; };
  for (const char c : key) mix(static_cast<unsigned char>(c));
  mix(static_cast<unsigned char>(failures));
  return 0.9 + 0.2 * static_cast<double>(hash % 1000) / 1000;  // within a tenth
}

// Zero: never.
Timestamp RetryAt(const Core& core, const Task& task, const RetryPolicy& policy, size_t failures) {
  double delay = policy.delay_s.value_or(core.settings.retry_delay_s);
  if (delay < 0) return {};
  if (policy.backoff && failures > 0) {
    delay *= std::pow(*policy.backoff, static_cast<double>(std::min<size_t>(failures, 60) - 1));
  }
  if (policy.max_delay_s) delay = std::min(delay, *policy.max_delay_s);
  if (policy.backoff) delay *= JitterOf(task.key(), failures);
  return core.After(delay);
}

// Counts the failure that is about to be recorded too.
bool IsExcessive(const Core& core, const TaskDetail& more, const RetryPolicy& policy) {
  if (more.first_failure_at != Timestamp{} && policy.hard_timeout_s &&
      core.now >= more.first_failure_at + Seconds(*policy.hard_timeout_s)) {
    return true;
  }
  const Timestamp window_begin = core.now - Seconds(policy.window_s.value_or(1e12));
  const auto recent = std::count_if(
      more.failures.begin(), more.failures.end(), [&](Timestamp at) { return at >= window_begin; });
  return recent + 1 >= policy.count.value_or(core.settings.retry_count);
}

// The members of a batch follow the task that runs them.
void EndBatch(Core& core, TaskId task, TaskStatus status) {
  const std::string batch = core.state.detail(core.state.task(task)).batch;
  TaskFacts out_of_batch;
  out_of_batch.batch = "";
  const std::set<TaskId> members = core.state.batch_running();
  for (TaskId member : members) {
    if (core.state.detail(core.state.task(member)).batch != batch) continue;
    SetStatus(core, member, status);
    core.Emit(TaskChanged{.task = member, .facts = out_of_batch});
  }
  core.Emit(TaskChanged{.task = task, .facts = out_of_batch});
}

}  // namespace

void SetStatus(Core& core, TaskId id, TaskStatus status) {
  const Task& task = core.state.task(id);
  const bool runs = task.status == TaskStatus::kRunning || task.status == TaskStatus::kBatchRunning;
  if (status == TaskStatus::kDisabled && runs) return;
  const TaskDetail& more = core.state.detail(task);
  const bool remove_on_failure = !more.batch.empty() && !task.batchable;
  TaskStatusChanged change{.task = id, .status = status, .at = core.now};

  if (task.status == TaskStatus::kDisabled) {
    const bool by_scheduler = more.disabled_at != Timestamp{};
    if (status == TaskStatus::kDone) {
      change.failures_cleared = true;
    } else if (by_scheduler && status != TaskStatus::kDisabled) {
      return;
    }
  }
  if (task.status == TaskStatus::kRunning && status != TaskStatus::kRunning) {
    if (task.attempt.value != 0) EndAttempt(core, task.attempt, AttemptOutcome::kCancelled, "{}");
    if (!more.batch.empty()) EndBatch(core, id, status);
  }
  if (status == TaskStatus::kFailed) {
    const RetryPolicy policy = EffectivePolicy(core, id);
    change.failed = task.status != TaskStatus::kDisabled;  // its author's: no failure is counted
    if (change.failed && IsExcessive(core, core.state.detail(task), policy)) {
      change.status = TaskStatus::kDisabled;
      change.disabled_at = core.now;
    } else {
      change.retry_at = RetryAt(core, task, policy, core.state.detail(task).failures.size() + 1);
    }
  }
  // Its worker disables what the scheduler had disabled: it does not come back by itself any more.
  const bool is_taken_over = status == TaskStatus::kDisabled && more.disabled_at != Timestamp{};
  const bool says_something = change.status != task.status || change.failed || is_taken_over;
  if (says_something) core.Emit(change);
  if (status == TaskStatus::kFailed && remove_on_failure) {
    TaskFacts facts;
    facts.remove_at = core.now;
    core.Emit(TaskChanged{.task = id, .facts = facts});
  }
}

}  // namespace headrace::scheduler
