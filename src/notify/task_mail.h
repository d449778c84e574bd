// Mails about one task, in Luigi's words.

#pragma once

#include <string>
#include <vector>

#include "notify/event.h"

namespace headrace::notify {

// What Luigi's scheduler sends to [email] receiver.
Mail DisabledMail(const Event& event, const std::string& receiver, const std::string& persist);

// What Luigi's worker sends, to the receiver and to the task's owners.
struct FailureMailOptions {
  std::string receiver;
  bool html = false;
  size_t traceback_bytes_max = 5'000;
};
Mail FailureMail(const Event& event, const FailureMailOptions& options);

}  // namespace headrace::notify
