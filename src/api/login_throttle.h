// LoginThrottle: how often somebody may be wrong. Each key (an address, a user's name) has a bucket
// of mistakes that refills with time; when it is empty, further tries are refused unseen.
//
// Knows no secrets and no clock. One thread at a time.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace headrace::api {

class LoginThrottle {
 public:
  static constexpr double kMistakesMax = 10;  // at once
  static constexpr Duration kRefill = std::chrono::seconds(6);
  static constexpr size_t kKeysMax = 20'000;

  // Zero: it may try. Else how long it should wait.
  Duration WaitOf(std::string_view key, Timestamp now) const;
  // True: this mistake was the last one it had.
  bool AddMistake(std::string_view key, Timestamp now, double cost = 1);

  size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    double left = kMistakesMax;  // as of `at`
    Timestamp at;
  };
  static double Left(const Bucket& bucket, Timestamp now);
  void DropFull(Timestamp now);

  std::unordered_map<std::string, Bucket> buckets_;  // of those who made mistakes lately
};

}  // namespace headrace::api
