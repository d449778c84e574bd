// strftime without the C locale, and the braces around it.

#include "base/time_template.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/check.h"
#include "base/suggest.h"

namespace headrace {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::seconds;
using std::chrono::year_month_day;

constexpr std::string_view kConversions = "YmdHMSyjFTRaAbBeIpGVuwsz%";
constexpr std::string_view kDefaultFormat = "%Y-%m-%dT%H:%M:%S";

constexpr std::array<std::string_view, 7> kWeekdays = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"January",
                                                      "February",
                                                      "March",
                                                      "April",
                                                      "May",
                                                      "June",
                                                      "July",
                                                      "August",
                                                      "September",
                                                      "October",
                                                      "November",
                                                      "December"};

struct IsoWeek {
  int year;
  int week;
};

// The week of a day is the week of its Thursday, numbered in the year of that Thursday.
IsoWeek IsoWeekOf(std::chrono::local_days day) {
  const unsigned weekday = std::chrono::weekday(day).iso_encoding();
  const std::chrono::local_days thursday = day + days(4 - static_cast<int>(weekday));
  const year_month_day date(thursday);
  const auto since_new_year = thursday - std::chrono::local_days(date.year() / 1 / 1);
  return IsoWeek{static_cast<int>(date.year()), static_cast<int>(since_new_year.count()) / 7 + 1};
}

std::string FormatOffset(seconds offset) {
  const std::chrono::hh_mm_ss shift(std::chrono::abs(offset));
  return fmt::format("{}{:02}{:02}",
                     offset < seconds(0) ? '-' : '+',
                     shift.hours().count(),
                     shift.minutes().count());
}

// One instant taken apart once, for all conversions of a format.
class Moment {
 public:
  Moment(Timestamp at, const TimeZoneRules& zone)
      : at_(at),
        offset_(zone.PeriodAt(at).offset),
        local_(zone.ToLocal(at)),
        day_(floor<days>(local_)),
        date_(day_),
        time_(local_ - day_) {}

  std::string Convert(char conversion) const {
    const int hour = static_cast<int>(time_.hours().count());
    switch (conversion) {
      case 'Y': return fmt::format("{:04}", Year());
      case 'm': return fmt::format("{:02}", Month());
      case 'd': return fmt::format("{:02}", Day());
      case 'H': return fmt::format("{:02}", hour);
      case 'M': return fmt::format("{:02}", time_.minutes().count());
      case 'S': return fmt::format("{:02}", time_.seconds().count());
      case 'F': return fmt::format("{:04}-{:02}-{:02}", Year(), Month(), Day());
      case 'R': return Convert('H') + ":" + Convert('M');
      case 'T': return Convert('R') + ":" + Convert('S');
      case 'e': return fmt::format("{:2}", Day());
      case 'I': return fmt::format("{:02}", hour % 12 == 0 ? 12 : hour % 12);
      case 'p': return hour < 12 ? "AM" : "PM";
      case 's': return fmt::format("{}", floor<seconds>(at_.time_since_epoch()).count());
      case 'z': return FormatOffset(offset_);
      case '%': return "%";
      default: return ConvertCalendar(conversion);
    }
  }

 private:
  std::string ConvertCalendar(char conversion) const {
    const std::chrono::weekday weekday(day_);
    const std::string_view weekday_name = kWeekdays[weekday.c_encoding()];
    const std::string_view month_name = kMonths[Month() - 1];
    switch (conversion) {
      case 'y': return fmt::format("{:02}", Year() % 100);
      case 'j': {
        const auto since_new_year = day_ - std::chrono::local_days(date_.year() / 1 / 1);
        return fmt::format("{:03}", since_new_year.count() + 1);
      }
      case 'a': return std::string(weekday_name.substr(0, 3));
      case 'A': return std::string(weekday_name);
      case 'b': return std::string(month_name.substr(0, 3));
      case 'B': return std::string(month_name);
      case 'G': return fmt::format("{:04}", IsoWeekOf(day_).year);
      case 'V': return fmt::format("{:02}", IsoWeekOf(day_).week);
      case 'u': return fmt::format("{}", weekday.iso_encoding());
      case 'w': return fmt::format("{}", weekday.c_encoding());
      default: return std::string("%") + conversion;
    }
  }

