// LineSocket: one end of a connection to a task host: lines of JSON, and descriptors that travel
// with a line (docs/host_protocol.md). Not thread-safe; knows nothing of what the lines mean.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace headrace::host {

// Two connected ends, closed on exec.
Result<std::pair<UniqueFd, UniqueFd>> MakeSocketPair();
// Reading end, writing end; closed on exec.
Result<std::pair<UniqueFd, UniqueFd>> MakePipe();

class LineSocket {
 public:
  enum class Got : uint8_t { kSomething, kNothing, kEnd };

  explicit LineSocket(UniqueFd fd) : fd_(std::move(fd)) {}

  int fd() const { return fd_.get(); }

  // `line` without its end. Blocks while the other side is busy, at most some seconds; false when
  // it is gone or does not read.
  bool Send(std::string_view line, std::span<const int> descriptors = {});

  // Appends the lines that are whole by now; never blocks. kNothing: all was read that is there.
  // kEnd also for a line beyond every measure.
  Got Read(std::vector<std::string>& lines);

 private:
  UniqueFd fd_;
  std::string partial_;  // a line whose end has not come yet
};

}  // namespace headrace::host
