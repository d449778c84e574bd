// LeaseClock: the clock that leases are measured with on the worker's side. It never jumps, and it
// goes on while the machine sleeps: a laptop that wakes up knows that its leases are over.

#pragma once

#include <chrono>
#include <ctime>

#include "base/time.h"

namespace headrace::worker {

struct LeaseClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<LeaseClock, Duration>;
  static constexpr bool is_steady = true;

  static time_point now() {
    timespec time{};
    clock_gettime(CLOCK_BOOTTIME, &time);
    return time_point(std::chrono::duration_cast<Duration>(std::chrono::seconds(time.tv_sec) +
                                                           std::chrono::nanoseconds(time.tv_nsec)));
  }
};

using LeaseTime = LeaseClock::time_point;

}  // namespace headrace::worker
