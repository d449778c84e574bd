// The one place that reads the machine's clock.

#include "base/clock.h"

namespace headrace {

Timestamp SystemClock::Now() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace headrace
