// LogSweeper: removes logs of attempts that are older than [logs] keep. A thread of its own that
// looks once an hour.
//
// By the time a file was written to last: a running attempt's log is young as long as it prints,
// and one that is silent for longer than `keep` loses no more than it may lose afterwards.

#pragma once

#include <string>
#include <thread>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/time.h"

namespace headrace::worker {

// How many were removed. Only what is named as AttemptLog names its files, and folders that are
// empty then.
size_t SweepLogs(const std::string& dir, Duration keep, Timestamp now);

class LogSweeper {
 public:
  LogSweeper(std::string dir, Duration keep, const Clock& clock);
  ~LogSweeper();

  LogSweeper(const LogSweeper&) = delete;
  LogSweeper& operator=(const LogSweeper&) = delete;

 private:
  static constexpr Duration kPeriod = std::chrono::hours(1);

  Mailbox<char> stop_{1};
  std::thread thread_;
};

}  // namespace headrace::worker