  int Year() const { return static_cast<int>(date_.year()); }
  unsigned Month() const { return static_cast<unsigned>(date_.month()); }
  unsigned Day() const { return static_cast<unsigned>(date_.day()); }

  const Timestamp at_;
  const seconds offset_;
  const LocalTime local_;
  const std::chrono::local_days day_;
  const year_month_day date_;
  const std::chrono::hh_mm_ss<seconds> time_;
};

// `position` is that of the format's first character in the template, counted from 1.
Result<void> CheckFormat(std::string_view format, size_t position) {
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (i + 1 == format.size()) {
      return Fail(ErrorCode::kInvalid,
                  fmt::format("character {}: a single % at the end; write %%", position + i));
    }
    if (!kConversions.contains(format[++i])) {
      return Fail(
          ErrorCode::kInvalid,
          fmt::format("character {}: %{} is not a conversion; there are %Y %m %d %H %M %S %y "
                      "%j %F %T %R %a %A %b %B %e %I %p %G %V %u %w %s %z %%",
                      position + i - 1,
                      format[i]));
    }
  }
  return {};
}

std::string Joined(std::span<const std::string_view> names) {
  std::string text;
  for (std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

}  // namespace

Result<TimeTemplate> TimeTemplate::Parse(std::string_view text,
                                         std::span<const std::string_view> names) {
  TimeTemplate result;
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c == '{' || c == '}') && text.substr(i + 1, 1) == text.substr(i, 1)) {
      plain += c;
      ++i;
      continue;
    }
    if (c == '}') {
      return Fail(ErrorCode::kInvalid,
                  fmt::format("character {}: a single '}}'; write '}}}}' for a brace", i + 1));
    }
    if (c != '{') {
      plain += c;
      continue;
    }
    const size_t end = text.find('}', i);
    if (end == std::string_view::npos) {
      return Fail(ErrorCode::kInvalid,
                  fmt::format("character {}: '{{' without '}}'; write '{{{{' for a brace", i + 1));
    }
    const std::string_view inside = text.substr(i + 1, end - i - 1);
    const size_t colon = inside.find(':');
    const std::string_view name = inside.substr(0, colon);
    if (std::ranges::find(names, name) == names.end()) {
      const std::string_view nearest = Nearest(name, names);
      return Fail(ErrorCode::kInvalid,
                  fmt::format("character {}: unknown name '{}'{}",
                              i + 2,
                              name,
                              nearest.empty() ? "; there are " + Joined(names)
                                              : fmt::format(", did you mean '{}'?", nearest)));
    }
    std::string_view format = kDefaultFormat;
    if (colon != std::string_view::npos) {
      format = inside.substr(colon + 1);
      TRY(CheckFormat(format, i + 1 + colon + 2));
    }
    if (!plain.empty()) result.parts_.push_back(Part{"", std::move(plain)});
    plain.clear();
    result.parts_.push_back(Part{std::string(name), std::string(format)});
    i = end;
  }
  if (!plain.empty()) result.parts_.push_back(Part{"", std::move(plain)});
  return result;
}

std::string TimeTemplate::Format(std::span<const Value> values, const TimeZoneRules& zone) const {
  std::string text;
  for (const Part& part : parts_) {
    if (part.name.empty()) {
      text += part.text;
      continue;
    }
    const auto value =
        std::ranges::find_if(values, [&](const Value& v) { return v.name == part.name; });
    CHECK(value != values.end());
    text += FormatTime(part.text, value->at, zone);
  }
  return text;
}

std::string FormatTime(std::string_view format, Timestamp at, const TimeZoneRules& zone) {
  const Moment moment(at, zone);
  std::string text;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '%' && i + 1 < format.size())
      text += moment.Convert(format[++i]);
    else
      text += format[i];
  }
  return text;
}

}  // namespace headrace
