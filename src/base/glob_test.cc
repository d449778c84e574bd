// Patterns for task families.

#include "base/glob.h"

#include <gtest/gtest.h>

namespace headrace {
namespace {

TEST(Glob, StarsCoverAnyRunAndQuestionMarksOneCharacter) {
  EXPECT_TRUE(MatchesGlob("EmrJob", "Emr*"));
  EXPECT_TRUE(MatchesGlob("team.EmrJob", "*.Emr*"));
  EXPECT_TRUE(MatchesGlob("Ab", "A?"));
  EXPECT_TRUE(MatchesGlob("", "*"));
  EXPECT_TRUE(MatchesGlob("aXbXc", "a*X*c"));
  EXPECT_FALSE(MatchesGlob("EmrJob", "emr*"));
  EXPECT_FALSE(MatchesGlob("EmrJob", "Emr"));
  EXPECT_FALSE(MatchesGlob("A", "A?"));
  EXPECT_FALSE(MatchesGlob("abc", "a*d"));
}

}  // namespace
}  // namespace headrace
