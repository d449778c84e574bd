// HostLog: where a host's own standard output and error go, and its end for an error's text.

#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace headrace::host {

class HostLog {
 public:
  // Appends to `path`; empty: memory that ends with the host.
  Result<void> Open(const std::string& path);

  int fd() const { return fd_.get(); }

  // The last of what was written since Open().
  std::string Tail() const;

 private:
  UniqueFd fd_;
  int64_t start_ = 0;
};

}  // namespace headrace::host
