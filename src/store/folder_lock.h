// A folder that one process at a time may have: a lock file with that process's number in it.
//
// The lock is the kernel's (flock), so it goes with the process however that ends, and a file left
// behind locks nobody out.

#pragma once

#include <memory>
#include <string>

#include "base/error.h"

namespace headrace::store {

class FolderLock {
 public:
  // Makes the folder if it is not there. Refuses one that another process has, naming that process.
  static Result<std::unique_ptr<FolderLock>> Take(const std::string& folder);
  ~FolderLock();

  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int fd) : fd_(fd) {}

  const int fd_;
};

}  // namespace headrace::store
