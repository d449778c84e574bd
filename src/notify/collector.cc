// Events for people. See collector.h.

#include "notify/collector.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <fmt/format.h>

#include "base/json_text.h"
#include "base/python_json.h"
#include "scheduler/task_text.h"

namespace headrace::notify {

namespace {

using scheduler::State;
using scheduler::Task;
using scheduler::TaskStatus;

// A list of texts; a single text counts as one.
std::vector<std::string> TextsOf(std::string_view json) {
  std::vector<std::string> texts;
  const auto value = ParseJson(json);
  if (!value) return texts;
  if (value->is_string()) texts.emplace_back(value->get_string());
  if (!value->is_array()) return texts;
  for (const auto& item : value->get_array()) {
    if (item.is_string()) texts.emplace_back(item.get_string());
  }
  return texts;
}

// Luigi's workers send a JSON text; what is none is taken as it is.
std::string TextOf(std::string_view explanation) {
  const auto value = ParseJson(explanation);
  return value && value->is_string() ? std::string(value->get_string()) : std::string(explanation);
}

// What headrace's own worker or the scheduler itself found wrong.
std::string TextOfError(std::string_view error) {
  if (std::string traceback = JsonString(error, "traceback").value_or(""); !traceback.empty()) {
    return traceback;
  }
  return fmt::format("{}: {}",
                     JsonString(error, "type").value_or("Error"),
                     JsonString(error, "message").value_or(""));
}

std::string SecondsText(double seconds) {
  return std::nearbyint(seconds) == seconds ? fmt::format("{:.0f}", seconds)
                                            : fmt::format("{}", seconds);
}

Event EventOf(const State& state, const Task& task, EventKind kind, Timestamp at) {
  const scheduler::TaskDetail& more = state.detail(task);
  Event event{.kind = kind, .at = at};
  event.task = task.key();
  event.name = DisplayName(state, task);
  event.family = state.text(task.family);
  event.module = state.text(task.module);
  event.params = PublicParams(state, task);
  event.owners = TextsOf(more.owners);
  if (!task.runs.empty()) {
    const scheduler::PipelineId pipeline = state.run(task.runs.front()).pipeline;
    if (pipeline.value != 0) event.pipeline = state.pipeline(pipeline).spec.name;
  }
  return event;
}

// Luigi's grouping: all parameters but those that the worker runs in batches.
std::vector<std::pair<std::string, std::string>> UnbatchedParams(const State& state,
                                                                 scheduler::WorkerId worker,
                                                                 std::string_view family,
                                                                 std::string_view params) {
  auto all = JsonStrings(params);
  if (worker.value == 0) return all;
  const auto& batchers = state.worker(worker).batchers;
  const auto batcher = batchers.find(family);
  if (batcher == batchers.end()) return all;
  std::erase_if(all, [&](const auto& param) {
    return std::ranges::find(batcher->second.params, param.first) != batcher->second.params.end();
  });
  return all;
}

}  // namespace

Collector::Collector(Notifier& notifier, const RetryDefaults& defaults, bool batch_mails)
    : notifier_(notifier),
      defaults_(defaults),
      batch_mails_(batch_mails),
      failing_(notifier.Failing().begin(), notifier.Failing().end()) {}

void Collector::OnRecord(const scheduler::Record& record,
                         const engine::View& view,
                         engine::Origin origin) {
  if (origin == engine::Origin::kReplay && view.at <= notifier_.ReplayFrom()) return;
  const State& state = view.state;
  if (const auto* changed = std::get_if<scheduler::TaskStatusChanged>(&record)) {
    Hear(*changed, state);
  } else if (const auto* ended = std::get_if<scheduler::AttemptEnded>(&record)) {
    Hear(*ended, state);
  } else if (const auto* reported = std::get_if<scheduler::FailureReported>(&record)) {
    Hear(*reported, state);
  } else if (const auto* unscheduled = std::get_if<scheduler::SchedulingFailed>(&record)) {
    Hear(*unscheduled, state);
  }
}

void Collector::OnCommit(const engine::View& view) {
  attempt_failed_ = {};
  if (events_.empty()) return;
  notifier_.Tell(view.at, std::exchange(events_, {}));
}

void Collector::Settle(store::CommitId) {
  notifier_.Settle();
}

void Collector::Hear(const scheduler::AttemptEnded& record, const State& state) {
  const scheduler::Attempt* attempt = state.FindAttempt(record.attempt);
  const bool failed = record.outcome == scheduler::AttemptOutcome::kFailed ||
                      record.outcome == scheduler::AttemptOutcome::kLost ||
                      record.outcome == scheduler::AttemptOutcome::kMissing;
  attempt_failed_ = failed && attempt != nullptr ? attempt->task : scheduler::TaskId{};
}

void Collector::Hear(const scheduler::TaskStatusChanged& record, const State& state) {
  if (record.status == TaskStatus::kDone) return Recover(record, state);
  if (!record.failed) return;
  const Task& task = state.task(record.task);
  const scheduler::TaskDetail& more = state.detail(task);
  Event event = EventOf(state, task, EventKind::kFailed, record.at);
  event.by_headrace = attempt_failed_ == record.task;
  event.explanation =
      event.by_headrace && !more.error.empty() ? TextOfError(more.error) : TextOf(more.expl);
  if (task.worker_running.value != 0) {
    const scheduler::Worker& worker = state.worker(task.worker_running);
    event.worker = JsonString(worker.info, "host").value_or(worker.key);
  }
  if (notifier_.WantsRecoveries() && failing_.size() < kFailingMax) failing_.insert(event.task);
  events_.push_back(event);
  if (record.status != TaskStatus::kDisabled) return;
  event.kind = EventKind::kDisabled;
  const auto failures = static_cast<int64_t>(more.failures.size()) + 1;
  event.failures_max = more.retry.count.value_or(event.by_headrace ? failures : defaults_.count);
  event.window = SecondsText(more.retry.window_s.value_or(static_cast<double>(defaults_.window_s)));
  events_.push_back(std::move(event));
}

void Collector::Recover(const scheduler::TaskStatusChanged& record, const State& state) {
  if (failing_.empty()) return;
  const Task& task = state.task(record.task);
  if (failing_.erase(std::string(task.key())) == 0) return;
  events_.push_back(EventOf(state, task, EventKind::kRecovered, record.at));
}

void Collector::Hear(const scheduler::FailureReported& record, const State& state) {
  if (!batch_mails_) return;
  const Task& task = state.task(record.task);
  Event event = EventOf(state, task, EventKind::kFailed, record.at);
  event.audience = Audience::kBatchMail;
  event.params = UnbatchedParams(state, record.worker, event.family, task.params());
  if (record.explained) event.explanation = TextOf(state.detail(task).expl);
  events_.push_back(event);
  if (task.status != TaskStatus::kDisabled) return;
  event.kind = EventKind::kDisabled;
  events_.push_back(std::move(event));
}

void Collector::Hear(const scheduler::SchedulingFailed& record, const State& state) {
  Event event{.kind = EventKind::kSchedulingFailed, .at = record.at};
  event.name = record.task_name;
  event.family = record.family;
  event.params = UnbatchedParams(state, record.worker, record.family, record.params);
  event.explanation = record.expl;
  event.owners = TextsOf(record.owners);
  events_.push_back(std::move(event));
}

}  // namespace headrace::notify
