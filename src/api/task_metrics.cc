// Counts of tasks and attempts. See task_metrics.h.

#include "api/task_metrics.h"

#include <algorithm>

#include "base/json_text.h"

namespace headrace::api {

namespace {

using scheduler::State;
using scheduler::Task;
using scheduler::TaskStatus;

double SecondsSinceEpoch(Timestamp at) {
  return static_cast<double>(at.time_since_epoch().count()) / 1e6;
}

MetricLabels ViewOf(const std::vector<std::pair<std::string, std::string>>& labels) {
  return {labels.begin(), labels.end()};
}

}  // namespace

TaskMetrics::TaskMetrics(TaskMetricsOptions options)
    : options_([&] {
        std::ranges::sort(options.luigi_labels);
        return std::move(options);
      }()),
      luigi_started_(options_.label_sets_max),
      luigi_failed_(options_.label_sets_max),
      luigi_disabled_(options_.label_sets_max),
      luigi_done_(options_.label_sets_max),
      luigi_seconds_(options_.label_sets_max),
      tasks_ended_(options_.label_sets_max),
      attempts_ended_(options_.label_sets_max),
      attempt_micros_(options_.label_sets_max) {}

void TaskMetrics::OnRecord(const scheduler::Record& record,
                           const engine::View& view,
                           engine::Origin origin) {
  if (origin != engine::Origin::kNow) return;
  const State& state = view.state;
  if (const auto* changed = std::get_if<scheduler::TaskStatusChanged>(&record)) {
    Hear(*changed, state);
  } else if (const auto* handed_out = std::get_if<scheduler::TaskStarted>(&record)) {
    Start(state, handed_out->task, handed_out->at);
  } else if (const auto* started = std::get_if<scheduler::AttemptStarted>(&record)) {
    Start(state, started->task, started->at);
  } else if (const auto* ended = std::get_if<scheduler::AttemptEnded>(&record)) {
    Hear(*ended, state);
  }
}

void TaskMetrics::Count(Counters& counters, const Labels& labels, Timestamp at) {
  Counter& counter = counters.At(ViewOf(labels));
  if (counter.value == 0) counter.created = SecondsSinceEpoch(at);
  counter.value += 1;
}

// Luigi's update_metrics: only what changed.
void TaskMetrics::Hear(const scheduler::TaskStatusChanged& record, const State& state) {
  const Task& task = state.task(record.task);
  if (task.status == record.status) return;
  const bool is_end = record.status == TaskStatus::kDone || record.status == TaskStatus::kFailed ||
                      record.status == TaskStatus::kDisabled;
  if (!is_end) return;
  Count(tasks_ended_,
        {{"family", std::string(state.text(task.family))},
         {"status", std::string(Name(record.status))}},
        record.at);
  if (!options_.luigi) return;
  const Labels labels = LuigiLabels(state, task);
  Count(record.status == TaskStatus::kDone     ? luigi_done_
        : record.status == TaskStatus::kFailed ? luigi_failed_
                                               : luigi_disabled_,
        labels,
        record.at);
  if (task.time_running == Timestamp{}) return;  // complete already, or failed without having run
  luigi_seconds_.At(ViewOf(labels)) =
      static_cast<double>((record.at - task.time_running).count()) / 1e6;
}

void TaskMetrics::Start(const State& state, scheduler::TaskId id, Timestamp at) {
  if (!options_.luigi) return;
  const Labels labels = LuigiLabels(state, state.task(id));
  Count(luigi_started_, labels, at);
  luigi_seconds_.At(ViewOf(labels));
}

void TaskMetrics::Hear(const scheduler::AttemptEnded& record, const State& state) {
  const scheduler::Attempt* attempt = state.FindAttempt(record.attempt);
  if (attempt == nullptr) return;
  const std::string pipeline =
      attempt->pipeline.value == 0 ? "" : state.pipeline(attempt->pipeline).spec.name;
  Count(attempts_ended_,
        {{"outcome", std::string(Name(record.outcome))}, {"pipeline", pipeline}},
        record.at);
  auto& micros = attempt_micros_.At({{"family", state.text(state.task(attempt->task).family)}});
  if (micros == nullptr) micros = std::make_unique<engine::Histogram>();
  micros->Add(static_cast<uint64_t>(std::max<int64_t>((record.at - attempt->started).count(), 0)));
}

TaskMetrics::Labels TaskMetrics::LuigiLabels(const State& state, const Task& task) const {
  Labels labels;
  std::vector<std::pair<std::string, std::string>> params;
  if (options_.luigi_labels.size() > 1 || options_.luigi_labels.front() != "family") {
    params = JsonStrings(task.params());
  }
  for (const std::string& label : options_.luigi_labels) {
    if (label == "family") {
      labels.emplace_back(label, state.text(task.family));
      continue;
    }
    const auto found =
        std::ranges::find_if(params, [&](const auto& param) { return param.first == label; });
    labels.emplace_back(label, found == params.end() ? "None" : found->second);
  }
  return labels;
}

// In the order and the words of Luigi's collector.
void TaskMetrics::WriteLuigi(MetricText& text) const {
  const auto write = [&](const std::string& what, const Counters& counters) {
    const std::string name = "luigi_task_" + what;
    const std::string help = "number of " + what + " luigi tasks";
    text.Head(name + "_total", "counter", help);
    for (const auto& [labels, counter] : counters.values()) text.Sample(labels, counter.value);
    if (counters.values().empty()) return;
    text.Head(name + "_created", "gauge", help);
    for (const auto& [labels, counter] : counters.values()) text.Sample(labels, counter.created);
  };
  write("started", luigi_started_);
  write("failed", luigi_failed_);
  write("disabled", luigi_disabled_);
  write("done", luigi_done_);
  text.Head("luigi_task_execution_time_seconds", "gauge", "luigi task execution time in seconds");
  for (const auto& [labels, seconds] : luigi_seconds_.values()) text.Sample(labels, seconds);
}

void TaskMetrics::Write(MetricText& text) const {
  if (options_.luigi) WriteLuigi(text);
  text.Head("headrace_tasks_ended_total", "counter", "Tasks that became DONE, FAILED or DISABLED.");
  for (const auto& [labels, counter] : tasks_ended_.values()) text.Sample(labels, counter.value);
  text.Head("headrace_attempts_ended_total", "counter", "Attempts that ended, by outcome.");
  for (const auto& [labels, counter] : attempts_ended_.values()) {
    text.Sample(labels, counter.value);
  }
  text.Head("headrace_attempt_seconds", "histogram", "How long attempts took.");
  for (const auto& [labels, micros] : attempt_micros_.values()) text.Histogram(labels, *micros);
}

}  // namespace headrace::api
