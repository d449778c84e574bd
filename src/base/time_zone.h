// Time zones: when the wall clocks of a place show what.
//
// TimeZoneRules is what pure code is handed (the scheduler never loads anything). A zone is a row
// of periods with a constant offset from UTC; everything else follows from that:
//
//   instants   ──────────────┬───────────────────────┬──────────────▶
//   offset        +1:00      │        +2:00          │    +1:00
//   wall clock   … 01:59:59  │ 03:00:00 … 02:59:59   │ 02:00:00 …
//                            └ skipped: 02:00–03:00  └ repeated: 02:00–03:00
//
// All of it is immutable once made, so it may be shared between threads.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace headrace {

// What a wall clock shows, as seconds since 1970-01-01T00:00:00 on that same clock.
using LocalTime = std::chrono::local_seconds;

// A stretch of time in which wall clocks run at one offset.
struct OffsetPeriod {
  std::chrono::seconds offset;  // wall clock minus UTC
  Timestamp begin;              // Timestamp::min() when there is nothing before
  Timestamp end;                // exclusive; Timestamp::max() when there is nothing after

  friend bool operator==(const OffsetPeriod&, const OffsetPeriod&) = default;
};

// The instants at which a wall clock shows one local time. Exactly one of the three cases:
//   unique    first set, second empty
//   repeated  both set, first < second
//   skipped   first is the end of the gap (the instant at which clocks jump over it), skipped true
struct LocalInstants {
  Timestamp first;
  std::optional<Timestamp> second;
  bool skipped = false;
};

class TimeZoneRules {
 public:
  virtual ~TimeZoneRules() = default;

  // The period that contains `at`. Whole seconds; total over all representable times.
  virtual OffsetPeriod PeriodAt(Timestamp at) const = 0;

  // The IANA name.
  virtual std::string_view Name() const = 0;

  // What a wall clock shows at `at`, rounded down to the second.
  LocalTime ToLocal(Timestamp at) const;

  LocalInstants ToInstants(LocalTime local) const;
};

// UTC without any files: one period, for ever.
class UtcTimeZone final : public TimeZoneRules {
 public:
  OffsetPeriod PeriodAt(Timestamp at) const override;
  std::string_view Name() const override { return "UTC"; }
};

// Reads the zone `name` ("Europe/Berlin") from the system's tzdata; "UTC" needs no files. Fails
// with kNotFound and, where a name is near, the name that was probably meant.
Result<std::unique_ptr<const TimeZoneRules>> LoadTimeZone(std::string_view name);

// "2026-03-01T10:05:00+01:00": for messages and the command line.
std::string FormatIso(Timestamp at, const TimeZoneRules& zone);

// Reads "2026-03-01", "2026-03-01T10:05", "…:07", each with an optional "Z" or "+01:00"; without
// one it is a time on the wall clocks of `zone` (a skipped time: the end of the gap; a repeated
// one: the first). A space may stand for the T.
Result<Timestamp> ParseIso(std::string_view text, const TimeZoneRules& zone);

}  // namespace headrace
