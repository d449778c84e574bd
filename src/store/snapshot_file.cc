// The snapshot file. See snapshot_file.h.

#include "store/snapshot_file.h"

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/check.h"
#include "base/unique_fd.h"

namespace headrace::store {
namespace {

constexpr size_t kLineBytesMax = 256;
constexpr size_t kWriteBytes = 1 << 20;  // a part is written once it has so many

Error SystemError(const std::string& path, int code) {
  const bool full = code == ENOSPC || code == EDQUOT;
  return Error{full ? ErrorCode::kFull : ErrorCode::kUnavailable,
               fmt::format("snapshot {}: {}", path, strerror(code)),
               full ? "Make room on the disk." : "The store's folder must be one to write in."};
}

Result<void> WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(SystemError(path, errno));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Result<void> SyncAndRename(int fd, const std::string& from, const std::string& to) {
  if (fsync(fd) != 0) return std::unexpected(SystemError(from, errno));
  if (rename(from.c_str(), to.c_str()) != 0) return std::unexpected(SystemError(to, errno));
  const std::string folder = std::filesystem::path(to).parent_path();
  const UniqueFd opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fsync(opened.get()) != 0) return std::unexpected(SystemError(folder, errno));
  return {};
}

uint64_t HashOf(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

struct FileCloser {
  void operator()(FILE* file) const { fclose(file); }
};
using File = std::unique_ptr<FILE, FileCloser>;

// One line with its end; "" at the end of the file, or where a line is too long to be one.
std::string ReadLine(FILE* file) {
  char text[kLineBytesMax];
  if (fgets(text, sizeof text, file) == nullptr) return {};
  std::string line(text);
  return line.ends_with('\n') ? line : std::string();
}

}  // namespace

class SnapshotFile::Writer final : public SnapshotWriter {
 public:
  Writer(SnapshotFile& owner, SnapshotInfo info)
      : owner_(owner), info_(info), path_(owner.path_ + ".new") {}
  ~Writer() override {
    if (fd_) unlink(path_.c_str());
  }

  Result<void> Start() {
    fd_ = UniqueFd(open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd_) return std::unexpected(SystemError(path_, errno));
    return Say(fmt::format("{{\"headrace_snapshot\":{},\"commit\":{},\"at\":{},\"epoch\":{}}}\n",
                           kFormat,
                           info_.commit,
                           info_.at.time_since_epoch().count(),
                           info_.epoch));
  }

  Result<void> Add(std::string_view records) override {
    CHECK(records.ends_with('\n'));
    part_ += records;
    info_.bytes += records.size();
    if (part_.size() < kWriteBytes) return {};
    return WritePart();
  }

  Result<SnapshotInfo> Finish() override {
    if (!part_.empty()) TRY(WritePart());
    TRY(WriteAll(fd_.get(), fmt::format("end {} {:016x}\n", parts_, HashOf(said_)), path_));
    TRY(SyncAndRename(fd_.get(), path_, owner_.path_));
    fd_ = UniqueFd();
    owner_.newest_ = info_;
    return info_;
  }

 private:
  Result<void> Say(const std::string& line) {
    said_ += line;
    return WriteAll(fd_.get(), line, path_);
  }
  Result<void> WritePart() {
    TRY(Say(fmt::format("part {} {:016x}\n", part_.size(), HashOf(part_))));
    TRY(WriteAll(fd_.get(), part_, path_));
    part_.clear();
    ++parts_;
    return {};
  }

  SnapshotFile& owner_;
  SnapshotInfo info_;
  const std::string path_;
  UniqueFd fd_;
  std::string part_;
  std::string said_;  // the lines that are not records
  size_t parts_ = 0;
};

Result<std::unique_ptr<SnapshotFile>> SnapshotFile::Open(const std::string& folder, Epoch epoch) {
  std::unique_ptr<SnapshotFile> file(new SnapshotFile(folder, epoch));
  unlink((file->path_ + ".new").c_str());  // of one who died over it
  TRY(file->Adopt());
  return file;
}

Result<void> SnapshotFile::Adopt() {
  const File file(fopen(path_.c_str(), "re"));
  if (file == nullptr && errno == ENOENT) return {};
  if (file == nullptr) return std::unexpected(SystemError(path_, errno));
  const std::string line = ReadLine(file.get());
  long long format = 0;
  if (sscanf(line.c_str(), "{\"headrace_snapshot\":%lld,", &format) != 1) {
    return std::unexpected(Error{ErrorCode::kCorrupt,
                                 fmt::format("snapshot {}: not a snapshot", path_),
                                 "Restore a backup of the store."});
  }
  if (format > kFormat) {
    return std::unexpected(Error{
        ErrorCode::kInvalid,
        fmt::format(
            "snapshot {} has format {}, this headrace reads up to {}", path_, format, kFormat),
        "Start the newer headrace that wrote it."});
  }
  SnapshotInfo info;
  int64_t at = 0;
  if (sscanf(line.c_str(),
             "{\"headrace_snapshot\":%*d,\"commit\":%" SCNu64 ",\"at\":%" SCNd64
             ",\"epoch\":%" SCNu64 "}",
             &info.commit,
             &at,
             &info.epoch) != 3) {
    return Fail(ErrorCode::kCorrupt, fmt::format("snapshot {}: its first line is damaged", path_));
  }
  info.at = Timestamp(Duration(at));
  info.bytes = std::filesystem::file_size(path_);
  newest_ = info;
  return {};
}

Result<void> SnapshotFile::Read(const Visitor& visitor) {
  const File file(fopen(path_.c_str(), "re"));
  if (file == nullptr) return std::unexpected(SystemError(path_, errno));
  std::string said = ReadLine(file.get());
  const auto damage = [&](size_t part, std::string_view why) {
    return std::unexpected(Error{
        ErrorCode::kCorrupt,
        fmt::format("snapshot {}: part {} (byte {}): {}", path_, part, ftell(file.get()), why),
        "Restore a backup of the store."});
  };
  std::string records;
  for (size_t part = 1;; ++part) {
    const std::string line = ReadLine(file.get());
    uint64_t number = 0, hash = 0;
    if (sscanf(line.c_str(), "end %" SCNu64 " %" SCNx64, &number, &hash) == 2) {
      if (number != part - 1 || hash != HashOf(said)) return damage(part, "it ends too early");
      return {};
    }
    if (sscanf(line.c_str(), "part %" SCNu64 " %" SCNx64, &number, &hash) != 2 ||
        number > kPartBytesMax) {
      return damage(part, "no part begins here");
    }
    said += line;
    records.resize(number);
    if (fread(records.data(), 1, number, file.get()) != number) return damage(part, "cut short");
    if (HashOf(records) != hash) return damage(part, "bad checksum");
    TRY(visitor(records));
  }
}

Result<std::unique_ptr<SnapshotWriter>> SnapshotFile::Begin(CommitId commit, Timestamp at) {
  auto writer = std::make_unique<Writer>(
      *this, SnapshotInfo{.commit = commit, .at = at, .epoch = epoch_, .bytes = 0});
  TRY(writer->Start());
  return writer;
}

}  // namespace headrace::store
