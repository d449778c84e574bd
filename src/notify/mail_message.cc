// A mail as RFC 5322 text. See mail_message.h.

#include "notify/mail_message.h"

#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "notify/text.h"

namespace headrace::notify {

namespace {

constexpr size_t kLineMax = 76;
constexpr size_t kWordBytes = 45;  // of an encoded word: 60 characters

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// RFC 2047, where there is something beyond ASCII. Long lines are folded. A line break in a task's
// name must not begin a header of its own.
std::string HeaderValue(std::string_view name, std::string_view raw) {
  std::string text = CleanUtf8(raw);
  std::ranges::replace_if(text, [](char c) { return c >= 0 && (c < 0x20 || c == 0x7f); }, ' ');
  std::string value;
  if (!IsAscii(text)) {
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view word = HeadOf(rest, kWordBytes);
      value += fmt::format("{}=?utf-8?b?{}?=", value.empty() ? "" : "\r\n ", Base64(word));
      rest.remove_prefix(word.size());
    }
    return value;
  }
  size_t column = name.size() + 2;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find(' ', 1), rest.size());
    if (rest.front() == ' ' && end > 1 && column + end > kLineMax) {
      value += "\r\n";
      column = 0;
    }
    value += rest.substr(0, end);
    column += end;
    rest.remove_prefix(end);
  }
  return value;
}

std::string Header(std::string_view name, std::string_view value) {
  return fmt::format("{}: {}\r\n", name, HeaderValue(name, value));
}

}  // namespace

std::string MailMessage(const Mail& mail, const MessageParts& parts) {
  std::string boundary = "=_headrace_";
  for (const char c : parts.id) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 && boundary.size() < 60) boundary += c;
  }
  std::string text = fmt::format(
      "Content-Type: multipart/related; boundary=\"{}\"\r\nMIME-Version: 1.0\r\n", boundary);
  text += Header("Subject", mail.subject);
  text += Header("From", parts.sender);
  text += Header("To", fmt::format("{}", fmt::join(mail.recipients, ",")));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(parts.at);
  text += fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\n",
                      fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
  text += Header("Message-ID", parts.id);
  text += fmt::format(
      "\r\n--{}\r\nContent-Type: text/{}; charset=\"utf-8\"\r\nMIME-Version: 1.0\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\n",
      boundary,
      parts.html ? "html" : "plain");
  const std::string body = Base64(CleanUtf8(mail.body));
  for (size_t at = 0; at < body.size(); at += kLineMax) {
    text += body.substr(at, kLineMax);
    text += "\r\n";
  }
  text += fmt::format("\r\n--{}--\r\n", boundary);
  return text;
}

std::string AddressOf(std::string_view text) {
  const size_t open = text.rfind('<');
  const size_t close = text.rfind('>');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::string(text);
  }
  return std::string(text.substr(open + 1, close - open - 1));
}

}  // namespace headrace::notify
