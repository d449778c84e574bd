// Buckets of mistakes.

#include "api/login_throttle.h"

#include <algorithm>

namespace headrace::api {

double LoginThrottle::Left(const Bucket& bucket, Timestamp now) {
  const double refilled =
      std::chrono::duration<double>(now - bucket.at) / std::chrono::duration<double>(kRefill);
  return std::clamp(bucket.left + std::max(refilled, 0.0), 0.0, kMistakesMax);
}

Duration LoginThrottle::WaitOf(std::string_view key, Timestamp now) const {
  const auto found = buckets_.find(std::string(key));
  if (found == buckets_.end()) return Duration::zero();
  const double left = Left(found->second, now);
  if (left >= 1) return Duration::zero();
  return std::chrono::duration_cast<Duration>(kRefill * (1 - left));
}

bool LoginThrottle::AddMistake(std::string_view key, Timestamp now, double cost) {
  if (buckets_.size() >= kKeysMax) DropFull(now);
  Bucket& bucket = buckets_.try_emplace(std::string(key), Bucket{kMistakesMax, now}).first->second;
  const double left = Left(bucket, now);
  bucket = {std::max(left - cost, 0.0), now};
  return left >= 1 && bucket.left < 1;
}

// Who is forgiven takes no room; when nobody is, all are: memory has a limit, guessing still one.
void LoginThrottle::DropFull(Timestamp now) {
  std::erase_if(buckets_, [&](const auto& at) { return Left(at.second, now) >= kMistakesMax; });
  if (buckets_.size() >= kKeysMax) buckets_.clear();
}

}  // namespace headrace::api
