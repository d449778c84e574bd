// A mail as RFC 5322 text, with the parts that Luigi gives it: multipart/related with one text part
// in base64. Lines end in CRLF.

#pragma once

#include <string>
#include <string_view>

#include "notify/event.h"

namespace headrace::notify {

struct MessageParts {
  std::string sender;  // "luigi@x.org", or "Luigi <luigi@x.org>"
  bool html = false;
  std::string id;  // "<…@host>": the same for every try, so that a repeated mail can be known
  Timestamp at;
};

std::string MailMessage(const Mail& mail, const MessageParts& parts);

// "Luigi <luigi@x.org>" → "luigi@x.org".
std::string AddressOf(std::string_view text);

}  // namespace headrace::notify
