// Keeps state.db behind the replica's state: gathers what changed and writes it about once a
// second, in slices, so that no read waits long.
//
// Lives on the replica thread.

#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "scheduler/state.h"
#include "store/state_tables.h"

namespace headrace::engine {

class TableWriter {
 public:
  static constexpr Duration kPeriod = std::chrono::seconds(1);
  static constexpr size_t kRowsMax = 2'000;  // a slice: some 4 ms

  explicit TableWriter(store::StateTables& tables) : tables_(tables) {}

  // What changed by commit `at`; nothing is kept of it if the tables hold it already.
  void Add(uint64_t at, scheduler::Changes&& changes);

  // When there is something to write next; nullopt: nothing waits.
  std::optional<Timestamp> NextWrite() const;

  // Writes one slice of what waits. `state` is as of commit `at`. After an error (a full disk, say)
  // the same slice is tried again a period later.
  Result<void> Write(const scheduler::State& state, uint64_t at, Timestamp now);

 private:
  // Moves up to kRowsMax rows of `writing_` into `slice_`.
  void Cut(const scheduler::State& state);

  store::StateTables& tables_;
  scheduler::Changes waiting_;
  scheduler::Changes writing_;  // is being written, slice by slice
  uint64_t added_to_ = 0;       // the last commit that was added
  uint64_t writing_to_ = 0;     // with its last slice the tables are complete to this commit
  store::TableChanges slice_;   // the next to write; kept until it is written
  bool slice_waits_ = false;
  Timestamp last_write_;
};

}  // namespace headrace::engine
