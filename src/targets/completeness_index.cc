// A map that is swept when it has doubled.

#include "targets/completeness_index.h"

#include <algorithm>

namespace headrace::targets {

void CompletenessIndex::Remember(const std::string& key, Timestamp checked_at) {
  if (kept_ <= Duration{}) return;
  const std::lock_guard lock(mutex_);
  Timestamp& seen = seen_[key];
  seen = std::max(seen, checked_at);
  if (seen_.size() < sweep_at_) return;
  std::erase_if(seen_, [&](const auto& entry) { return entry.second + kept_ < checked_at; });
  sweep_at_ = std::max<size_t>(1'000, 2 * seen_.size());
}

std::optional<Timestamp> CompletenessIndex::Find(const std::string& key, Timestamp now) const {
  const std::lock_guard lock(mutex_);
  const auto found = seen_.find(key);
  // A clock that was set back makes no answer last longer.
  if (found == seen_.end() || found->second + kept_ < now || found->second > now) {
    return std::nullopt;
  }
  return found->second;
}

size_t CompletenessIndex::size() const {
  const std::lock_guard lock(mutex_);
  return seen_.size();
}

}  // namespace headrace::targets
