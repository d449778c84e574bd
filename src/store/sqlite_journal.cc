// The journal in SQLite. See sqlite_journal.h.

#include "store/sqlite_journal.h"

#include <algorithm>
#include <fmt/format.h>
#include <sqlite3.h>
#include <utility>

#include "base/check.h"

namespace headrace::store {
namespace {

constexpr std::string_view kSchema =
    "INSERT INTO meta VALUES ('epoch', 0);"
    "CREATE TABLE group_commit (commit_id INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL, records TEXT NOT NULL, checksum INTEGER NOT NULL)";

int NoteLogPages(void* pages, sqlite3*, const char*, int pages_now) {
  *static_cast<int*>(pages) = pages_now;
  return SQLITE_OK;
}

}  // namespace

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::Open(const std::string& path,
                                                           Durability durability) {
  std::unique_ptr<SqliteJournal> journal(new SqliteJournal(TRY(Database::Open("journal", path))));
  TRY(journal->database_->Adopt(kSchema, kFormat));
  TRY(journal->Start(durability));
  return journal;
}

// FULL syncs the log at every commit. NORMAL syncs before and after a checkpoint only, so that a
// machine that loses power loses the newest commits, but never the soundness of the file (which OFF
// would give away for little).
Result<void> SqliteJournal::Start(Durability durability) {
  Database& database = *database_;
  TRY(database.Execute("PRAGMA journal_mode = WAL"));
  TRY(database.Execute(durability == Durability::kFsync ? "PRAGMA synchronous = FULL"
                                                        : "PRAGMA synchronous = NORMAL"));
  TRY(database.Execute("PRAGMA secure_delete = OFF; PRAGMA wal_autocheckpoint = 0"));
  sqlite3_wal_hook(database.handle(), NoteLogPages, &log_pages_);

  TRY(database.Execute("UPDATE meta SET value = value + 1 WHERE key = 'epoch'"));
  epoch_ =
      static_cast<Epoch>(TRY(database.QueryInteger("SELECT value FROM meta WHERE key = 'epoch'")));
  last_ =
      static_cast<CommitId>(TRY(database.QueryInteger("SELECT max(commit_id) FROM group_commit")));
  insert_ = TRY(database.Prepare("INSERT INTO group_commit VALUES (?, ?, ?, ?, ?)"));
  return {};
}

Result<CommitId> SqliteJournal::Append(std::string_view records, Timestamp at) {
  CHECK(!failed_);
  CHECK(records.ends_with('\n'));
  CHECK(records.size() <= kRecordsBytesMax);
  const CommitId commit = last_ + 1;
  const int64_t at_us = at.time_since_epoch().count();

  insert_.Bind(1, static_cast<int64_t>(commit));
  insert_.Bind(2, at_us);
  insert_.Bind(3, static_cast<int64_t>(epoch_));
  insert_.Bind(4, records);
  insert_.Bind(5, static_cast<int64_t>(checksum_.Of(commit, at_us, epoch_, records)));
  if (insert_.Step() != SQLITE_DONE) {
    Error error = database_->LastError(fmt::format("commit {}", commit));
    insert_.Reset();
    // The row was taken back by SQLite; a statement of its own is a transaction of its own.
    CHECK(sqlite3_get_autocommit(database_->handle()) != 0);
    failed_ = error.code != ErrorCode::kFull;
    return std::unexpected(std::move(error));
  }
  insert_.Reset();
  last_ = commit;
  return commit;
}

// SQLite's own automatic checkpoint would swallow its errors. One that failed to sync must end the
// process: the system may have dropped the pages, and the next sync would say that all is well.
Result<void> SqliteJournal::Maintain() {
  CHECK(!failed_);
  if (log_pages_ < kCheckpointPages) return {};
  log_pages_ = 0;  // tried: again after the next commit, not at once
  const int code = sqlite3_wal_checkpoint_v2(
      database_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return {};
  Error error = database_->LastError("checkpoint");
  if (error.code == ErrorCode::kFull) return {};
  failed_ = true;
  return std::unexpected(std::move(error));
}

Result<void> SqliteJournal::ReadFrom(CommitId first, const Visitor& visitor) {
  CHECK(first > 0);
  Statement rows = TRY(database_->Prepare(
      "SELECT commit_id, at, epoch, records, checksum FROM group_commit WHERE commit_id >= ?"
      " ORDER BY commit_id"));
  rows.Bind(1, static_cast<int64_t>(first));
  CommitId next = first;
  int code = SQLITE_OK;
  while ((code = rows.Step()) == SQLITE_ROW) {
    const Commit commit = {
        .id = static_cast<CommitId>(rows.Integer(0)),
        .at = Timestamp(Duration(rows.Integer(1))),
        .epoch = static_cast<Epoch>(rows.Integer(2)),
        .records = rows.Text(3),
    };
    if (commit.id != next) return std::unexpected(Damage(next, "missing"));
    const uint64_t sum = checksum_.Of(commit.id, rows.Integer(1), commit.epoch, commit.records);
    if (sum != static_cast<uint64_t>(rows.Integer(4))) {
      return std::unexpected(
          Damage(next, fmt::format("bad checksum over its {} bytes", commit.records.size())));
    }
    TRY(visitor(commit));
    ++next;
  }
  if (code != SQLITE_DONE)
    return std::unexpected(database_->LastError(fmt::format("commit {}", next)));
  if (next <= last_) return std::unexpected(Damage(next, "missing"));
  return {};
}

Error SqliteJournal::Damage(CommitId commit, std::string_view why) const {
  return {ErrorCode::kCorrupt,
          fmt::format("{}: commit {} of {}: {}", database_->name(), commit, last_, why),
          "Restore a backup."};
}

Result<size_t> SqliteJournal::Trim(CommitId before) {
  CHECK(!failed_);
  const CommitId end = std::min(before, last_);
  const CommitId oldest = static_cast<CommitId>(
      TRY(database_->QueryInteger("SELECT min(commit_id) FROM group_commit")));
  if (oldest >= end) return 0;
  Result<void> deleted = database_->Execute(fmt::format(
      "DELETE FROM group_commit WHERE commit_id < {}", std::min(end, oldest + kTrimRowsMax)));
  if (!deleted) {
    failed_ = deleted.error().code != ErrorCode::kFull;
    return std::unexpected(std::move(deleted).error());
  }
  return static_cast<size_t>(sqlite3_changes64(database_->handle()));
}

// Ids go on from the newest row, so one is put there that nobody reads.
Result<void> SqliteJournal::ContinueAfter(CommitId last) {
  CHECK(!failed_);
  CHECK(last > last_);
  TRY(database_->Execute("DELETE FROM group_commit"));
  last_ = last - 1;
  const Result<CommitId> appended = Append("\n", Timestamp{});
  if (!appended) return std::unexpected(appended.error());
  return {};
}

Result<uint64_t> SqliteJournal::Bytes() {
  const int64_t pages = TRY(database_->QueryInteger("PRAGMA page_count"));
  const int64_t page_bytes = TRY(database_->QueryInteger("PRAGMA page_size"));
  return static_cast<uint64_t>((pages + log_pages_) * page_bytes);
}

Result<void> SqliteJournal::LimitPages(int64_t pages_max) {
  constexpr int64_t kPagesMax = 0xfffffffe;  // SQLite's own limit
  return database_->Execute(
      fmt::format("PRAGMA max_page_count = {}", pages_max == 0 ? kPagesMax : pages_max));
}

}  // namespace headrace::store
