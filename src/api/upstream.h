// Luigi's upstream status: what, above all else, a pending task waits for.

#pragma once

#include <string_view>
#include <unordered_map>

#include "scheduler/state.h"

namespace headrace::api {

// Remembers what it computed: one for a read.
class Upstream {
 public:
  explicit Upstream(const scheduler::State& state) : state_(state) {}

  // "", UPSTREAM_RUNNING, UPSTREAM_MISSING_INPUT, UPSTREAM_FAILED or UPSTREAM_DISABLED.
  std::string_view StatusOf(scheduler::TaskId task);

 private:
  enum class Rank : uint8_t { kNone, kRunning, kMissing, kFailed, kDisabled, kOpen };
  // What needs no look at its dependencies; kOpen where they decide.
  Rank OwnRank(const scheduler::Task& task) const;

  const scheduler::State& state_;
  std::unordered_map<scheduler::TaskId, Rank> known_;
};

}  // namespace headrace::api
