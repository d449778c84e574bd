// Text as Python and mail want it. See text.h.

#include "notify/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace headrace::notify {

namespace {

// White space beyond ASCII, as UTF-8.
constexpr std::array<std::string_view, 19> kWideSpaces = {"\u0085",
                                                          "\u00a0",
                                                          "\u1680",
                                                          "\u2000",
                                                          "\u2001",
                                                          "\u2002",
                                                          "\u2003",
                                                          "\u2004",
                                                          "\u2005",
                                                          "\u2006",
                                                          "\u2007",
                                                          "\u2008",
                                                          "\u2009",
                                                          "\u200a",
                                                          "\u2028",
                                                          "\u2029",
                                                          "\u202f",
                                                          "\u205f",
                                                          "\u3000"};

bool IsSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// How many bytes the character at the front has; 0: it is no UTF-8.
size_t CharacterBytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return 1;
  const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool wrong = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second >= 0xa0) ||
                     (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second >= 0x90);
  return wrong ? 0 : size;
}

}  // namespace

std::string_view StripEnd(std::string_view text) {
  for (;;) {
    if (!text.empty() && IsSpace(text.back())) {
      text.remove_suffix(1);
      continue;
    }
    const auto wide = std::ranges::find_if(
        kWideSpaces, [&](std::string_view space) { return text.ends_with(space); });
    if (wide == kWideSpaces.end()) return text;
    text.remove_suffix(wide->size());
  }
}

std::vector<std::string> SplitList(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const size_t end = std::min(text.find(separator), text.size());
    std::string_view part = StripEnd(text.substr(0, end));
    while (!part.empty() && IsSpace(part.front())) part.remove_prefix(1);
    if (!part.empty()) parts.emplace_back(part);
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view TailOf(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  text.remove_prefix(text.size() - bytes_max);
  while (!text.empty() && IsContinuation(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view HeadOf(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  while (end > 0 && IsContinuation(text[end])) --end;
  return text.substr(0, end);
}

std::string CleanUtf8(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const size_t size = CharacterBytes(text);
    if (size == 0) {
      clean += "\ufffd";
      text.remove_prefix(1);
      while (!text.empty() && IsContinuation(text.front())) text.remove_prefix(1);
      continue;
    }
    clean += text.substr(0, size);
    text.remove_prefix(size);
  }
  return clean;
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (size_t j = 0; j < 4; ++j) {
      text += i + j > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * j) & 63];
    }
  }
  return text;
}

}  // namespace headrace::notify
