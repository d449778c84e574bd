// A file, or memory that looks like one.

#include "host/host_log.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace headrace::host {
namespace {

constexpr int64_t kTailBytes = 4096;

}  // namespace

Result<void> HostLog::Open(const std::string& path) {
  if (path.empty()) {
    fd_.Reset(memfd_create("headrace-host-log", MFD_CLOEXEC));
    if (fd_) fcntl(fd_.get(), F_SETFL, O_APPEND);
  } else {
    fd_.Reset(open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  }
  if (!fd_) {
    return Fail(ErrorCode::kInvalid,
                "opening the host's log " + path + ": " + std::strerror(errno));
  }
  start_ = lseek(fd_.get(), 0, SEEK_END);
  return {};
}

std::string HostLog::Tail() const {
  struct stat file{};
  if (fstat(fd_.get(), &file) != 0) return "";
  const int64_t from = std::max(start_, int64_t{file.st_size} - kTailBytes);
  std::string tail(static_cast<size_t>(std::max<int64_t>(0, file.st_size - from)), '\0');
  const ssize_t got = pread(fd_.get(), tail.data(), tail.size(), from);
  tail.resize(static_cast<size_t>(std::max<ssize_t>(0, got)));
  return tail;
}

}  // namespace headrace::host
