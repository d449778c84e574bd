// Cron expressions: when a schedule ticks.
//
//   5   *   1   *   MON-FRI   [30]
//   │   │   │   │   │          └ second        0-59, if there is a sixth field
//   │   │   │   │   └─────────── day of week   0-7 or SUN-SAT; 0 and 7 are Sunday
//   │   │   │   └─────────────── month         1-12 or JAN-DEC
//   │   │   └─────────────────── day of month  1-31, L is the last
//   │   └─────────────────────── hour          0-23
//   └─────────────────────────── minute        0-59
//
// Each field is a list (1,15) of *, a value, a range (9-17; FRI-MON wraps), each with an optional
// step (*/10, 9-17/2, 5/15: from 5 to the end). In the day of week FRI#2 is the second Friday of a
// month and LFRI the last. ? is the same as *. Names may be in any case. @hourly @daily @midnight
// @weekly @monthly @yearly @annually stand for the usual five fields.
//
// Which days: when both day fields say something else than *, a day that matches either of them
// does (the rule of Vixie's cron). A step on a star (*/2) does say something.
//
// Daylight saving. An expression whose minute or hour field begins with * follows the hours as they
// pass: it ticks in each of the two repeated hours, and nothing is due for a skipped one. Any other
// expression names wall-clock times: a repeated time ticks once, when it comes first; a skipped
// time ticks at the instant at which the clocks jump over it, once for all that was skipped.
//
// A value type, pure: time-zone rules come in as an argument.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "base/time_zone.h"

namespace headrace {

class Cron {
 public:
  // The message names the field, what stands there and what would be right:
  // "field 2 (hour): 25 is not in 0-23". An expression that can never tick is an error too.
  static Result<Cron> Parse(std::string_view text);

  // The first tick after `after`. Nothing when there is none within fifty years.
  std::optional<Timestamp> Next(Timestamp after, const TimeZoneRules& zone) const;

  // The last tick that is not after `at`. Nothing when there is none within fifty years.
  std::optional<Timestamp> LastUntil(Timestamp at, const TimeZoneRules& zone) const;

  // As it was written.
  const std::string& Text() const { return text_; }

  friend bool operator==(const Cron& a, const Cron& b) { return a.text_ == b.text_; }

 private:
  friend class CronParser;

  Cron() = default;
  bool MatchesDay(std::chrono::local_days day) const;
  std::optional<LocalTime> NextLocal(LocalTime from) const;   // >= from
  std::optional<LocalTime> LastLocal(LocalTime until) const;  // <= until

  std::string text_;
  uint64_t seconds_ = 1;  // these: bit n is set when the value n matches
  uint64_t minutes_ = 0;
  uint64_t hours_ = 0;
  uint64_t days_ = 0;
  uint64_t months_ = 0;
  uint64_t weekdays_ = 0;                     // 0 is Sunday
  std::array<uint8_t, 7> nth_weekdays_{};     // by weekday: bit n is set for the nth of a month
  static constexpr uint8_t kLastWeekday = 1;  // bit 0 in there: the last of a month
  bool last_day_ = false;                     // L in the day of month
  bool any_day_ = false;                      // a plain * as day of month
  bool any_weekday_ = false;                  // a plain * as day of week
  bool follows_hours_ = false;                // minute or hour begin with *: see above
};

}  // namespace headrace
