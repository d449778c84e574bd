// What is remembered, and for how long.

#include "targets/completeness_index.h"

#include <gtest/gtest.h>

namespace headrace::targets {
namespace {

using std::chrono::seconds;

constexpr Timestamp kNoon{seconds(1'000'000)};

TEST(CompletenessIndex, AnswerIsBelievedForItsTimeAndNoLonger) {
  CompletenessIndex index(seconds(5));
  index.Remember("A_1", kNoon);

  EXPECT_EQ(index.Find("A_1", kNoon + seconds(5)), kNoon);
  EXPECT_FALSE(index.Find("A_1", kNoon + seconds(6)));
  EXPECT_FALSE(index.Find("A_2", kNoon));
}

TEST(CompletenessIndex, OlderLookDoesNotUndoANewerOne) {
  CompletenessIndex index(seconds(5));
  index.Remember("A_1", kNoon);
  index.Remember("A_1", kNoon - seconds(3));

  EXPECT_EQ(index.Find("A_1", kNoon), kNoon);
}

TEST(CompletenessIndex, ClockThatWasSetBackEndsTheBelief) {
  CompletenessIndex index(seconds(5));
  index.Remember("A_1", kNoon);

  EXPECT_FALSE(index.Find("A_1", kNoon - seconds(60)));
}

TEST(CompletenessIndex, WithoutATimeNothingIsRemembered) {
  CompletenessIndex index(Duration{});
  index.Remember("A_1", kNoon);

  EXPECT_FALSE(index.Find("A_1", kNoon));
}

TEST(CompletenessIndex, WhatIsTooOldGoes) {
  CompletenessIndex index(seconds(5));
  for (int i = 0; i < 100'000; ++i) {
    index.Remember("A_" + std::to_string(i), kNoon + std::chrono::milliseconds(i * 100));
  }

  EXPECT_LE(index.size(), 1'000U);
}

}  // namespace
}  // namespace headrace::targets
