// Which word is suggested for a mistyped one, and when none is.

#include "base/suggest.h"

#include <array>

#include <gtest/gtest.h>

namespace headrace {
namespace {

constexpr std::array<std::string_view, 4> kKeys = {"retry", "retry_delay", "listen", "store"};

TEST(Suggest, DistanceCountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(EditDistance("listen", "listen"), 0u);
  EXPECT_EQ(EditDistance("listn", "listen"), 1u);
  EXPECT_EQ(EditDistance("lisetn", "listen"), 1u);
  EXPECT_EQ(EditDistance("LISTEN", "listen"), 0u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
}

TEST(Suggest, NearestWordIsSuggestedAndAFarOneIsNot) {
  EXPECT_EQ(Nearest("lisen", kKeys), "listen");
  EXPECT_EQ(Nearest("retry_dealy", kKeys), "retry_delay");
  EXPECT_EQ(Nearest("banana", kKeys), "");
  EXPECT_EQ(Nearest("", kKeys), "");
  EXPECT_EQ(DidYouMean("stroe", kKeys), ", did you mean 'store'?");
  EXPECT_EQ(DidYouMean("banana", kKeys), "");
}

}  // namespace
}  // namespace headrace
