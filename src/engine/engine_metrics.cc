// The engine's figures. See engine_metrics.h.

#include "engine/engine_metrics.h"

#include <cmath>

namespace headrace::engine {

// Values below kSteps have a bucket each; above, a value's top four bits choose it.
size_t Histogram::BucketOf(uint64_t value) {
  if (value < kSteps) return static_cast<size_t>(value);
  const auto exponent = static_cast<size_t>(std::bit_width(value) - 1);
  const size_t step = static_cast<size_t>(value >> (exponent - 3)) % kSteps;
  return (exponent - 2) * kSteps + step;
}

uint64_t Histogram::LastOf(size_t bucket) {
  if (bucket < kSteps) return bucket;
  const size_t shift = bucket / kSteps - 1;
  const uint64_t first = (kSteps + bucket % kSteps) << shift;
  return first + (uint64_t{1} << shift) - 1;
}

uint64_t Histogram::CountUpTo(uint64_t value) const {
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < kBuckets && LastOf(bucket) <= value; ++bucket) {
    seen += buckets_[bucket].load(std::memory_order_relaxed);
  }
  return seen;
}

uint64_t Histogram::Quantile(double share) const {
  const uint64_t all = count();
  if (all == 0) return 0;
  const auto wanted = static_cast<uint64_t>(std::ceil(share * static_cast<double>(all)));
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += buckets_[bucket].load(std::memory_order_relaxed);
    if (seen >= wanted) return LastOf(bucket);
  }
  return LastOf(kBuckets - 1);
}

}  // namespace headrace::engine
