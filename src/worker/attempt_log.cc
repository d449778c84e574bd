// Frames, written whole or not at all; the part in the middle is left out.

#include "worker/attempt_log.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/uio.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace headrace::worker {
namespace {

constexpr size_t kPieceBytes = 64 << 10;  // small writes are gathered up to this
constexpr size_t kPiecesMax = 16 << 10;   // of the kept part: bounds what many small ones cost
constexpr std::string_view kMark = "[headrace] ";

char Kind(AttemptLog::Stream stream) {
  return stream == AttemptLog::Stream::kOut ? 'O' : 'E';
}

std::string SizeText(int64_t bytes) {
  if (bytes < 1 << 20) return std::to_string(bytes) + " bytes";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / (1 << 20));
  return text;
}

// All of it, across short writes and interruptions.
bool WriteAll(int fd, std::string_view head, std::string_view body) {
  char newline[] = "\n";
  iovec parts[3] = {{const_cast<char*>(head.data()), head.size()},
                    {const_cast<char*>(body.data()), body.size()},
                    {newline, 1}};
  iovec* next = parts;
  iovec* const end = parts + 3;
  while (next != end) {
    const ssize_t written = ::writev(fd, next, static_cast<int>(end - next));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    size_t left = static_cast<size_t>(written);
    while (next != end && left >= next->iov_len) left -= next++->iov_len;
    if (next == end) break;
    next->iov_base = static_cast<char*>(next->iov_base) + left;
    next->iov_len -= left;
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<AttemptLog>> AttemptLog::Open(const AttemptLogOptions& options,
                                                     int64_t attempt,
                                                     const Clock& clock) {
  const std::filesystem::path folder =
      std::filesystem::path(options.dir) / std::to_string(attempt / 1000);
  const std::string path = folder / (std::to_string(attempt) + ".log");
  // Truncates: a file of that number belongs to a store that is gone.
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC;
  UniqueFd file(::open(path.c_str(), flags, 0644));
  if (!file && errno == ENOENT) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
      return Fail(ErrorCode::kDenied, "folder " + folder.string() + ": " + error.message());
    file.Reset(::open(path.c_str(), flags, 0644));
  }
  if (!file) return Fail(ErrorCode::kDenied, "log " + path + ": " + std::strerror(errno));
  return std::unique_ptr<AttemptLog>(new AttemptLog(options, std::move(file), path, clock));
}

AttemptLog::AttemptLog(const AttemptLogOptions& options,
                       UniqueFd file,
                       std::string path,
                       const Clock& clock)
    : clock_(clock),
      path_(std::move(path)),
      file_(std::move(file)),
      bytes_max_(options.bytes_max),
      tail_max_(std::min(options.tail_max, options.bytes_max / 2)),
      head_room_(bytes_max_ - tail_max_) {}

void AttemptLog::Write(Stream stream, std::string_view bytes) {
  const size_t at_once = std::min(bytes.size(), static_cast<size_t>(head_room_));
  if (at_once > 0) {
    head_room_ -= static_cast<int64_t>(at_once);
    WriteFrame(clock_.Now(), Kind(stream), bytes.substr(0, at_once));
  }
  if (at_once < bytes.size()) Keep(stream, bytes.substr(at_once));
}

void AttemptLog::Note(std::string_view line) {
  std::string text(kMark);
  text.append(line).append("\n");
  WriteFrame(clock_.Now(), 'E', text);
}

void AttemptLog::Close(std::string_view last_word) {
  std::string end(last_word);
  if (left_out() > 0) end += "; " + SizeText(left_out()) + " of its output left out";
  for (const Stream stream : {Stream::kOut, Stream::kErr}) {
    const int64_t count = left_out_[static_cast<size_t>(stream)];
    if (count == 0) continue;
    std::string line = "\n";
    line.append(kMark).append(std::to_string(count)).append(" bytes left out here\n");
    WriteFrame(clock_.Now(), Kind(stream), line);
  }
  for (const Piece& piece : kept_) {
    WriteFrame(piece.at, Kind(piece.stream), std::string_view(piece.bytes).substr(skipped_));
    skipped_ = 0;
  }
  kept_.clear();
  WriteFrame(clock_.Now(), 'X', end);
  file_.Reset();
}

void AttemptLog::Keep(Stream stream, std::string_view bytes) {
  const bool nothing_missing = left_out() == 0;
  if (bytes.size() > static_cast<size_t>(tail_max_)) {
    const size_t over = bytes.size() - static_cast<size_t>(tail_max_);
    LeaveOut(stream, over);
    bytes.remove_prefix(over);
  }
  kept_bytes_ += static_cast<int64_t>(bytes.size());
  if (!kept_.empty() && kept_.back().stream == stream &&
      kept_.back().bytes.size() + bytes.size() <= kPieceBytes) {
    kept_.back().bytes.append(bytes);
  } else {
    kept_.push_back({clock_.Now(), stream, std::string(bytes)});
  }

  DropKept(kept_bytes_ - tail_max_);
  if (kept_.size() > kPiecesMax) {
    DropKept(static_cast<int64_t>(kept_.front().bytes.size() - skipped_));
  }
  if (nothing_missing && left_out() > 0) {
    Note("the log is full (limit " + SizeText(bytes_max_) + "): from here on only the last " +
         SizeText(tail_max_) + " are kept, to be seen when the attempt has ended");
  }
}

// Forgets the oldest `count` bytes of the kept part.
void AttemptLog::DropKept(int64_t count) {
  while (count > 0) {
    const Piece& oldest = kept_.front();
    const size_t dropped = std::min(static_cast<size_t>(count), oldest.bytes.size() - skipped_);
    LeaveOut(oldest.stream, dropped);
    count -= static_cast<int64_t>(dropped);
    kept_bytes_ -= static_cast<int64_t>(dropped);
    skipped_ += dropped;
    if (skipped_ < oldest.bytes.size()) continue;
    kept_.pop_front();
    skipped_ = 0;
  }
}

void AttemptLog::LeaveOut(Stream stream, size_t count) {
  left_out_[static_cast<size_t>(stream)] += static_cast<int64_t>(count);
}

void AttemptLog::WriteFrame(Timestamp at, char kind, std::string_view bytes) {
  if (!file_ || !error_.empty()) return;
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
  const std::string head =
      std::to_string(ms) + " " + kind + " " + std::to_string(bytes.size()) + "\n";
  if (!WriteAll(file_.get(), head, bytes)) {
    error_ = "log " + path_ + ": " + std::strerror(errno);
    // The torn frame goes; should even this fail, readers ignore a torn last frame.
    if (::ftruncate(file_.get(), file_bytes_) != 0) file_.Reset();
    return;
  }
  file_bytes_ += static_cast<int64_t>(head.size() + bytes.size() + 1);
  if (kind != 'X') bytes_ += static_cast<int64_t>(bytes.size());
}

}  // namespace headrace::worker
