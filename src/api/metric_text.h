// MetricText: writes metrics in Prometheus' text format (version 0.0.4).

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/engine_metrics.h"

namespace headrace::api {

// Names and values, as they stand in braces: `family="A",pool="default"`.
using MetricLabels = std::vector<std::pair<std::string_view, std::string_view>>;
std::string LabelsText(const MetricLabels& labels);

class MetricText {
 public:
  // What follows, until the next Head(), are this metric's samples.
  void Head(std::string_view name, std::string_view type, std::string_view help);
  // `labels` as LabelsText() makes them; "" for none. `suffix` is put behind the metric's name.
  void Sample(std::string_view labels, double value, std::string_view suffix = {});

  void One(std::string_view name, std::string_view type, std::string_view help, double value) {
    Head(name, type, help);
    Sample("", value);
  }

  // A histogram of seconds, from one of microseconds: buckets from 0.1 ms to 60 s.
  void Histogram(std::string_view labels, const engine::Histogram& micros);

  std::string Take() { return std::move(out_); }

 private:
  std::string name_;
  std::string out_;
};

}  // namespace headrace::api
