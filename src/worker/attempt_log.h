// AttemptLog: what one attempt printed, on disk while it prints (docs/protocol.md, "Logs on disk").
//
//   <epoch ms> <O|E|X> <bytes>\n   that many bytes   \n
//
// Limited: what comes first is written at once; beyond that only the latest part is kept, in
// memory, and written when the attempt ends, below a line that says how much is missing between.
//
// The worker's thread. Never fails an attempt: when the disk does not take it, the log ends there.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/time.h"
#include "base/unique_fd.h"

namespace headrace::worker {

struct AttemptLogOptions {
  std::string dir;
  int64_t bytes_max = 10 << 20;  // of what the task printed: first and last part together
  int64_t tail_max = 1 << 20;    // of these, the last part; at most half of bytes_max is used
};

class AttemptLog {
 public:
  enum class Stream : uint8_t { kOut, kErr };

  // Creates the file and its folder. `clock` outlives it.
  static Result<std::unique_ptr<AttemptLog>> Open(const AttemptLogOptions& options,
                                                  int64_t attempt,
                                                  const Clock& clock);

  AttemptLog(const AttemptLog&) = delete;
  AttemptLog& operator=(const AttemptLog&) = delete;

  void Write(Stream stream, std::string_view bytes);

  // A line of ours among the task's error output, marked as such.
  void Note(std::string_view line);

  // Writes what was kept back, and the end: `last_word` says how it ended. Nothing may follow.
  void Close(std::string_view last_word);

  int64_t bytes() const { return bytes_; }  // in the file so far, without frames
  int64_t left_out() const { return left_out_[0] + left_out_[1]; }  // bytes
  const std::string& error() const { return error_; }  // why it is cut short; empty: it is not

 private:
  struct Piece {
    Timestamp at;
    Stream stream;
    std::string bytes;
  };

  AttemptLog(const AttemptLogOptions& options, UniqueFd file, std::string path, const Clock& clock);
  void Keep(Stream stream, std::string_view bytes);
  void DropKept(int64_t count);
  void LeaveOut(Stream stream, size_t count);
  void WriteFrame(Timestamp at, char kind, std::string_view bytes);

  const Clock& clock_;
  const std::string path_;
  UniqueFd file_;
  const int64_t bytes_max_;
  const int64_t tail_max_;
  int64_t head_room_;                  // what may still be written at once
  std::deque<Piece> kept_;             // the latest part
  size_t skipped_ = 0;                 // bytes of its first piece that are forgotten already
  int64_t kept_bytes_ = 0;             // in kept_; at most tail_max_
  std::array<int64_t, 2> left_out_{};  // by stream
  int64_t bytes_ = 0;
  int64_t file_bytes_ = 0;  // with frames, all whole
  std::string error_;
};

}  // namespace headrace::worker
