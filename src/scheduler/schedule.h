// Schedule: the intervals of a pipeline. A cron expression's ticks cut time into intervals; the run
// for [tick, next tick) is due when the interval is over.
//
//   ticks        |----------|----------|----------|
//   intervals    [   1      )[   2     )[   3     )
//   runs due                1          2          3
//
// A value type, pure: the time zone's rules come in as an argument and must outlive it.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/cron.h"
#include "base/error.h"
#include "base/time.h"
#include "base/time_zone.h"
#include "scheduler/types.h"

namespace headrace::scheduler {

struct Interval {
  Timestamp start;
  Timestamp end;
  friend bool operator==(const Interval&, const Interval&) = default;
};

class Schedule {
 public:
  // `start`: no interval begins before it; `end`: none ends after it. Zero: no such limit.
  static Result<Schedule> Make(std::string_view cron,
                               const TimeZoneRules& zone,
                               Timestamp start,
                               Timestamp end);

  // The first interval that starts at or after `at`; nullopt: there is none any more.
  std::optional<Interval> IntervalAfter(Timestamp at) const;

  // The start of the last `count` intervals that are over at `now`; nullopt when not so many are
  // since `from`. Looks at `count` ticks, however long ago `from` is.
  std::optional<Timestamp> StartOfLast(size_t count, Timestamp now, Timestamp from) const;

  // The interval that contains `at`.
  std::optional<Interval> IntervalAt(Timestamp at) const;

 private:
  Schedule(Cron cron, const TimeZoneRules& zone, Timestamp start, Timestamp end)
      : cron_(std::move(cron)), zone_(&zone), start_(start), end_(end) {}
  std::optional<Interval> Limited(Timestamp tick) const;

  Cron cron_;
  const TimeZoneRules* zone_;
  Timestamp start_;
  Timestamp end_;
};

// `templates` is a JSON object whose strings may name {interval_start:…} and {interval_end:…}
// (base/time_template.h). The same object with the times filled in. A template that is wrong stands
// as it is: the configuration has checked them.
std::string FillInParams(std::string_view templates,
                         const Interval& interval,
                         const TimeZoneRules& zone);

class State;
class TimeZones;
// Intervals of a pipeline that are over at `now` and have no run yet; counts to 1,000.
uint64_t IntervalsHeldBack(const State& state,
                           const TimeZones& zones,
                           PipelineId pipeline,
                           Timestamp now);

}  // namespace headrace::scheduler
