// Reading the time. Only who was handed a Clock& may ask it; the scheduler never is.

#pragma once

#include "base/time.h"

namespace headrace {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
};

// The machine's wall clock. Stateless; safe from every thread.
class SystemClock final : public Clock {
 public:
  Timestamp Now() const override;
};

}  // namespace headrace
