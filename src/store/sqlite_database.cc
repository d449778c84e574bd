// SQLite with our errors. See sqlite_database.h.

#include "store/sqlite_database.h"

#include <cerrno>
#include <fmt/format.h>
#include <sqlite3.h>
#include <utility>

#include "base/check.h"

namespace headrace::store {
namespace {

// Somebody's `sqlite3 journal.db` may hold the file for a moment; longer is an error.
constexpr int kBusyMilliseconds = 10'000;

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Statement::Bind(int parameter, int64_t value) {
  CHECK(sqlite3_bind_int64(handle_.get(), parameter, value) == SQLITE_OK);
}

void Statement::Bind(int parameter, double value) {
  CHECK(sqlite3_bind_double(handle_.get(), parameter, value) == SQLITE_OK);
}

void Statement::Bind(int parameter, std::string_view text) {
  // A view without memory would be bound as NULL.
  const char* const data = text.data() == nullptr ? "" : text.data();
  CHECK(sqlite3_bind_text64(
            handle_.get(), parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK);
}

void Statement::BindNull(int parameter) {
  CHECK(sqlite3_bind_null(handle_.get(), parameter) == SQLITE_OK);
}

int Statement::Step() {
  return sqlite3_step(handle_.get());
}

// Returns the error of the last step once more; whoever stepped has seen it.
void Statement::Reset() {
  sqlite3_reset(handle_.get());
}

int64_t Statement::Integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string_view Statement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

Result<std::unique_ptr<Database>> Database::Open(std::string what, std::string path) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(),
                                   &handle,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                                   nullptr);
  std::unique_ptr<Database> database(new Database(fmt::format("{} {}", what, path), handle));
  if (handle == nullptr) return Fail(ErrorCode::kUnavailable, database->name_ + ": out of memory");
  if (code != SQLITE_OK) return std::unexpected(database->LastError("open"));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  return database;
}

// Statements that outlive their database would be a leak of the file; v2 waits for them.
Database::~Database() {
  sqlite3_close_v2(handle_);
}

Result<void> Database::Execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return std::unexpected(LastError(sql.substr(0, sql.find_first_of("(;"))));
}

Result<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_,
                                      sql.data(),
                                      static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT,
                                      &statement,
                                      nullptr);
  if (code != SQLITE_OK) return std::unexpected(LastError(sql.substr(0, 40)));
  return Statement(statement);
}

Result<int64_t> Database::QueryInteger(std::string_view sql, int64_t otherwise) {
  Statement statement = TRY(Prepare(sql));
  const int code = statement.Step();
  if (code == SQLITE_DONE) return otherwise;
  if (code != SQLITE_ROW) return std::unexpected(LastError(sql.substr(0, 40)));
  return statement.Text(0).empty() ? otherwise : statement.Integer(0);
}

Result<void> Database::Adopt(std::string_view schema, int64_t version) {
  const int64_t tables = TRY(QueryInteger("SELECT count(*) FROM sqlite_schema"));
  if (tables == 0) {
    return Execute(fmt::format(
        "BEGIN IMMEDIATE;"
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
        "INSERT INTO meta VALUES ('format', {});{};COMMIT",
        version,
        schema));
  }
  const int64_t metas = TRY(
      QueryInteger("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'meta'"));
  const int64_t found =
      metas == 0 ? 0 : TRY(QueryInteger("SELECT value FROM meta WHERE key = 'format'"));
  if (found <= 0) {
    return std::unexpected(Error{ErrorCode::kInvalid,
                                 name_ + ": another program's database",
                                 "Give headrace a folder of its own."});
  }
  if (found > version) {
    return std::unexpected(
        Error{ErrorCode::kInvalid,
              fmt::format("{} has format {}, this headrace reads up to {}", name_, found, version),
              "Use the newer headrace or restore a backup."});
  }
  return {};
}

Error Database::LastError(std::string_view doing) const {
  const int code = sqlite3_extended_errcode(handle_);
  std::string message = fmt::format("{}: {}: {}", name_, doing, sqlite3_errmsg(handle_));
  if (LastErrorIsFullDisk()) return {ErrorCode::kFull, message, "Make room on that disk."};
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return {ErrorCode::kCorrupt, message, "Restore a backup."};
    case SQLITE_BUSY:
      return {ErrorCode::kUnavailable, message, "Stop the other program that writes to it."};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return {ErrorCode::kDenied, message, "It must be a file that this user may write."};
    default: return {ErrorCode::kUnavailable, message};
  }
}

// SQLite reports ENOSPC of a write as SQLITE_FULL, that of the shared-memory index and a quota's
// EDQUOT as an I/O error. A failed fsync is never a full disk: what it left behind is unknown.
bool Database::LastErrorIsFullDisk() const {
  const int code = sqlite3_extended_errcode(handle_);
  if ((code & 0xff) == SQLITE_FULL) return true;
  if (code != SQLITE_IOERR_WRITE && code != SQLITE_IOERR_SHMSIZE) return false;
  const int cause = sqlite3_system_errno(handle_);
  return cause == ENOSPC || cause == EDQUOT;
}

}  // namespace headrace::store
