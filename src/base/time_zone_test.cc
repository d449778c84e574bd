// Zones: periods, local times that exist once, twice or never, and ISO 8601.

#include "base/time_zone.h"

#include <gtest/gtest.h>

namespace headrace {
namespace {

std::unique_ptr<const TimeZoneRules> Zone(std::string_view name) {
  auto zone = LoadTimeZone(name);
  if (!zone) ADD_FAILURE() << zone.error().message;
  return std::move(*zone);
}

Timestamp Utc(std::string_view text) {
  return ParseIso(text, UtcTimeZone{}).value();
}

LocalTime Local(std::string_view text) {
  return LocalTime(std::chrono::floor<std::chrono::seconds>(Utc(text).time_since_epoch()));
}

TEST(TimeZone, PeriodReachesFromOneChangeOfClocksToTheNext) {
  const auto berlin = Zone("Europe/Berlin");

  const OffsetPeriod summer = berlin->PeriodAt(Utc("2026-07-01"));

  EXPECT_EQ(summer.offset, std::chrono::hours(2));
  EXPECT_EQ(summer.begin, Utc("2026-03-29T01:00"));
  EXPECT_EQ(summer.end, Utc("2026-10-25T01:00"));
  EXPECT_EQ(berlin->PeriodAt(summer.begin), summer);
  EXPECT_EQ(berlin->PeriodAt(summer.begin - Duration(1)).end, summer.begin);
  EXPECT_EQ(berlin->PeriodAt(summer.end).begin, summer.end);
}

TEST(TimeZone, RulesGoOnAfter2037) {
  const auto berlin = Zone("Europe/Berlin");
  EXPECT_EQ(berlin->PeriodAt(Utc("2060-07-01")).offset, std::chrono::hours(2));
  EXPECT_EQ(berlin->PeriodAt(Utc("2060-12-01")).offset, std::chrono::hours(1));
}

TEST(TimeZone, LocalTimeExistsOnceTwiceOrNever) {
  const auto berlin = Zone("Europe/Berlin");

  const LocalInstants once = berlin->ToInstants(Local("2026-07-01T12:00"));
  EXPECT_EQ(once.first, Utc("2026-07-01T10:00"));
  EXPECT_FALSE(once.second || once.skipped);

  const LocalInstants twice = berlin->ToInstants(Local("2026-10-25T02:30"));
  EXPECT_EQ(twice.first, Utc("2026-10-25T00:30"));
  EXPECT_EQ(twice.second, Utc("2026-10-25T01:30"));

  const LocalInstants never = berlin->ToInstants(Local("2026-03-29T02:30"));
  EXPECT_TRUE(never.skipped);
  EXPECT_EQ(never.first, Utc("2026-03-29T01:00"));
}

TEST(TimeZone, ADayThatAPlaceLeftOutIsSkipped) {
  const auto apia = Zone("Pacific/Apia");
  const LocalInstants never = apia->ToInstants(Local("2011-12-30T12:00"));
  EXPECT_TRUE(never.skipped);
  EXPECT_EQ(never.first, Utc("2011-12-30T10:00"));
}

TEST(TimeZone, UtcIsOnePeriodAndNeedsNoFiles) {
  const auto utc = Zone("UTC");
  EXPECT_EQ(utc->PeriodAt(Utc("2026-01-01")),
            (OffsetPeriod{std::chrono::seconds(0), Timestamp::min(), Timestamp::max()}));
  EXPECT_EQ(utc->ToInstants(Local("2026-01-01T03:00")).first, Utc("2026-01-01T03:00"));
}

TEST(TimeZone, UnknownNameSuggestsTheNearest) {
  EXPECT_EQ(LoadTimeZone("Europe/Berln").error().message,
            "unknown time zone 'Europe/Berln', did you mean 'Europe/Berlin'?");
  EXPECT_EQ(LoadTimeZone("europe/berlin").error().message,
            "unknown time zone 'europe/berlin', did you mean 'Europe/Berlin'?");
  EXPECT_EQ(LoadTimeZone("nowhere at all").error().message,
            "unknown time zone 'nowhere at all': an IANA name such as 'UTC' or 'Europe/Berlin' is "
            "needed");
}

TEST(TimeZone, NameThatLeavesTheZoneFolderIsRefused) {
  for (std::string_view name : {"/etc/passwd", "../zoneinfo/UTC", "libc:localtime", "", "Europe"}) {
    EXPECT_FALSE(LoadTimeZone(name)) << name;
  }
}

TEST(Iso, TimeIsWrittenWithItsOffset) {
  EXPECT_EQ(FormatIso(Utc("2026-07-01T10:05:06"), *Zone("Europe/Berlin")),
            "2026-07-01T12:05:06+02:00");
  EXPECT_EQ(FormatIso(Utc("2026-07-01T10:05"), *Zone("America/New_York")),
            "2026-07-01T06:05:00-04:00");
  EXPECT_EQ(FormatIso(Utc("2026-07-01"), UtcTimeZone{}), "2026-07-01T00:00:00Z");
}

TEST(Iso, TimeWithoutOffsetIsLocal) {
  const auto berlin = Zone("Europe/Berlin");
  EXPECT_EQ(ParseIso("2026-07-01", *berlin), Utc("2026-06-30T22:00"));
  EXPECT_EQ(ParseIso("2026-07-01 10:00", *berlin), Utc("2026-07-01T08:00"));
  EXPECT_EQ(ParseIso("2026-07-01T10:00:30Z", *berlin), Utc("2026-07-01T10:00:30"));
  EXPECT_EQ(ParseIso("2026-07-01T10:00-0330", *berlin), Utc("2026-07-01T13:30"));
}

TEST(Iso, WhatIsNoTimeIsRefused) {
  for (std::string_view text : {"",
                                "2026",
                                "2026-13-01",
                                "2026-02-30",
                                "2026-01-01T25:00",
                                "2026-01-01T10",
                                "2026-01-01T10:00+",
                                "2026-01-01x"}) {
    EXPECT_FALSE(ParseIso(text, UtcTimeZone{})) << text;
  }
}

}  // namespace
}  // namespace headrace
