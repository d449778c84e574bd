// The journal in SQLite: journal.db, one row a group commit, write-ahead logged.
//
//   meta          key TEXT, value INTEGER       'format' 1 - 'epoch', raised at every open
//   group_commit  commit_id INTEGER, at INTEGER (us), epoch INTEGER, records TEXT, checksum INTEGER
//
// The write-ahead log is kept small (kCheckpointPages): the stall of a checkpoint is its size, and
// a log that is overwritten syncs faster than one that grows. So it is checkpointed here, on the
// writer's own connection, and not on a thread of its own, which never catches up.

#pragma once

#include <memory>
#include <string>

#include "store/row_checksum.h"
#include "store/sqlite_database.h"
#include "store/store.h"

namespace headrace::store {

class SqliteJournal final : public Journal {
 public:
  static constexpr int64_t kFormat = 1;
  static constexpr int kCheckpointPages = 1'000;  // 4 MB at SQLite's 4 KB a page

  // Opens `path` for writing and raises its epoch. The caller holds the folder's lock.
  static Result<std::unique_ptr<SqliteJournal>> Open(const std::string& path,
                                                     Durability durability);

  Result<CommitId> Append(std::string_view records, Timestamp at) override;
  Result<void> Maintain() override;
  Result<void> ReadFrom(CommitId first, const Visitor& visitor) override;
  Result<size_t> Trim(CommitId before) override;
  Result<void> ContinueAfter(CommitId last) override;
  CommitId Last() const override { return last_; }
  Epoch OpenedAs() const override { return epoch_; }
  Result<uint64_t> Bytes() override;

  // For tests of a full disk: SQLite refuses to let the file grow above so many pages (0: no
  // limit).
  Result<void> LimitPages(int64_t pages_max);

 private:
  explicit SqliteJournal(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Result<void> Start(Durability durability);
  Error Damage(CommitId commit, std::string_view why) const;

  const std::unique_ptr<Database> database_;
  Statement insert_;
  RowChecksum checksum_;
  CommitId last_ = 0;
  Epoch epoch_ = 0;
  int log_pages_ = 0;    // in the write-ahead log after the last commit; SQLite's hook sets it
  bool failed_ = false;  // a write ended with an error other than a full disk: nothing after it
};

}  // namespace headrace::store
