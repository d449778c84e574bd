// Cron expressions: which times they name, what daylight saving does to them, and what is said
// about a bad one. The golden file compares thousands of ticks with croniter
// (tests/cron/golden.py).

#include "base/cron.h"

#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

namespace headrace {
namespace {

const TimeZoneRules& Zone(const std::string& name) {
  static std::map<std::string, std::unique_ptr<const TimeZoneRules>> zones;
  auto& zone = zones[name];
  if (!zone) zone = LoadTimeZone(name).value();
  return *zone;
}

Cron Parsed(std::string_view text) {
  auto cron = Cron::Parse(text);
  if (!cron) throw std::runtime_error(std::string(text) + ": " + cron.error().message);
  return *cron;
}

std::string ErrorOf(std::string_view text) {
  const auto cron = Cron::Parse(text);
  return cron ? "" : cron.error().message;
}

// The first `count` ticks after a local time, on local clocks with their offset.
std::vector<std::string> Ticks(std::string_view text,
                               std::string_view after,
                               size_t count,
                               const std::string& zone_name = "UTC") {
  const TimeZoneRules& zone = Zone(zone_name);
  std::vector<std::string> ticks;
  Timestamp at = ParseIso(after, zone).value();
  for (size_t i = 0; i < count; ++i) {
    at = Parsed(text).Next(at, zone).value();
    ticks.push_back(FormatIso(at, zone));
  }
  return ticks;
}

using Texts = std::vector<std::string>;

TEST(Cron, FieldsNameMinuteHourDayMonthWeekday) {
  EXPECT_EQ(Ticks("5 * * * *", "2026-03-01T09:05", 2),
            (Texts{"2026-03-01T10:05:00Z", "2026-03-01T11:05:00Z"}));
  EXPECT_EQ(Ticks("*/20 9-10 * * *", "2026-03-01T09:30", 3),
            (Texts{"2026-03-01T09:40:00Z", "2026-03-01T10:00:00Z", "2026-03-01T10:20:00Z"}));
  EXPECT_EQ(Ticks("0 0 1 JAN,jul *", "2026-03-01", 2),
            (Texts{"2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z"}));
  EXPECT_EQ(Ticks("0 22-1 * * *", "2026-03-01T12:00", 4),
            (Texts{"2026-03-01T22:00:00Z",
                   "2026-03-01T23:00:00Z",
                   "2026-03-02T00:00:00Z",
                   "2026-03-02T01:00:00Z"}));
  EXPECT_EQ(Ticks("0 0 * * 7", "2026-03-01", 1), (Texts{"2026-03-08T00:00:00Z"}));
}

TEST(Cron, SixthFieldIsTheSecond) {
  EXPECT_EQ(Ticks("0 0 * * * 15/30", "2026-03-01T00:00:00", 3),
            (Texts{"2026-03-01T00:00:15Z", "2026-03-01T00:00:45Z", "2026-03-02T00:00:15Z"}));
}

TEST(Cron, DayOfMonthOrDayOfWeekWhenBothAreGiven) {
  EXPECT_EQ(Ticks("0 0 13 * FRI", "2026-03-01", 4),
            (Texts{"2026-03-06T00:00:00Z",
                   "2026-03-13T00:00:00Z",
                   "2026-03-20T00:00:00Z",
                   "2026-03-27T00:00:00Z"}));
  EXPECT_EQ(Ticks("0 0 ? * FRI", "2026-03-01", 1), (Texts{"2026-03-06T00:00:00Z"}));
}

TEST(Cron, LastDayAndNthWeekdayOfAMonth) {
  EXPECT_EQ(Ticks("0 0 L * *", "2028-02-01", 2),
            (Texts{"2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z"}));
  EXPECT_EQ(Ticks("0 0 * * FRI#2", "2026-03-01", 1), (Texts{"2026-03-13T00:00:00Z"}));
  EXPECT_EQ(Ticks("0 0 * * L5", "2026-03-01", 1), (Texts{"2026-03-27T00:00:00Z"}));
}

TEST(Cron, AliasesStandForFiveFields) {
  EXPECT_EQ(Ticks("@hourly", "2026-03-01T09:05", 1), (Texts{"2026-03-01T10:00:00Z"}));
  EXPECT_EQ(Ticks("@weekly", "2026-03-02", 1), (Texts{"2026-03-08T00:00:00Z"}));
  EXPECT_EQ(Ticks("@Yearly", "2026-03-02", 1), (Texts{"2027-01-01T00:00:00Z"}));
}

TEST(Cron, LeapDayIsFoundAcrossTheCenturyWithoutOne) {
  EXPECT_EQ(Ticks("0 0 29 2 *", "2096-03-01", 1), (Texts{"2104-02-29T00:00:00Z"}));
}

TEST(Cron, SkippedWallClockTimesTickOnceWhenTheClocksJump) {
  // Berlin: 02:00 becomes 03:00 on 2026-03-29.
  EXPECT_EQ(Ticks("30 2 * * *", "2026-03-28T03:00", 2, "Europe/Berlin"),
            (Texts{"2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"}));
  EXPECT_EQ(Ticks("0,20,40 2 * * *", "2026-03-28T03:00", 2, "Europe/Berlin"),
            (Texts{"2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"}));
  EXPECT_EQ(Ticks("30 2,3 * * *", "2026-03-28T04:00", 2, "Europe/Berlin"),
            (Texts{"2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00"}));
}

TEST(Cron, RepeatedWallClockTimeTicksOnceWhenItComesFirst) {
  EXPECT_EQ(Ticks("30 2 * * *", "2026-10-24T03:00", 2, "Europe/Berlin"),
            (Texts{"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"}));
  EXPECT_EQ(
      Ticks("0 0-5 * * *", "2026-10-25T01:00", 3, "Europe/Berlin"),
      (Texts{
          "2026-10-25T02:00:00+02:00", "2026-10-25T03:00:00+01:00", "2026-10-25T04:00:00+01:00"}));
}

TEST(Cron, ScheduleOfEveryHourFollowsTheHoursAsTheyPass) {
  EXPECT_EQ(Ticks("5 * * * *", "2026-10-25T01:05", 4, "Europe/Berlin"),
            (Texts{"2026-10-25T02:05:00+02:00",
                   "2026-10-25T02:05:00+01:00",
                   "2026-10-25T03:05:00+01:00",
                   "2026-10-25T04:05:00+01:00"}));
  EXPECT_EQ(Ticks("5 * * * *", "2026-03-29T01:00", 2, "Europe/Berlin"),
            (Texts{"2026-03-29T01:05:00+01:00", "2026-03-29T03:05:00+02:00"}));
  EXPECT_EQ(Ticks("*/30 2 * * *", "2026-10-25T01:05", 5, "Europe/Berlin"),
            (Texts{"2026-10-25T02:00:00+02:00",
                   "2026-10-25T02:30:00+02:00",
                   "2026-10-25T02:00:00+01:00",
                   "2026-10-25T02:30:00+01:00",
                   "2026-10-26T02:00:00+01:00"}));
  EXPECT_EQ(Ticks("*/30 2 * * *", "2026-03-29T01:05", 1, "Europe/Berlin"),
            (Texts{"2026-03-30T02:00:00+02:00"}));
}

TEST(Cron, HalfAnHourOfDaylightSavingAndALostDay) {
  // Lord Howe: 02:00 becomes 02:30 on 2026-10-04 and 01:30 on 2026-04-05.
  EXPECT_EQ(Ticks("15 2 * * *", "2026-10-03T12:00", 2, "Australia/Lord_Howe"),
            (Texts{"2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"}));
  EXPECT_EQ(Ticks("45 1 * * *", "2026-04-04T12:00", 2, "Australia/Lord_Howe"),
            (Texts{"2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"}));
  // Apia had no 2011-12-30.
  EXPECT_EQ(
      Ticks("0 12 * * *", "2011-12-29T00:00", 3, "Pacific/Apia"),
      (Texts{
          "2011-12-29T12:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T12:00:00+14:00"}));
}

TEST(Cron, BadFieldIsNamedWithItsValueAndWhatWouldBeRight) {
  EXPECT_EQ(ErrorOf("0 25 * * *"), "field 2 (hour): 25 is not in 0-23");
  EXPECT_EQ(ErrorOf("60 * * * *"), "field 1 (minute): 60 is not in 0-59");
  EXPECT_EQ(ErrorOf("0 0 0 * *"), "field 3 (day of month): 0 is not in 1-31");
  EXPECT_EQ(ErrorOf("0 0 * jna *"),
            "field 4 (month): 'jna' is not in 1-12 or jan-dec, did you mean 'jan'?");
  EXPECT_EQ(ErrorOf("0 0 * * 8"), "field 5 (day of week): 8 is not in 0-7");
  EXPECT_EQ(ErrorOf("*/0 * * * *"), "field 1 (minute): step '0' in '*/0' is not a number above 0");
  EXPECT_EQ(ErrorOf("1,,2 * * * *"), "field 1 (minute): an empty entry; remove the extra comma");
  EXPECT_EQ(ErrorOf("x * * * *"), "field 1 (minute): 'x' is not a number in 0-59");
  EXPECT_EQ(ErrorOf("0 5-5 * * *"),
            "field 2 (hour): range '5-5' begins where it ends; write 5 or *");
  EXPECT_EQ(
      ErrorOf("0 0 * * 5#6"),
      "field 5 (day of week): '5#6': the number after # is 1 to 5, the first to fifth of a month");
  EXPECT_EQ(ErrorOf("@hourli"), "'@hourli' is not a schedule, did you mean '@hourly'?");
  EXPECT_EQ(ErrorOf("0 0 31 2,4 *"), "'0 0 31 2,4 *' never happens: no such day in these months");
  EXPECT_EQ(ErrorOf("0 * * *"),
            "4 fields in '0 * * *'; 5 are needed: minute, hour, day of month, month, day of week "
            "(and a second as 6th, if wanted)");
  for (std::string_view text : {"",
                                "* * * * * * *",
                                "-1 * * * *",
                                "1- * * * *",
                                "? * * * *",
                                "* * 15w * *",
                                "h * * * *",
                                "0 0 L-3 * *",
                                "1/ * * * *"}) {
    EXPECT_NE(ErrorOf(text), "") << text;
  }
}

// One line a case: zone|expression|after|tick tick …, as seconds since the epoch.
TEST(Cron, TicksAreTheOnesOfTheGoldenFile) {
  std::ifstream file(CRON_GOLDEN_FILE);
  std::string line;
  size_t cases = 0;
  while (std::getline(file, line)) {
    if (line.starts_with('#')) continue;
    std::istringstream fields(line);
    std::string zone, text, after, ticks;
    std::getline(fields, zone, '|');
    std::getline(fields, text, '|');
    std::getline(fields, after, '|');
    std::getline(fields, ticks);
    std::istringstream numbers(ticks);
    Timestamp at{std::chrono::seconds(std::stoll(after))};
    const Cron cron = Parsed(text);
    int64_t expected = 0;
    while (numbers >> expected) {
      const Timestamp before = at;
      at = cron.Next(before, Zone(zone)).value();
      ASSERT_EQ(at.time_since_epoch() / std::chrono::seconds(1), expected)
          << line << "\nafter " << FormatIso(before, Zone(zone)) << ": "
          << FormatIso(at, Zone(zone));
      EXPECT_EQ(cron.LastUntil(at, Zone(zone)), at) << line;
      EXPECT_LE(cron.LastUntil(at - Duration(1), Zone(zone)).value(), before) << line;
    }
    ++cases;
  }
  EXPECT_GE(cases, 1500u);
}

// LastUntil is Next seen from the other side, through many changes of clocks.
TEST(Cron, LastUntilFindsTheTicksThatNextFinds) {
  for (const char* name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe"}) {
    for (std::string_view text : {"*/7 * * * *",
                                  "30 2 * * *",
                                  "15 1-3 * * *",
                                  "0 */2 * * *",
                                  "0 2 * * SUN",
                                  "*/30 2 L * *",
                                  "5,35 1,2 1-7 * * 0,30"}) {
      const Cron cron = Parsed(text);
      Timestamp at = ParseIso("2026-03-01", Zone(name)).value();
      at = cron.Next(at, Zone(name)).value();
      for (int i = 0; i < 2000; ++i) {
        const Timestamp next = cron.Next(at, Zone(name)).value();
        ASSERT_GT(next, at);
        ASSERT_EQ(cron.LastUntil(next - Duration(1), Zone(name)), at)
            << text << " in " << name << " before " << FormatIso(next, Zone(name));
        at = next;
      }
    }
  }
}

}  // namespace
}  // namespace headrace
