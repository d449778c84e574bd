// Templates with times in them: "{interval_start:%Y-%m-%dT%H}" becomes "2026-03-01T09".
//
//   text        as it stands; {{ and }} are a brace
//   {name}      the time `name` as 2026-03-01T09:05:00
//   {name:fmt}  the time `name` by strftime's conversions, those below and no others:
//               %Y %m %d %H %M %S  %y %j %F %T %R  %a %A %b %B %e %I %p  %G %V %u %w  %s %z %%
//
// Names of days and months are English, whatever the machine's locale. Pure; a value type.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "base/time_zone.h"

namespace headrace {

class TimeTemplate {
 public:
  struct Value {
    std::string_view name;
    Timestamp at;
  };

  // `names` are the times that there will be. The message says at which character what is wrong.
  static Result<TimeTemplate> Parse(std::string_view text, std::span<const std::string_view> names);

  // `values` holds every name that Parse() was given. On the wall clocks of `zone`.
  std::string Format(std::span<const Value> values, const TimeZoneRules& zone) const;

 private:
  struct Part {
    std::string name;  // empty: `text` is plain
    std::string text;  // plain text, or the strftime format
  };

  std::vector<Part> parts_;
};

// One time by a strftime format of the conversions above; others stand as they are.
std::string FormatTime(std::string_view format, Timestamp at, const TimeZoneRules& zone);

}  // namespace headrace
