// The embedded store: a folder with two SQLite files, one for each of its two writers, and the
// snapshot.
//
//   <folder>/lock        held (flock) by the process that has the store; its number inside
//   <folder>/journal.db  the truth; written by the engine thread
//   <folder>/snapshot    what the journal's trimmed part came to; written by the replica thread
//   <folder>/state.db    the tables; written by the replica thread

#pragma once

#include <memory>
#include <string>

#include "store/folder_lock.h"
#include "store/snapshot_file.h"
#include "store/sqlite_journal.h"
#include "store/sqlite_tables.h"
#include "store/store.h"

namespace headrace::store {

class SqliteStore final : public Store {
 public:
  static Result<std::unique_ptr<SqliteStore>> Open(const std::string& folder,
                                                   Durability durability);

  SqliteJournal& journal() override { return *journal_; }
  SnapshotFile& snapshots() override { return *snapshots_; }
  SqliteTables& tables() override { return *tables_; }

 private:
  SqliteStore() = default;

  std::unique_ptr<FolderLock> lock_;  // first: given up last
  std::unique_ptr<SqliteJournal> journal_;
  std::unique_ptr<SnapshotFile> snapshots_;
  std::unique_ptr<SqliteTables> tables_;
};

}  // namespace headrace::store
