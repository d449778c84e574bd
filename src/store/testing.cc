// Plain SQL on a file, for tests. See testing.h.

#include "store/testing.h"

#include <sqlite3.h>

namespace headrace::store {

std::string QueryFile(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  CHECK(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  std::string text;
  const auto add_row = [](void* out, int columns, char** values, char**) {
    auto& rows = *static_cast<std::string*>(out);
    for (int column = 0; column < columns; ++column) {
      if (column > 0) rows += '|';
      if (values[column] != nullptr) rows += values[column];
    }
    rows += '\n';
    return 0;
  };
  if (sqlite3_exec(database, sql.c_str(), add_row, &text, nullptr) != SQLITE_OK) {
    text += sqlite3_errmsg(database);
  }
  sqlite3_close(database);
  return text;
}

}  // namespace headrace::store
