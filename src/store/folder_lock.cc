// A folder that one process at a time may have. See folder_lock.h.

#include "store/folder_lock.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace headrace::store {
namespace {

constexpr size_t kOwnerBytesMax = 64;

// A folder whose own name is not on the disk yet would take the journal with it when power fails.
void SyncFolder(const std::filesystem::path& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

Result<void> MakeFolder(const std::string& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error) {
    return std::unexpected(Error{ErrorCode::kDenied,
                                 fmt::format("store folder {}: {}", folder, error.message()),
                                 "It must be a folder that this user may write."});
  }
  if (made) SyncFolder(std::filesystem::absolute(folder).lexically_normal().parent_path());
  return {};
}

std::string OwnerOf(int fd) {
  char text[kOwnerBytesMax] = {};
  const ssize_t size = pread(fd, text, sizeof text - 1, 0);
  if (size <= 0) return "another process";
  return fmt::format("process {}", std::string_view(text, strcspn(text, "\n")));
}

}  // namespace

Result<std::unique_ptr<FolderLock>> FolderLock::Take(const std::string& folder) {
  TRY(MakeFolder(folder));
  const std::string path = folder + "/lock";
  // Close-on-exec: a program started by us must not keep the folder after we are gone.
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    return std::unexpected(Error{ErrorCode::kDenied,
                                 fmt::format("{}: {}", path, strerror(errno)),
                                 "It must be a file that this user may write."});
  }
  std::unique_ptr<FolderLock> lock(new FolderLock(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return std::unexpected(
        Error{ErrorCode::kUnavailable,
              fmt::format("store {} is in use by {}, which holds {}", folder, OwnerOf(fd), path),
              "Stop that process or choose another store."});
  }
  const std::string owner = fmt::format("{}\n", getpid());
  if (ftruncate(fd, 0) != 0 ||
      pwrite(fd, owner.data(), owner.size(), 0) != static_cast<ssize_t>(owner.size())) {
    return Fail(errno == ENOSPC ? ErrorCode::kFull : ErrorCode::kUnavailable,
                fmt::format("{}: {}", path, strerror(errno)));
  }
  return lock;
}

FolderLock::~FolderLock() {
  close(fd_);
}

}  // namespace headrace::store
