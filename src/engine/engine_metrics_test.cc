// The histogram: its quantiles are near the true ones, and never below.

#include "engine/engine_metrics.h"

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace headrace::engine {
namespace {

TEST(Histogram, EmptyOneHasZeroQuantiles) {
  const auto histogram = std::make_unique<Histogram>();
  EXPECT_EQ(histogram->Quantile(0.5), 0U);
}

TEST(Histogram, SmallValuesAreExact) {
  const auto histogram = std::make_unique<Histogram>();
  for (uint64_t value : {1U, 2U, 3U, 4U, 5U}) histogram->Add(value);
  EXPECT_EQ(histogram->Quantile(0.5), 3U);
  EXPECT_EQ(histogram->Quantile(1), 5U);
  EXPECT_EQ(histogram->sum(), 15U);
}

TEST(Histogram, QuantileIsAtMostAnEighthTooHigh) {
  for (const uint64_t seed : {1U, 2U, 3U}) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto histogram = std::make_unique<Histogram>();
    std::vector<uint64_t> values(1'000);
    for (uint64_t& value : values) {
      value = random() >> (random() % 63);
      histogram->Add(value);
    }
    std::ranges::sort(values);
    for (const double share : {0.01, 0.5, 0.9, 0.99, 1.0}) {
      const auto place = static_cast<size_t>(share * 1'000) - 1;
      const double exact = static_cast<double>(values[place]);
      const double got = static_cast<double>(histogram->Quantile(share));
      EXPECT_GE(got, exact);
      EXPECT_LE(got, exact * 1.126 + 1);
    }
  }
}

TEST(Histogram, CountUpToCountsWholeBuckets) {
  const auto histogram = std::make_unique<Histogram>();
  for (const uint64_t value : {1u, 5u, 100u, 1'000u}) histogram->Add(value);
  EXPECT_EQ(histogram->CountUpTo(0), 0u);
  EXPECT_EQ(histogram->CountUpTo(5), 2u);
  EXPECT_EQ(histogram->CountUpTo(999), 3u);
  EXPECT_EQ(histogram->CountUpTo(~uint64_t{0}), 4u);
}

TEST(Histogram, LargestValueHasABucket) {
  const auto histogram = std::make_unique<Histogram>();
  histogram->Add(~uint64_t{0});
  EXPECT_EQ(histogram->Quantile(1), ~uint64_t{0});
}

}  // namespace
}  // namespace headrace::engine
