// Zones from the system's tzdata, read by cctz; and ISO 8601 in and out.

#include "base/time_zone.h"

#include <algorithm>
#include <array>
#include <cctz/time_zone.h>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <limits>
#include <utility>
#include <vector>

#include "base/suggest.h"

namespace headrace {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::seconds;

// Beyond these cctz's answers mean little, and Timestamp's microseconds run out later still.
constexpr seconds kEarliest{-100'000'000'000};  // about the year -1199
constexpr seconds kLatest{100'000'000'000};     // about the year 5138
constexpr seconds kOffsetMax = std::chrono::hours(26);

constexpr std::string_view kZoneFolder = "/usr/share/zoneinfo";

std::string ZoneFolder() {
  const char* folder = std::getenv("TZDIR");
  return folder != nullptr && *folder != '\0' ? std::string(folder) : std::string(kZoneFolder);
}

class CctzTimeZone final : public TimeZoneRules {
 public:
  CctzTimeZone(std::string name, cctz::time_zone zone) : name_(std::move(name)), zone_(zone) {}

  OffsetPeriod PeriodAt(Timestamp at) const override;
  std::string_view Name() const override { return name_; }

 private:
  Timestamp InstantOf(const cctz::time_zone::civil_transition& transition) const {
    return Timestamp(zone_.lookup(transition.to).trans);
  }

  const std::string name_;
  const cctz::time_zone zone_;
};

OffsetPeriod CctzTimeZone::PeriodAt(Timestamp at) const {
  const seconds since_epoch = floor<seconds>(at.time_since_epoch());
  const cctz::time_point<seconds> point{std::clamp(since_epoch, kEarliest, kLatest)};
  OffsetPeriod period{seconds(zone_.lookup(point).offset), Timestamp::min(), Timestamp::max()};
  cctz::time_zone::civil_transition transition;
  // prev_transition looks strictly before its argument; a period contains its begin.
  if (zone_.prev_transition(point + seconds(1), &transition)) period.begin = InstantOf(transition);
  if (zone_.next_transition(point, &transition)) period.end = InstantOf(transition);
  return period;
}

// Every zone name under `folder`, for suggestions only: an unreadable folder means none.
std::vector<std::string> ZoneNames(const std::string& folder) {
  constexpr size_t kNamesMax = 5000;
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(folder, error), end;
  for (; !error && entry != end && names.size() < kNamesMax; entry.increment(error)) {
    std::string name = entry->path().lexically_relative(folder).string();
    if (name.starts_with("posix") || name.starts_with("right")) {
      entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_directory(error) && std::isupper(static_cast<unsigned char>(name[0]))) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

// A name is a path below the zone folder: letters, digits and "_+-/", never absolute, never "..".
bool IsZoneName(std::string_view name) {
  if (name.empty() || name.size() > 100 || name.front() == '/') return false;
  for (char c : name) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '+' ||
                       c == '-' || c == '/';
    if (!plain) return false;
  }
  return true;
}

// Takes `digits` decimal digits off the front of `text`; nothing when there are none.
std::optional<int> TakeNumber(std::string_view& text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  for (char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool TakeChar(std::string_view& text, std::string_view any_of) {
  if (text.empty() || !any_of.contains(text.front())) return false;
  text.remove_prefix(1);
  return true;
}

// "2026-03-01T10:05:07" with everything after the day optional; leaves the rest in `text`.
std::optional<LocalTime> TakeLocalTime(std::string_view& text) {
  const auto year = TakeNumber(text, 4);
  if (!year || !TakeChar(text, "-")) return std::nullopt;
  const auto month = TakeNumber(text, 2);
  if (!month || !TakeChar(text, "-")) return std::nullopt;
  const auto day = TakeNumber(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  LocalTime local = std::chrono::local_days(date);
  if (!TakeChar(text, "T ")) return local;
  const auto hour = TakeNumber(text, 2);
  if (!hour || !TakeChar(text, ":")) return std::nullopt;
  const auto minute = TakeNumber(text, 2);
  if (!minute) return std::nullopt;
  std::optional<int> second = 0;
  if (TakeChar(text, ":")) second = TakeNumber(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return local + std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second);
}

// "Z", "+01:00" or "+0100".
std::optional<seconds> TakeOffset(std::string_view& text) {
  if (TakeChar(text, "Z")) return seconds(0);
  const bool minus = text.starts_with('-');
  if (!TakeChar(text, "+-")) return std::nullopt;
  const auto hours = TakeNumber(text, 2);
  if (!hours) return std::nullopt;
  TakeChar(text, ":");
  const auto minutes = TakeNumber(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const seconds offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return minus ? -offset : offset;
}

}  // namespace

LocalTime TimeZoneRules::ToLocal(Timestamp at) const {
  const seconds since_epoch = floor<seconds>(at.time_since_epoch());
  return LocalTime(since_epoch + PeriodAt(at).offset);
}

// No offset exceeds a day or so: only the periods that close to `local` taken as UTC can show it.
LocalInstants TimeZoneRules::ToInstants(LocalTime local) const {
  const Timestamp as_utc{local.time_since_epoch()};
  LocalInstants found;
  size_t count = 0;
  OffsetPeriod period = PeriodAt(as_utc - kOffsetMax);
  for (;;) {
    const Timestamp at = as_utc - period.offset;
    if (at >= period.begin && at < period.end) {
      if (count++ == 0)
        found.first = at;
      else if (!found.second)
        found.second = at;
    }
    if (period.end == Timestamp::max() || period.end > as_utc + kOffsetMax) break;
    const OffsetPeriod next = PeriodAt(period.end);
    // The clock jumps from before `local` to after it.
    if (count == 0 && at >= period.end && as_utc - next.offset < next.begin) {
      return LocalInstants{.first = next.begin, .second = std::nullopt, .skipped = true};
    }
    period = next;
  }
  return found;
}

OffsetPeriod UtcTimeZone::PeriodAt(Timestamp) const {
  return OffsetPeriod{seconds(0), Timestamp::min(), Timestamp::max()};
}

Result<std::unique_ptr<const TimeZoneRules>> LoadTimeZone(std::string_view name) {
  if (name == "UTC") return std::make_unique<UtcTimeZone>();
  cctz::time_zone zone;
  if (IsZoneName(name) && name != "localtime" && cctz::load_time_zone(std::string(name), &zone)) {
    return std::make_unique<CctzTimeZone>(std::string(name), zone);
  }
  const std::string folder = ZoneFolder();
  const std::vector<std::string> names = ZoneNames(folder);
  if (names.empty()) {
    return Fail(
        ErrorCode::kNotFound,
        fmt::format(
            "time zone '{}': no time-zone data in {}; install tzdata, or use UTC", name, folder));
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::string_view nearest = Nearest(name, candidates);
  if (nearest.empty()) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("unknown time zone '{}': an IANA name such as 'UTC' or 'Europe/Berlin' "
                            "is needed",
                            name));
  }
  return Fail(ErrorCode::kNotFound,
              fmt::format("unknown time zone '{}', did you mean '{}'?", name, nearest));
}

std::string FormatIso(Timestamp at, const TimeZoneRules& zone) {
  const LocalTime local = zone.ToLocal(at);
  const auto day = floor<days>(local);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(local - day);
  const seconds offset = zone.PeriodAt(at).offset;
  const std::chrono::hh_mm_ss shift(std::chrono::abs(offset));
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
                                 static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()),
                                 static_cast<unsigned>(date.day()),
                                 time.hours().count(),
                                 time.minutes().count(),
                                 time.seconds().count());
  if (offset == seconds(0)) return text + "Z";
  return text + fmt::format("{}{:02}:{:02}",
                            offset < seconds(0) ? '-' : '+',
                            shift.hours().count(),
                            shift.minutes().count());
}

Result<Timestamp> ParseIso(std::string_view text, const TimeZoneRules& zone) {
  std::string_view rest = text;
  if (const std::optional<LocalTime> local = TakeLocalTime(rest)) {
    if (rest.empty()) return zone.ToInstants(*local).first;
    const std::optional<seconds> offset = TakeOffset(rest);
    if (offset && rest.empty()) return Timestamp(local->time_since_epoch() - *offset);
  }
  return Fail(ErrorCode::kInvalid,
              fmt::format("'{}' is not a date or time; write it like 2026-03-01, 2026-03-01T10:05 "
                          "or 2026-03-01T10:05:00+01:00",
                          text));
}

}  // namespace headrace
