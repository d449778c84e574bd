// The engine's figures: written by the engine thread, read by any, without locks.

#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace headrace::engine {

// Counts values in buckets that grow by an eighth of a power of two, so a quantile is at most 12 %
// too high. One thread adds.
class Histogram {
 public:
  void Add(uint64_t value) {
    Bump(buckets_[BucketOf(value)], 1);
    Bump(sum_, value);
    Bump(count_, 1);
  }

  uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  uint64_t sum() const { return sum_.load(std::memory_order_relaxed); }

  // How many of them are at most `value`, to the grain of the buckets.
  uint64_t CountUpTo(uint64_t value) const;
  // The value that `share` (0.99) of all do not exceed; zero when there are none.
  uint64_t Quantile(double share) const;

 private:
  static constexpr size_t kSteps = 8;  // buckets for each power of two
  static constexpr size_t kBuckets = 62 * kSteps;

  static size_t BucketOf(uint64_t value);
  static uint64_t LastOf(size_t bucket);
  // One writer: a load and a store, not a locked instruction.
  static void Bump(std::atomic<uint64_t>& counter, uint64_t by) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<std::atomic<uint64_t>, kBuckets> buckets_{};
  std::atomic<uint64_t> sum_{0};
  std::atomic<uint64_t> count_{0};
};

struct EngineMetrics {
  Histogram commit_us;     // time of one append, the sync included
  Histogram commit_bytes;  // of records
  Histogram batch_commands;
  std::atomic<uint64_t> records{0};
  std::atomic<uint64_t> journal_bytes{0};  // on the disk; looked at now and then
  std::atomic<bool> disk_full{false};      // commands are being refused
};

}  // namespace headrace::engine
