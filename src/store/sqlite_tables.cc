// The state tables in SQLite. See sqlite_tables.h.

#include "store/sqlite_tables.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <string_view>
#include <type_traits>
#include <utility>

namespace headrace::store {
namespace {

template <class T>
constexpr const char* kSqlType = "TEXT NOT NULL";
template <>
constexpr const char* kSqlType<int64_t> = "INTEGER NOT NULL";
template <>
constexpr const char* kSqlType<double> = "REAL NOT NULL";

// The first column is the key. A text key is the table itself (WITHOUT ROWID), not an index beside.
template <class Row>
std::string CreateTable() {
  std::string columns;
  bool integer_key = false;
  Row{}.Columns([&]<class T>(const char* name, const T&) {
    if (columns.empty()) integer_key = std::is_same_v<T, int64_t>;
    const char* const end = columns.empty() ? " PRIMARY KEY" : "";
    if (!columns.empty()) columns += ", ";
    columns += fmt::format("{} {}{}", name, integer_key && *end ? "INTEGER" : kSqlType<T>, end);
  });
  return fmt::format(
      "CREATE TABLE {} ({}){};", Row::kTable, columns, integer_key ? "" : " WITHOUT ROWID");
}

template <class Row>
std::string InsertRow() {
  std::string marks;
  Row{}.Columns([&](const char*, const auto&) { marks += marks.empty() ? "?" : ", ?"; });
  return fmt::format("INSERT OR REPLACE INTO {} VALUES ({})", Row::kTable, marks);
}

std::string Schema() {
  return "INSERT INTO meta VALUES ('complete_to', 0);" + CreateTable<TaskRow>() +
         CreateTable<AttemptRow>() + CreateTable<RunRow>() + CreateTable<PipelineRow>() +
         CreateTable<WorkerRow>() + CreateTable<ResourceRow>() +
         "CREATE INDEX attempt_of_task ON attempt (task)";
}

}  // namespace

Result<std::unique_ptr<SqliteTables>> SqliteTables::Open(const std::string& path) {
  std::unique_ptr<SqliteTables> tables(new SqliteTables(TRY(Database::Open("tables", path))));
  TRY(tables->database_->Adopt(Schema(), kFormat));
  TRY(tables->Start());
  return tables;
}

Result<void> SqliteTables::Start() {
  TRY(database_->Execute("PRAGMA journal_mode = WAL"));
  TRY(database_->Execute("PRAGMA synchronous = NORMAL"));
  TRY(database_->Execute("PRAGMA secure_delete = OFF"));
  complete_to_ = static_cast<uint64_t>(
      TRY(database_->QueryInteger("SELECT value FROM meta WHERE key = 'complete_to'")));
  TRY(PrepareUpsert<TaskRow>());
  TRY(PrepareUpsert<AttemptRow>());
  TRY(PrepareUpsert<RunRow>());
  TRY(PrepareUpsert<PipelineRow>());
  TRY(PrepareUpsert<WorkerRow>());
  TRY(PrepareUpsert<ResourceRow>());
  remove_task_ = TRY(database_->Prepare("DELETE FROM task WHERE id = ?"));
  remove_worker_ = TRY(database_->Prepare("DELETE FROM worker WHERE id = ?"));
  set_complete_ = TRY(database_->Prepare("UPDATE meta SET value = ? WHERE key = 'complete_to'"));
  return {};
}

template <class Row>
Result<void> SqliteTables::PrepareUpsert() {
  std::get<Upsert<Row>>(upserts_).statement = TRY(database_->Prepare(InsertRow<Row>()));
  return {};
}

Result<void> SqliteTables::Write(const TableChanges& changes) {
  TRY(database_->Execute("BEGIN IMMEDIATE"));
  Result<void> written = WriteRows(changes);
  if (written) written = database_->Execute("COMMIT");
  if (!written) {
    // After some errors SQLite has rolled back by itself.
    if (sqlite3_get_autocommit(database_->handle()) == 0) TRY(database_->Execute("ROLLBACK"));
    return written;
  }
  if (changes.complete_to != 0) complete_to_ = changes.complete_to;
  return {};
}

Result<void> SqliteTables::WriteRows(const TableChanges& changes) {
  TRY(Remove(remove_task_, changes.tasks_removed));
  TRY(Remove(remove_worker_, changes.workers_removed));
  TRY(Put(changes.tasks));
  TRY(Put(changes.attempts));
  TRY(Put(changes.runs));
  TRY(Put(changes.pipelines));
  TRY(Put(changes.workers));
  TRY(Put(changes.resources));
  if (changes.complete_to == 0) return {};
  set_complete_.Bind(1, static_cast<int64_t>(changes.complete_to));
  const int code = set_complete_.Step();
  set_complete_.Reset();
  if (code != SQLITE_DONE) return std::unexpected(database_->LastError("write"));
  return {};
}

template <class Row>
Result<void> SqliteTables::Put(const std::vector<Row>& rows) {
  Statement& statement = std::get<Upsert<Row>>(upserts_).statement;
  for (const Row& row : rows) {
    int parameter = 0;
    row.Columns([&](const char*, const auto& value) { statement.Bind(++parameter, value); });
    const int code = statement.Step();
    statement.Reset();
    if (code != SQLITE_DONE) {
      return std::unexpected(database_->LastError(std::string("write ") + Row::kTable));
    }
  }
  return {};
}

Result<void> SqliteTables::Remove(Statement& statement, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    statement.Bind(1, std::string_view(id));
    const int code = statement.Step();
    statement.Reset();
    if (code != SQLITE_DONE) return std::unexpected(database_->LastError("remove"));
  }
  return {};
}

Result<void> SqliteTables::Clear() {
  TRY(
      database_->Execute("BEGIN IMMEDIATE; DELETE FROM task; DELETE FROM attempt; DELETE FROM run;"
                         "DELETE FROM pipeline; DELETE FROM worker; DELETE FROM resource;"
                         "UPDATE meta SET value = 0 WHERE key = 'complete_to'; COMMIT"));
  complete_to_ = 0;
  return {};
}

}  // namespace headrace::store
