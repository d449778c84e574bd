// TaskMetrics: counts what becomes of tasks and attempts since the start, by family, pipeline and
// what else is asked for. Luigi's own metrics under Luigi's own names, and headrace's.
//
// A metric has at most `label_sets_max` different label sets; what comes later is counted under
// "other", so that a parameter with a million values cannot fill a monitoring system.
//
// Lives on the replica's thread, where both the records and the readers of /metrics come by.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/metric_text.h"
#include "engine/replica.h"

namespace headrace::api {

struct TaskMetricsOptions {
  bool luigi = false;                     // [scheduler] metrics_collector = prometheus
  std::vector<std::string> luigi_labels;  // parameters, and "family"
  size_t label_sets_max = 200;
};

// Values by label set, bounded.
template <class T>
class BoundedLabels {
 public:
  explicit BoundedLabels(size_t sets_max) : sets_max_(sets_max) {}

  T& At(const MetricLabels& labels) {
    std::string text = LabelsText(labels);
    const auto found = values_.find(text);
    if (found != values_.end()) return found->second;
    if (values_.size() >= sets_max_) {
      MetricLabels others = labels;
      for (auto& [name, value] : others) value = "other";
      text = LabelsText(others);
    }
    return values_[std::move(text)];
  }
  const std::map<std::string, T>& values() const { return values_; }

 private:
  const size_t sets_max_;
  std::map<std::string, T> values_;  // by LabelsText()
};

class TaskMetrics final : public engine::RecordListener {
 public:
  explicit TaskMetrics(TaskMetricsOptions options);

  void OnRecord(const scheduler::Record& record,
                const engine::View& view,
                engine::Origin origin) override;
  void OnCommit(const engine::View&) override {}
  void Settle(store::CommitId) override {}

  void Write(MetricText& text) const;

 private:
  struct Counter {
    double value = 0;
    double created = 0;  // seconds since the epoch: Python's client shows it too
  };
  using Counters = BoundedLabels<Counter>;
  using Labels = std::vector<std::pair<std::string, std::string>>;

  void Count(Counters& counters, const Labels& labels, Timestamp at);
  void Hear(const scheduler::TaskStatusChanged& record, const scheduler::State& state);
  void Hear(const scheduler::AttemptEnded& record, const scheduler::State& state);
  void Start(const scheduler::State& state, scheduler::TaskId task, Timestamp at);
  Labels LuigiLabels(const scheduler::State& state, const scheduler::Task& task) const;
  void WriteLuigi(MetricText& text) const;

  const TaskMetricsOptions options_;
  Counters luigi_started_, luigi_failed_, luigi_disabled_, luigi_done_;
  BoundedLabels<double> luigi_seconds_;

  Counters tasks_ended_;                                              // family, status
  Counters attempts_ended_;                                           // pipeline, outcome
  BoundedLabels<std::unique_ptr<engine::Histogram>> attempt_micros_;  // family
};

}  // namespace headrace::api
