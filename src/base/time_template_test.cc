// Templates: what they become and what is wrong with a bad one.

#include "base/time_template.h"

#include <array>

#include <gtest/gtest.h>

namespace headrace {
namespace {

constexpr std::array<std::string_view, 2> kNames = {"interval_start", "interval_end"};

// With interval_start at 2026-07-01T21:05:09Z and interval_end an hour later.
std::string Formatted(std::string_view text, std::string_view zone = "UTC") {
  const auto parsed = TimeTemplate::Parse(text, kNames);
  if (!parsed) return "error: " + parsed.error().message;
  const Timestamp start = ParseIso("2026-07-01T21:05:09", UtcTimeZone{}).value();
  const std::array<TimeTemplate::Value, 2> values = {
      {{kNames[0], start}, {kNames[1], start + std::chrono::hours(1)}}};
  return parsed->Format(values, *LoadTimeZone(zone).value());
}

TEST(TimeTemplate, TimesStandInTheirFormatAndZone) {
  EXPECT_EQ(Formatted("{interval_start:%Y-%m-%dT%H}"), "2026-07-01T21");
  EXPECT_EQ(Formatted("{interval_end:%F %T}", "Europe/Berlin"), "2026-07-02 00:05:09");
  EXPECT_EQ(Formatted("s3://b/{interval_start:%Y/%m}/{interval_end:%H}.csv"),
            "s3://b/2026/07/22.csv");
  EXPECT_EQ(Formatted("{interval_start}"), "2026-07-01T21:05:09");
  EXPECT_EQ(Formatted("plain, {{braces}}"), "plain, {braces}");
  EXPECT_EQ(Formatted(""), "");
}

TEST(TimeTemplate, EveryConversionIsStrftimes) {
  EXPECT_EQ(Formatted("{interval_start:%y %j %R %a %A %b %B %e %I %p %G %V %u %w %s %z %%}"),
            "26 182 21:05 Wed Wednesday Jul July  1 09 PM 2026 27 3 3 1782939909 +0000 %");
  EXPECT_EQ(Formatted("{interval_start:%z}", "America/St_Johns"), "-0230");
}

TEST(TimeTemplate, MistakeIsNamedWithItsPlaceAndRemedy) {
  EXPECT_EQ(Formatted("x{interval_strt:%H}"),
            "error: character 3: unknown name 'interval_strt', did you mean 'interval_start'?");
  EXPECT_EQ(Formatted("{now}"),
            "error: character 2: unknown name 'now'; there are interval_start, interval_end");
  EXPECT_EQ(Formatted("ab{interval_start"),
            "error: character 3: '{' without '}'; write '{{' for a brace");
  EXPECT_EQ(Formatted("ab}"), "error: character 3: a single '}'; write '}}' for a brace");
  EXPECT_EQ(Formatted("{interval_start:%H%}"),
            "error: character 19: a single % at the end; write %%");
  EXPECT_TRUE(Formatted("{interval_start:%Q}").starts_with("error: character 17: %Q is not a "));
}

}  // namespace
}  // namespace headrace
