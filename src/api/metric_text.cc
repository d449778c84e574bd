// Prometheus' text format. See metric_text.h.

#include "api/metric_text.h"

#include <array>
#include <cmath>
#include <fmt/format.h>

#include "base/json_writer.h"

namespace headrace::api {

namespace {

constexpr std::array<double, 18> kBounds = {0.0001,
                                            0.00025,
                                            0.0005,
                                            0.001,
                                            0.0025,
                                            0.005,
                                            0.01,
                                            0.025,
                                            0.05,
                                            0.1,
                                            0.25,
                                            0.5,
                                            1,
                                            2.5,
                                            5,
                                            10,
                                            30,
                                            60};

// A backslash, a quote, a line break.
void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
}

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::string text;
  AppendPythonDouble(text, value);  // as Luigi's own: 1.0
  return text;
}

}  // namespace

std::string LabelsText(const MetricLabels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text += ',';
    text += name;
    text += "=\"";
    AppendEscaped(text, value);
    text += '"';
  }
  return text;
}

void MetricText::Head(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  out_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void MetricText::Sample(std::string_view labels, double value, std::string_view suffix) {
  out_ += name_;
  out_ += suffix;
  if (!labels.empty()) out_ += fmt::format("{{{}}}", labels);
  out_ += ' ';
  out_ += NumberText(value);
  out_ += '\n';
}

void MetricText::Histogram(std::string_view labels, const engine::Histogram& micros) {
  const std::string before = labels.empty() ? "" : fmt::format("{},", labels);
  // The largest bound first: a value that is added meanwhile must not make a bucket smaller than
  // the one below it.
  const auto sum = static_cast<double>(micros.sum()) / 1e6;
  const uint64_t count = micros.count();
  std::array<uint64_t, kBounds.size()> counts{};
  uint64_t above = count;
  for (size_t i = kBounds.size(); i-- > 0;) {
    above = counts[i] = std::min(above, micros.CountUpTo(static_cast<uint64_t>(kBounds[i] * 1e6)));
  }
  for (size_t i = 0; i < kBounds.size(); ++i) {
    Sample(fmt::format("{}le=\"{}\"", before, NumberText(kBounds[i])),
           static_cast<double>(counts[i]),
           "_bucket");
  }
  Sample(before + "le=\"+Inf\"", static_cast<double>(count), "_bucket");
  Sample(labels, sum, "_sum");
  Sample(labels, static_cast<double>(count), "_count");
}

}  // namespace headrace::api
