// Keeps state.db behind the replica's state: gathers what changed and writes it about once a
// second, in slices, so that no read waits long.
//
// Lives on the replica thread.

#pragma once

#include <map>
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

  // Everything up to this commit is in the tables already: what changes by it is not written again.
  uint64_t Written() const { return tables_.CompleteTo(); }

  void Add(scheduler::Changes&& changes);

  // When there is something to write next; nullopt: nothing waits.
  std::optional<Timestamp> NextWrite() const;

  // Writes one slice of what waits. `state` is as of commit `at`.
  Result<void> Write(const scheduler::State& state, uint64_t at, Timestamp now);

 private:
  store::StateTables& tables_;
  scheduler::Changes waiting_;
  scheduler::Changes writing_;  // is being written, slice by slice
  uint64_t writing_to_ = 0;     // with the last slice of it, the tables are complete to this commit
  std::map<std::string, double, std::less<>> resources_;  // as they stand in the tables
  Timestamp last_write_;
};

}  // namespace headrace::engine
