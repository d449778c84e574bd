// The sections [notify], [prometheus] and [log].

#include "config/notify_sections.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "config/quantity.h"
#include "config/sections.h"

namespace headrace::config {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kWebhookFormats = {
    {{"json", "json"}, {"slack", "slack"}}};
constexpr std::array<std::string_view, 4> kEvents = {
    "failed", "disabled", "recovered", "scheduling_failed"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kLevels = {
    {{"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kLogFormats = {
    {{"text", "text"}, {"json", "json"}}};

template <size_t N>
void ReadWord(SectionReader& section,
              std::string_view key,
              std::string& value,
              const std::array<std::pair<std::string_view, std::string_view>, N>& words) {
  std::string_view word = value;
  section.ReadChoice<std::string_view>(key, word, words);
  value = word;
}

void RequirePositive(SectionReader& section, std::string_view key, Duration value) {
  if (value > Duration(0)) return;
  section.reading().Complain(section.PathOf(key),
                             fmt::format("{} is not more than 0", FormatDuration(value)));
}

WebhookConfig ReadWebhook(SectionReader section, const std::string& name) {
  WebhookConfig config;
  config.name = name;
  section.ReadSecret("url", config.url);
  ReadWord(section, "format", config.format, kWebhookFormats);
  section.Read("events", config.events);
  section.Read("families", config.families);
  section.ReadSecret("token", config.token);
  section.Read("timeout", config.timeout);
  RequirePositive(section, "timeout", config.timeout);
  if (!config.url.starts_with("http://") && !config.url.starts_with("https://")) {
    section.reading().Complain(section.PathOf("url"),
                               "is no URL; write it like \"https://hooks.example.com/x\"");
  }
  for (const std::string& event : config.events) {
    if (std::ranges::find(kEvents, event) != kEvents.end()) continue;
    section.reading().Complain(
        section.PathOf("events"),
        fmt::format("\"{}\" is no event; there are {}", event, fmt::join(kEvents, ", ")));
  }
  section.Finish();
  return config;
}

}  // namespace

NotifyConfig ReadNotify(SectionReader section) {
  NotifyConfig config;
  section.Read("retry_first", config.retry_first);
  section.Read("retry_last", config.retry_last);
  section.Read("give_up_after", config.give_up_after);
  RequirePositive(section, "retry_first", config.retry_first);
  RequirePositive(section, "retry_last", config.retry_last);
  RequirePositive(section, "give_up_after", config.give_up_after);
  SectionReader webhooks = section.Section("webhooks");
  for (const std::string& name : webhooks.Names()) {
    config.webhooks.push_back(ReadWebhook(webhooks.Section(name), name));
  }
  webhooks.Finish();
  section.Finish();
  return config;
}

PrometheusConfig ReadPrometheus(SectionReader section) {
  PrometheusConfig config;
  section.Read("use_task_family_in_labels", config.use_task_family_in_labels);
  section.Read("task_parameters_to_use_in_labels", config.task_parameters_to_use_in_labels);
  section.Read("label_sets_max", config.label_sets_max);
  if (!config.use_task_family_in_labels && config.task_parameters_to_use_in_labels.empty()) {
    section.reading().Complain(section.PathOf("use_task_family_in_labels"),
                               "leaves no label at all; name some in "
                               "task_parameters_to_use_in_labels");
  }
  if (config.label_sets_max < 1) {
    section.reading().Complain(section.PathOf("label_sets_max"),
                               fmt::format("{} is less than 1", config.label_sets_max));
  }
  section.Finish();
  return config;
}

LogConfig ReadLog(SectionReader section, std::string_view folder) {
  LogConfig config;
  ReadWord(section, "level", config.level, kLevels);
  ReadWord(section, "format", config.format, kLogFormats);
  section.Read("file", config.file);
  section.ReadSize("max_size", config.max_size);
  section.Read("keep", config.keep);
  section.Read("access", config.access);
  section.Read("events", config.events);
  if (config.max_size < 64 << 10) {
    section.reading().Complain(section.PathOf("max_size"),
                               fmt::format("{} bytes are less than 64KiB", config.max_size));
  }
  if (!config.file.empty()) config.file = PathBelow(folder, config.file);
  section.Finish();
  return config;
}

}  // namespace headrace::config
