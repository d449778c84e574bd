// Channel: one way out of here, to a mail server or a webhook.

#pragma once

#include <string>

#include "base/error.h"
#include "notify/outbox.h"

namespace headrace::notify {

class Channel {
 public:
  virtual ~Channel() = default;
  // One try, blocking, on the channel's own thread. kInvalid: the other side will never take this
  // message; every other error is worth another try.
  virtual Result<void> Send(const Message& message) = 0;
  // Any thread: what runs fails at once, and so does all that follows.
  virtual void Cancel() = 0;
};

}  // namespace headrace::notify
