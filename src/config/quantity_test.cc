// Durations, sizes and numbers as people write them.

#include "config/quantity.h"

#include <gtest/gtest.h>

namespace headrace::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Duration, UnitsAddUpAndAPlainNumberIsSeconds) {
  EXPECT_EQ(ParseDuration("90s"), seconds(90));
  EXPECT_EQ(ParseDuration("1m"), minutes(1));
  EXPECT_EQ(ParseDuration("1h30m"), minutes(90));
  EXPECT_EQ(ParseDuration(" 2d 12h "), hours(60));
  EXPECT_EQ(ParseDuration("1w"), hours(168));
  EXPECT_EQ(ParseDuration("500ms"), milliseconds(500));
  EXPECT_EQ(ParseDuration("1.5h"), minutes(90));
  EXPECT_EQ(ParseDuration("90"), seconds(90));
  EXPECT_EQ(ParseDuration("0.25"), milliseconds(250));
  EXPECT_EQ(ParseDuration("-1"), seconds(-1));
}

TEST(Duration, WhatIsNoneIsRefusedWithExamples) {
  EXPECT_EQ(
      ParseDuration("1 hour").error().message,
      "'1 hour' is not a duration; write it like 90s, 15m, 1h30m, 2d, or as a number of seconds");
  for (std::string_view text :
       {"", "m", "1x", "1m1h", "1h1h", "1h 30", "h1", "1..5s", "nan", "inf", "1e300", "-1h"}) {
    EXPECT_FALSE(ParseDuration(text)) << text;
  }
}

TEST(Duration, IsWrittenAsItIsRead) {
  for (std::string_view text : {"0s", "90m", "1h30m", "2d", "15s", "500ms", "1d1h1m1s1ms"}) {
    const Duration duration = ParseDuration(text).value();
    EXPECT_EQ(ParseDuration(FormatDuration(duration)), duration) << text;
  }
  EXPECT_EQ(FormatDuration(minutes(90)), "1h30m");
  EXPECT_EQ(FormatDuration(seconds(-1)), "-1");
}

TEST(Size, UnitsAreBinaryUnlessTheySayBytes) {
  EXPECT_EQ(ParseSize("64MiB"), 64u << 20);
  EXPECT_EQ(ParseSize("512k"), 512u << 10);
  EXPECT_EQ(ParseSize("10MB"), 10'000'000u);
  EXPECT_EQ(ParseSize("1.5 GiB"), 3u << 29);
  EXPECT_EQ(ParseSize("4096"), 4096u);
  EXPECT_EQ(FormatSize(64u << 20), "64MiB");
  EXPECT_EQ(FormatSize(1000), "1000");
  for (std::string_view text : {"", "MiB", "-1", "1 zb", "1e3"})
    EXPECT_FALSE(ParseSize(text)) << text;
}

TEST(Number, PythonsSpellingIsTaken) {
  EXPECT_EQ(ParseInteger(" +1_000 "), 1000);
  EXPECT_EQ(ParseNumber("1e3"), 1000.0);
  for (std::string_view text : {"_1", "1__0", "1.0", "0x1", "", "+-1"}) {
    EXPECT_FALSE(ParseInteger(text)) << text;
  }
}

TEST(Boolean, UsualWordsInAnyCase) {
  EXPECT_EQ(ParseBoolean("True"), true);
  EXPECT_EQ(ParseBoolean(" off "), false);
  EXPECT_EQ(ParseBoolean("maybe"), std::nullopt);
}

}  // namespace
}  // namespace headrace::config
