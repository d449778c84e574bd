// CompletenessIndex: which tasks were found complete a moment ago, so that many plans that share
// dependencies do not ask again for each of them (a complete() may be a request to a far store).
//
// Only "complete" is remembered, and only for some seconds: "incomplete" is what planning is there
// to see change. In memory; thread-safe.

#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/time.h"

namespace headrace::targets {

class CompletenessIndex {
 public:
  // `kept`: for how long an answer is believed; zero: not at all.
  explicit CompletenessIndex(Duration kept) : kept_(kept) {}

  // `key`: a task's id, with whatever else its completeness depends on.
  void Remember(const std::string& key, Timestamp checked_at);

  // When it was seen complete, if that is still believed.
  std::optional<Timestamp> Find(const std::string& key, Timestamp now) const;

  size_t size() const;

 private:
  const Duration kept_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Timestamp> seen_;
  size_t sweep_at_ = 1'000;  // entries; then those that are too old go
};

}  // namespace headrace::targets
