// Decides when a snapshot is due, and writes it: whenever the journal has grown by as much as the
// last snapshot was long (and at least a little), so that writing snapshots costs no more than
// writing the journal, and a start reads at most about twice what there is.
//
// Lives on the replica thread, which applies nothing while it writes one: some 0.1 s for 100,000
// tasks. Workers do not notice; pages do not show what happened meanwhile until it is over.

#pragma once

#include <functional>

#include "base/time.h"
#include "scheduler/state.h"
#include "store/store.h"

namespace headrace::engine {

class SnapshotKeeper {
 public:
  // `bytes_min`: so much journal is never worth one; at a stop a sixteenth is, for a quick start.
  // `on_error`: it could not be written; the journal is kept instead, and it is tried again when
  // as much has been added once more.
  SnapshotKeeper(store::Snapshots& snapshots,
                 uint64_t bytes_min,
                 std::function<void(const Error&)> on_error)
      : snapshots_(snapshots), bytes_min_(bytes_min), on_error_(std::move(on_error)) {}

  // So many bytes of records were applied.
  void Count(size_t bytes) { bytes_ += bytes; }

  bool IsDue(bool at_end) const;
  // Writes one. `state` is as of commit `at`. True: it is durable, and the journal is needed only
  // from `at` + 1 on.
  bool Keep(const scheduler::State& state, store::CommitId at, Timestamp now);

 private:
  Result<void> Write(const scheduler::State& state, store::CommitId at, Timestamp now);

  store::Snapshots& snapshots_;
  const uint64_t bytes_min_;
  const std::function<void(const Error&)> on_error_;
  uint64_t bytes_ = 0;  // since the last one
};

}  // namespace headrace::engine
