// Parsing (first half) and the search for ticks (second half): day by day through the calendar,
// then bit by bit through hours, minutes and seconds, one offset period of the zone at a time.

#include "base/cron.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <fmt/format.h>
#include <span>
#include <vector>

#include "base/suggest.h"

namespace headrace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::year_month_day;

namespace {

constexpr days kHorizon{50 * 366};  // how far a tick is looked for
constexpr int kPeriodsMax = 1000;   // offset periods in that time, amply
constexpr size_t kTextBytesMax = 1000;

constexpr std::array<std::string_view, 7> kWeekdayNames = {
    "sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::array<std::string_view, 12> kMonthNames = {
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};

struct FieldRules {
  std::string_view name;
  int low;
  int high;
  std::span<const std::string_view> names;  // of low, low + 1, …
};

enum FieldIndex : size_t { kMinute, kHour, kDay, kMonth, kWeekday, kSecond };

constexpr std::array<FieldRules, 6> kFields = {{
    {"minute", 0, 59, {}},
    {"hour", 0, 23, {}},
    {"day of month", 1, 31, {}},
    {"month", 1, 12, kMonthNames},
    {"day of week", 0, 7, kWeekdayNames},
    {"second", 0, 59, {}},
}};

struct Alias {
  std::string_view name;
  std::string_view fields;
};

constexpr std::array<Alias, 7> kAliases = {{{"@hourly", "0 * * * *"},
                                            {"@daily", "0 0 * * *"},
                                            {"@midnight", "0 0 * * *"},
                                            {"@weekly", "0 0 * * 0"},
                                            {"@monthly", "0 0 1 * *"},
                                            {"@yearly", "0 0 1 1 *"},
                                            {"@annually", "0 0 1 1 *"}}};

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::vector<std::string_view> Split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find_first_of(separators, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// The number `text` is, -1 when it is none. Three digits are more than any field has.
int NumberOf(std::string_view text) {
  if (text.empty() || text.size() > 3) return -1;
  int number = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

// Fills a Cron from lower-case text. One object a parse.
class CronParser {
 public:
  static Result<Cron> Parse(std::string_view text);

 private:
  struct Range {
    int low;
    int high;  // below `low`: it wraps
  };

  Result<void> ParseField(size_t index, std::string_view text);
  Result<void> ParseItem(std::string_view item);
  Result<void> ParseWeekdayOfMonth(std::string_view item);
  Result<Range> ParseRange(std::string_view text, bool has_step);
  Result<int> ParseValue(std::string_view text);
  void Add(Range range, int step);

  std::unexpected<Error> Wrong(std::string_view what) const {
    return Fail(ErrorCode::kInvalid,
                fmt::format("field {} ({}): {}", index_ + 1, Rules().name, what));
  }
  const FieldRules& Rules() const { return kFields[index_]; }

  Cron cron_;
  size_t index_ = 0;     // of the field that is being parsed
  uint64_t values_ = 0;  // its values
  bool any_ = false;     // it holds a plain *
};

Result<Cron> CronParser::Parse(std::string_view text) {
  if (text.size() > kTextBytesMax) return Fail(ErrorCode::kInvalid, "longer than 1000 characters");
  std::string lower = LowerCase(text);
  std::vector<std::string_view> fields;
  for (std::string_view part : Split(lower, " \t\n\r")) {
    if (!part.empty()) fields.push_back(part);
  }
  if (!fields.empty() && fields[0].starts_with('@')) {
    std::vector<std::string_view> names;
    std::string_view meaning;
    for (const Alias& alias : kAliases) {
      names.push_back(alias.name);
      if (alias.name == fields[0] && fields.size() == 1) meaning = alias.fields;
    }
    if (meaning.empty()) {
      const std::string_view nearest = Nearest(fields[0], names);
      return Fail(
          ErrorCode::kInvalid,
          fmt::format("'{}' is not a schedule{}",
                      text,
                      nearest.empty() ? "; there are @hourly, @daily, @weekly, @monthly, @yearly"
                                      : fmt::format(", did you mean '{}'?", nearest)));
    }
    fields = Split(meaning, " ");
  }
  if (fields.size() != 5 && fields.size() != 6) {
    return Fail(
        ErrorCode::kInvalid,
        fmt::format("{} fields in '{}'; 5 are needed: minute, hour, day of month, month, day of "
                    "week (and a second as 6th, if wanted)",
                    fields.size(),
                    text));
  }
  CronParser parser;
  parser.cron_.text_ = std::string(text);
  for (size_t i = 0; i < fields.size(); ++i) TRY(parser.ParseField(i, fields[i]));
  const LocalTime leap_year = local_days(std::chrono::year(2000) / 1 / 1);
  if (!parser.cron_.NextLocal(leap_year)) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("'{}' never happens: no such day in these months", text));
  }
  return std::move(parser.cron_);
}

Result<void> CronParser::ParseField(size_t index, std::string_view text) {
  index_ = index;
  values_ = 0;
  any_ = false;
  for (std::string_view item : Split(text, ",")) TRY(ParseItem(item));
  switch (index) {
    case kMinute: cron_.minutes_ = values_; break;
    case kHour: cron_.hours_ = values_; break;
    case kDay:
      cron_.days_ = values_;
      cron_.any_day_ = any_;
      break;
    case kMonth: cron_.months_ = values_; break;
    case kWeekday:
      cron_.weekdays_ = values_;
      cron_.any_weekday_ = any_;
      break;
    default: cron_.seconds_ = values_; break;
  }
  if ((index == kMinute || index == kHour) && text.starts_with('*')) cron_.follows_hours_ = true;
  return {};
}

// One member of a field's list: *, a value, a range, each with or without a step; or one of the
// special forms of the day fields.
Result<void> CronParser::ParseItem(std::string_view item) {
  if (item.empty()) return Wrong("an empty entry; remove the extra comma");
  const bool is_day = index_ == kDay || index_ == kWeekday;
  if (index_ == kDay && item == "l") {
    cron_.last_day_ = true;
    return {};
  }
  if (index_ == kWeekday && (item.contains('#') || (item[0] == 'l' && item.size() > 1))) {
    return ParseWeekdayOfMonth(item);
  }
  const size_t slash = item.find('/');
  const bool has_step = slash != std::string_view::npos;
  int step = 1;
  if (has_step) {
    step = NumberOf(item.substr(slash + 1));
    if (step < 1) {
      return Wrong(
          fmt::format("step '{}' in '{}' is not a number above 0", item.substr(slash + 1), item));
    }
  }
  const std::string_view base = item.substr(0, slash);
  if (base == "*" || (base == "?" && is_day && !has_step)) {
    if (!has_step) any_ = true;
    Add(Range{Rules().low, index_ == kWeekday ? 6 : Rules().high}, step);
    return {};
  }
  Add(TRY(ParseRange(base, has_step)), step);
  return {};
}

// "fri#2": the second Friday; "lfri" or "l5": the last.
Result<void> CronParser::ParseWeekdayOfMonth(std::string_view item) {
  const size_t hash = item.find('#');
  if (hash == std::string_view::npos) {
    const int weekday = TRY(ParseValue(item.substr(1))) % 7;
    cron_.nth_weekdays_[static_cast<size_t>(weekday)] |= Cron::kLastWeekday;
    return {};
  }
  const int nth = NumberOf(item.substr(hash + 1));
  if (nth < 1 || nth > 5) {
    return Wrong(
        fmt::format("'{}': the number after # is 1 to 5, the first to fifth of a month", item));
  }
  const int weekday = TRY(ParseValue(item.substr(0, hash))) % 7;
  auto& bits = cron_.nth_weekdays_[static_cast<size_t>(weekday)];
  bits = static_cast<uint8_t>(bits | 1u << nth);
  return {};
}

Result<CronParser::Range> CronParser::ParseRange(std::string_view text, bool has_step) {
  const size_t dash = text.find('-', 1);
  if (dash == std::string_view::npos) {
    const int value = TRY(ParseValue(text));
    if (has_step) return Range{value, index_ == kWeekday ? 6 : Rules().high};
    return Range{value, value};
  }
  const int low = TRY(ParseValue(text.substr(0, dash)));
  const std::string_view end = text.substr(dash + 1);
  const int high = index_ == kDay && end == "l" ? 31 : TRY(ParseValue(end));
  if (low == high) {
    return Wrong(
        fmt::format("range '{}' begins where it ends; write {} or *", text, text.substr(0, dash)));
  }
  return Range{low, high};
}

Result<int> CronParser::ParseValue(std::string_view text) {
  const FieldRules& rules = Rules();
  for (size_t i = 0; i < rules.names.size(); ++i) {
    if (text == rules.names[i]) return static_cast<int>(i) + rules.low;
  }
  const int value = NumberOf(text);
  if (value >= rules.low && value <= rules.high) return value;
  if (value >= 0) return Wrong(fmt::format("{} is not in {}-{}", text, rules.low, rules.high));
  if (rules.names.empty()) {
    return Wrong(fmt::format("'{}' is not a number in {}-{}", text, rules.low, rules.high));
  }
  return Wrong(fmt::format("'{}' is not in {}-{} or {}-{}{}",
                           text,
                           rules.low,
                           rules.high,
                           rules.names.front(),
                           rules.names.back(),
                           DidYouMean(text, rules.names)));
}

// Steps go on across the wrap: hours 22-4/3 are 22, 1 and 4.
void CronParser::Add(Range range, int step) {
  const int size = index_ == kWeekday ? 7 : Rules().high - Rules().low + 1;
  const int last = range.high < range.low ? range.high + size : range.high;
  for (int value = range.low; value <= last; value += step) {
    values_ |= uint64_t{1} << ((value - Rules().low) % size + Rules().low);
  }
}

Result<Cron> Cron::Parse(std::string_view text) {
  return CronParser::Parse(text);
}

namespace {

// The lowest set bit that is not below `from`, the highest that is not above `until`; -1: none.
int NextBit(uint64_t bits, int from) {
  if (from > 63) return -1;
  const uint64_t left = bits & (~uint64_t{0} << from);
  return left == 0 ? -1 : std::countr_zero(left);
}

int LastBit(uint64_t bits, int until) {
  if (until < 0) return -1;
  const uint64_t left = bits & (~uint64_t{0} >> (63 - until));
  return left == 0 ? -1 : 63 - std::countl_zero(left);
}

struct DayTime {
  int hour;
  int minute;
  int second;
};

DayTime SplitDay(seconds since_midnight) {
  const auto total = static_cast<int>(since_midnight.count());
  return DayTime{total / 3600, total / 60 % 60, total % 60};
}

seconds Joined(int hour, int minute, int second) {
  return hours(hour) + minutes(minute) + seconds(second);
}

LocalTime LocalAt(Timestamp at, seconds offset) {
  return LocalTime(floor<seconds>(at.time_since_epoch()) + offset);
}

Timestamp InstantAt(LocalTime local, seconds offset) {
  return Timestamp(local.time_since_epoch() - offset);
}

// Years that the calendar types can hold, amply inside.
bool IsInCalendar(Timestamp at) {
  return at > Timestamp(std::chrono::sys_days(std::chrono::year(1) / 1 / 1)) &&
         at < Timestamp(std::chrono::sys_days(std::chrono::year(9000) / 1 / 1));
}

}  // namespace

bool Cron::MatchesDay(local_days day) const {
  const year_month_day date(day);
  const auto number = static_cast<unsigned>(date.day());
  const auto last = static_cast<unsigned>((date.year() / date.month() / std::chrono::last).day());
  const unsigned weekday = std::chrono::weekday(day).c_encoding();
  const bool day_matches = (days_ >> number & 1) != 0 || (last_day_ && number == last);
  const uint8_t nth = nth_weekdays_[weekday];
  const bool weekday_matches = (weekdays_ >> weekday & 1) != 0 ||
                               (nth >> ((number - 1) / 7 + 1) & 1) != 0 ||
                               ((nth & kLastWeekday) != 0 && number + 7 > last);
  if (any_day_) return any_weekday_ || weekday_matches;
  if (any_weekday_) return day_matches;
  return day_matches || weekday_matches;
}

std::optional<LocalTime> Cron::NextLocal(LocalTime from) const {
  const auto first_day = floor<days>(from);
  DayTime time = SplitDay(from - first_day);
  for (local_days day = first_day; day <= first_day + kHorizon;) {
    const year_month_day date(day);
    if ((months_ >> static_cast<unsigned>(date.month()) & 1) == 0) {
      day = local_days(year_month_day(date.year() / date.month() / std::chrono::last)) + days(1);
      time = {};
      continue;
    }
    if (MatchesDay(day)) {
      for (int hour = NextBit(hours_, time.hour); hour >= 0; hour = NextBit(hours_, hour + 1)) {
        if (hour > time.hour) time.minute = time.second = 0;
        for (int m = NextBit(minutes_, time.minute); m >= 0; m = NextBit(minutes_, m + 1)) {
          const int second =
              NextBit(seconds_, hour == time.hour && m == time.minute ? time.second : 0);
          if (second >= 0) return day + Joined(hour, m, second);
        }
      }
    }
    day += days(1);
    time = {};
  }
  return std::nullopt;
}

std::optional<LocalTime> Cron::LastLocal(LocalTime until) const {
  constexpr DayTime kDayEnd{23, 59, 59};
  const auto first_day = floor<days>(until);
  DayTime time = SplitDay(until - first_day);
  for (local_days day = first_day; day >= first_day - kHorizon;) {
    const year_month_day date(day);
    if ((months_ >> static_cast<unsigned>(date.month()) & 1) == 0) {
      day = local_days(date.year() / date.month() / 1) - days(1);
      time = kDayEnd;
      continue;
    }
    if (MatchesDay(day)) {
      for (int hour = LastBit(hours_, time.hour); hour >= 0; hour = LastBit(hours_, hour - 1)) {
        if (hour < time.hour) time.minute = time.second = 59;
        for (int m = LastBit(minutes_, time.minute); m >= 0; m = LastBit(minutes_, m - 1)) {
          const bool is_limit = hour == time.hour && m == time.minute;
          const int second = LastBit(seconds_, is_limit ? time.second : 59);
          if (second >= 0) return day + Joined(hour, m, second);
        }
      }
    }
    day -= days(1);
    time = kDayEnd;
  }
  return std::nullopt;
}

std::optional<Timestamp> Cron::Next(Timestamp after, const TimeZoneRules& zone) const {
  if (!IsInCalendar(after)) return std::nullopt;
  OffsetPeriod period = zone.PeriodAt(after);
  LocalTime from = LocalAt(after, period.offset) + seconds(1);
  if (!follows_hours_ && period.begin != Timestamp::min()) {
    // The first pass through a repeated hour has used its times up.
    const seconds before = zone.PeriodAt(period.begin - Duration(1)).offset;
    from = std::max(from, LocalAt(period.begin, before));
  }
  std::optional<LocalTime> hit = NextLocal(from);
  for (int i = 0; hit && i < kPeriodsMax; ++i) {
    if (period.end == Timestamp::max()) return InstantAt(*hit, period.offset);
    if (InstantAt(*hit, period.offset) < period.end) return InstantAt(*hit, period.offset);
    const LocalTime old_clock = LocalAt(period.end, period.offset);
    period = zone.PeriodAt(period.end);
    const LocalTime new_clock = LocalAt(period.begin, period.offset);
    if (!follows_hours_ && *hit >= old_clock && *hit < new_clock) return period.begin;  // skipped
    const LocalTime next_from = follows_hours_ ? new_clock : std::max(old_clock, new_clock);
    if (next_from < old_clock || *hit < next_from) hit = NextLocal(next_from);
  }
  return std::nullopt;
}

std::optional<Timestamp> Cron::LastUntil(Timestamp at, const TimeZoneRules& zone) const {
  if (!IsInCalendar(at)) return std::nullopt;
  OffsetPeriod period = zone.PeriodAt(at);
  LocalTime until = LocalAt(at, period.offset);
  for (int i = 0; i < kPeriodsMax; ++i) {
    const std::optional<LocalTime> hit = LastLocal(until);
    if (period.begin == Timestamp::min()) {
      return hit ? std::optional(InstantAt(*hit, period.offset)) : std::nullopt;
    }
    const OffsetPeriod before = zone.PeriodAt(period.begin - Duration(1));
    const LocalTime old_clock = LocalAt(period.begin, before.offset);
    const LocalTime new_clock = LocalAt(period.begin, period.offset);
    const LocalTime lowest = follows_hours_ ? new_clock : std::max(old_clock, new_clock);
    if (hit && *hit >= lowest) return InstantAt(*hit, period.offset);
    if (!follows_hours_ && old_clock < new_clock) {
      const std::optional<LocalTime> skipped = LastLocal(new_clock - seconds(1));
      if (skipped && *skipped >= old_clock) return period.begin;
    }
    if (!hit && floor<days>(until) < floor<days>(LocalAt(at, seconds(0))) - kHorizon) break;
    until = old_clock - seconds(1);
    period = before;
  }
  return std::nullopt;
}

}  // namespace headrace
