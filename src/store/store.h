// The durable state, as the engine sees it: a journal of group commits (the truth) and the state
// tables (store/state_tables.h), a copy of it that people can query.
//
//   Store --- Journal      what happened: one row a group commit, appended; trimmed at its old end
//         |-- Snapshots    what the trimmed part of it came to, as records
//         \-- StateTables  what all of it came to: one row a task, attempt, run, ...
//
// The store knows records as text only: JSON lines, each with its final newline. Implementations:
// SQLite (store/sqlite_store.h). Every one passes store/journal_conformance.h,
// store/snapshot_conformance.h and store/tables_conformance.h. The format and what is promised
// about it: docs/journal.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "store/state_tables.h"

namespace headrace::store {

// 1, 2, 3, ... without gaps; 0 stands before the first commit.
using CommitId = uint64_t;

// Which life of the store this is: raised by one whenever it is opened for writing.
using Epoch = uint64_t;

enum class Durability : uint8_t {
  kFsync,  // an acknowledged commit survives the loss of power
  kOs,     // it survives the death of the process (kill -9), but not of the machine
};

// One group commit as the journal keeps it. `records` lives as long as the callback that gets it.
struct Commit {
  CommitId id = 0;
  Timestamp at;
  Epoch epoch = 0;
  std::string_view records;
};

// The append-only truth. Lives on one thread at a time: recovery's and then the engine's.
class Journal {
 public:
  static constexpr size_t kRecordsBytesMax = 256 << 20;  // of one commit
  static constexpr size_t kTrimRowsMax = 1'000;  // of one Trim(): the next commit waits for it

  using Visitor = std::function<Result<void>(const Commit&)>;

  virtual ~Journal() = default;

  // Makes `records` (whole lines, at least one) the next commit: durable when this returns.
  // An error kFull says that nothing was written and that the very same call may be made again.
  // After any other error it is unknown what is on the disk: the process has to stop, and the
  // journal CHECKs that nobody appends again.
  virtual Result<CommitId> Append(std::string_view records, Timestamp at) = 0;

  // House-keeping (a checkpoint) that is due from time to time, for after a commit's answers have
  // gone out. Errors as in Append(); a full disk is none.
  virtual Result<void> Maintain() = 0;

  // Hands over every commit from `first` on, in order, and stops at the first error, be it the
  // visitor's. Damage is an error kCorrupt that names the place: a commit that is missing (also one
  // that was trimmed), or whose checksum does not fit.
  virtual Result<void> ReadFrom(CommitId first, const Visitor& visitor) = 0;

  // Deletes the oldest commits below `before`, at most kTrimRowsMax; how many it were. The newest
  // commit always stays, since ids go on from it.
  virtual Result<size_t> Trim(CommitId before) = 0;

  // Forgets all commits; the next one is `last` + 1. For a snapshot that knows more than a journal
  // whose newest commits a loss of power took (durability "os").
  virtual Result<void> ContinueAfter(CommitId last) = 0;

  virtual CommitId Last() const = 0;     // of the newest commit; 0: none yet
  virtual Epoch OpenedAs() const = 0;    // the epoch of every commit appended now
  virtual Result<uint64_t> Bytes() = 0;  // on the disk, the write-ahead log too
};

struct SnapshotInfo {
  CommitId commit = 0;  // it is the state after this one
  Timestamp at;
  Epoch epoch = 0;
  uint64_t bytes = 0;  // of records
};

// A snapshot that is being written. Destroyed before Finish() it leaves no trace.
class SnapshotWriter {
 public:
  virtual ~SnapshotWriter() = default;
  virtual Result<void> Add(std::string_view records) = 0;  // whole lines, some
  // Makes it durable, and the newest: all of it or nothing, whenever the power fails.
  virtual Result<SnapshotInfo> Finish() = 0;
};

// Snapshots of the state, the newest of which is kept. Lives on one thread at a time.
class Snapshots {
 public:
  using Visitor = std::function<Result<void>(std::string_view records)>;

  virtual ~Snapshots() = default;
  virtual const std::optional<SnapshotInfo>& Newest() const = 0;
  // Hands over the newest one's records, whole lines, in the order they were added; nothing of a
  // part whose checksum does not fit (kCorrupt, with the place).
  virtual Result<void> Read(const Visitor& visitor) = 0;
  virtual Result<std::unique_ptr<SnapshotWriter>> Begin(CommitId commit, Timestamp at) = 0;
};

// All three, opened together and held for this process alone. Resource type; one owner.
class Store {
 public:
  virtual ~Store() = default;
  virtual Journal& journal() = 0;
  virtual Snapshots& snapshots() = 0;
  virtual StateTables& tables() = 0;
};

// Opens what `url` names for this process alone: "sqlite:///var/lib/headrace" (a folder, made if it
// is not there; "sqlite:relative/folder" too). A store that another process has open is refused.
Result<std::unique_ptr<Store>> OpenStore(const std::string& url, Durability durability);

}  // namespace headrace::store
