// For tests of what uses a store: a folder that goes with the test, and plain SQL on a file.

#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/check.h"
#include "store/sqlite_database.h"

namespace headrace::store {

class TemporaryFolder {
 public:
  TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "headrace.XXXXXX").string()) {
    CHECK(mkdtemp(path_.data()) != nullptr);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Runs `sql` on the file over a connection of its own; rows as lines, columns parted by `|`.
std::string QueryFile(const std::string& path, const std::string& sql);

}  // namespace headrace::store
