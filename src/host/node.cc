// Texts of what a host tells about tasks.

#include "host/node.h"

namespace headrace::host {

std::string TaskError::Text() const {
  if (type.empty()) return message;
  if (message.empty() || message == type) return type;
  return type + ": " + message;
}

}  // namespace headrace::host
