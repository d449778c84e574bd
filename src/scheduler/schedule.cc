// Intervals between ticks, and parameters that name them.

#include "scheduler/schedule.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_text.h"
#include "base/time_template.h"

namespace headrace::scheduler {

Result<Schedule> Schedule::Make(std::string_view cron,
                                const TimeZoneRules& zone,
                                Timestamp start,
                                Timestamp end) {
  return Schedule(TRY(Cron::Parse(cron)), zone, start, end);
}

std::optional<Interval> Schedule::IntervalAfter(Timestamp at) const {
  const Timestamp from = std::max(at, start_);
  const auto tick = cron_.Next(from - Duration(1), *zone_);
  if (!tick) return std::nullopt;
  return Limited(*tick);
}

std::optional<Interval> Schedule::IntervalAt(Timestamp at) const {
  const auto tick = cron_.LastUntil(at, *zone_);
  if (!tick || *tick < start_) return std::nullopt;
  return Limited(*tick);
}

std::optional<Timestamp> Schedule::StartOfLast(size_t count, Timestamp now, Timestamp from) const {
  const Timestamp lowest = std::max(from, start_);
  auto tick = cron_.LastUntil(end_ == Timestamp{} ? now : std::min(now, end_), *zone_);
  for (size_t i = 0; i < count && tick; ++i) {
    if (*tick <= lowest) return std::nullopt;
    tick = cron_.LastUntil(*tick - Duration(1), *zone_);
  }
  return tick && *tick >= lowest ? tick : std::nullopt;
}

std::optional<Interval> Schedule::Limited(Timestamp tick) const {
  const auto next = cron_.Next(tick, *zone_);
  if (!next || (end_ != Timestamp{} && *next > end_)) return std::nullopt;
  return Interval{.start = tick, .end = *next};
}

std::string FillInParams(std::string_view templates,
                         const Interval& interval,
                         const TimeZoneRules& zone) {
  static constexpr std::array<std::string_view, 2> kNames = {"interval_start", "interval_end"};
  const std::array<TimeTemplate::Value, 2> values = {
      {{"interval_start", interval.start}, {"interval_end", interval.end}}};
  std::vector<std::pair<std::string, std::vector<std::string>>> filled;
  for (const auto& [name, text] : JsonStrings(templates)) {
    const auto parsed = TimeTemplate::Parse(text, kNames);
    filled.push_back({name, {parsed ? parsed->Format(values, zone) : text}});
  }
  return JsonObjectOf(filled, std::vector<bool>(filled.size(), false));
}

}  // namespace headrace::scheduler
