// SQLite with our errors: a connection and its prepared statements, owned and closed by scope.
//
// Used by one thread at a time (opened without SQLite's own mutexes).

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace headrace::store {

// One prepared statement. Bind, step until done, reset; texts bound must live until the reset.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : handle_(statement) {}

  // Parameters count from 1, columns from 0, as in SQLite.
  void Bind(int parameter, int64_t value);
  void Bind(int parameter, double value);
  void Bind(int parameter, std::string_view text);
  void BindNull(int parameter);

  // SQLite's own code: SQLITE_ROW, SQLITE_DONE or an error.
  int Step();
  void Reset();

  int64_t Integer(int column) const;
  std::string_view Text(int column) const;  // until the next Step() or Reset()

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

class Database {
 public:
  // Opens `path`, making it if need be. `what` ("journal") begins every message.
  static Result<std::unique_ptr<Database>> Open(std::string what, std::string path);
  ~Database();

  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Result<void> Execute(const std::string& sql);
  Result<Statement> Prepare(std::string_view sql);

  // The first column of the first row as a number; `otherwise` if there is no row or it is NULL.
  Result<int64_t> QueryInteger(std::string_view sql, int64_t otherwise = 0);

  // Takes the format's version from the table meta, or makes `schema` and notes `version` in an
  // empty file. Refuses a newer version and a file that is something else's.
  Result<void> Adopt(std::string_view schema, int64_t version);

  // What SQLite says went wrong last, as an error: "journal /x/journal.db: <doing>: <why>".
  Error LastError(std::string_view doing) const;
  bool LastErrorIsFullDisk() const;

  sqlite3* handle() { return handle_; }
  const std::string& name() const { return name_; }  // "journal /x/journal.db"

 private:
  Database(std::string name, sqlite3* handle) : name_(std::move(name)), handle_(handle) {}

  const std::string name_;
  sqlite3* const handle_;
};

}  // namespace headrace::store
