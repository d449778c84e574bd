// Percent-encoding, urlencoded and multipart forms.

#include "net/form.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace headrace::net {
namespace {

constexpr std::array<int8_t, 256> kHexValue = [] {
  std::array<int8_t, 256> value{};
  value.fill(-1);
  for (size_t i = 0; i < 10; ++i) value['0' + i] = static_cast<int8_t>(i);
  for (size_t i = 0; i < 6; ++i) value['a' + i] = value['A' + i] = static_cast<int8_t>(10 + i);
  return value;
}();

int HexPair(char high, char low) {
  const int a = kHexValue[static_cast<uint8_t>(high)];
  const int b = kHexValue[static_cast<uint8_t>(low)];
  return (a | b) < 0 ? -1 : a << 4 | b;
}

std::string Decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.resize(text.size());
  char* to = out.data();
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%' && at + 2 < text.size()) {
      if (const int byte = HexPair(text[at + 1], text[at + 2]); byte >= 0) {
        c = static_cast<char>(byte);
        at += 2;
      }
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    *to++ = c;
  }
  out.resize(static_cast<size_t>(to - out.data()));
  return out;
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string Encode(std::string_view text, bool keep_slash) {
  constexpr char kHexDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (IsUnreserved(c) || (keep_slash && c == '/')) {
      out += c;
      continue;
    }
    out += '%';
    out += kHexDigits[static_cast<uint8_t>(c) >> 4];
    out += kHexDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

// Calls `visit(name, value)`, both still encoded, for each field.
template <class Visit>
void ForEachField(std::string_view form, Visit&& visit) {
  for (size_t count = 0; !form.empty() && count < kFormFieldsMax; ++count) {
    const size_t end = std::min(form.find('&'), form.size());
    const std::string_view field = form.substr(0, end);
    const size_t equals = field.find('=');
    if (equals != std::string_view::npos) {
      visit(field.substr(0, equals), field.substr(equals + 1));
    }
    form.remove_prefix(std::min(end + 1, form.size()));
  }
}

bool StartsWithNoCase(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char want, char have) {
           return want == (have >= 'A' && have <= 'Z' ? have + ('a' - 'A') : have);
         });
}

// The value of `name=` or `name="…"` in "form-data; name=\"data\"; filename=x".
std::optional<std::string> HeaderParameter(std::string_view header, std::string_view name) {
  for (size_t at = header.find(';'); at != std::string_view::npos;) {
    header.remove_prefix(at + 1);
    while (header.starts_with(' ') || header.starts_with('\t')) header.remove_prefix(1);
    const bool wanted =
        StartsWithNoCase(header, name) && header.substr(name.size()).starts_with('=');
    const size_t equals = header.find_first_of("=;");
    std::string value;
    if (equals != std::string_view::npos && header.substr(equals + 1).starts_with('"')) {
      size_t i = equals + 2;
      for (; i < header.size() && header[i] != '"'; ++i) {
        if (header[i] == '\\' && i + 1 < header.size()) ++i;
        value += header[i];
      }
      header.remove_prefix(std::min(i + 1, header.size()));
      at = header.find(';');
    } else {
      at = header.find(';');
      if (wanted) value = header.substr(name.size() + 1, at - std::min(at, name.size() + 1));
      while (value.ends_with(' ')) value.pop_back();
    }
    if (wanted) return value;
  }
  return std::nullopt;
}

// The name of a part that is a plain field; nullopt for files and what has none.
std::optional<std::string> PartName(std::string_view head) {
  while (!head.empty()) {
    const size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    if (StartsWithNoCase(line, "content-disposition:")) {
      if (HeaderParameter(line, "filename")) return std::nullopt;
      return HeaderParameter(line, "name");
    }
    head.remove_prefix(std::min(end + 2, head.size()));
  }
  return std::nullopt;
}

}  // namespace

std::string PercentDecode(std::string_view text) {
  return Decode(text, false);
}
std::string FormDecode(std::string_view text) {
  return Decode(text, true);
}
std::string PercentEncode(std::string_view text) {
  return Encode(text, false);
}
std::string PercentEncodePath(std::string_view text) {
  return Encode(text, true);
}

FormFields ParseForm(std::string_view text) {
  FormFields fields;
  ForEachField(text, [&](std::string_view name, std::string_view value) {
    fields.emplace_back(FormDecode(name), FormDecode(value));
  });
  return fields;
}

std::optional<std::string> FindFormField(std::string_view form, std::string_view name) {
  std::optional<std::string_view> found;
  ForEachField(form, [&](std::string_view field, std::string_view value) {
    const bool plain = field.find_first_of("%+") == std::string_view::npos;
    if (plain ? field == name : FormDecode(field) == name) found = value;
  });
  return found ? std::optional(FormDecode(*found)) : std::nullopt;
}

// --boundary CRLF head CRLF CRLF value CRLF --boundary … --boundary--
std::optional<std::string> FindMultipartField(std::string_view content_type,
                                              std::string_view body,
                                              std::string_view name) {
  const std::optional<std::string> boundary = HeaderParameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 200) return std::nullopt;
  const std::string first = "--" + *boundary;
  const std::string next = "\r\n--" + *boundary;
  size_t at = body.find(first);
  if (at == std::string_view::npos) return std::nullopt;
  body.remove_prefix(at + first.size());

  std::optional<std::string> found;
  for (size_t count = 0; count < kFormFieldsMax && body.starts_with("\r\n"); ++count) {
    body.remove_prefix(2);
    const size_t end = body.find(next);
    if (end == std::string_view::npos) break;
    const std::string_view part = body.substr(0, end);
    const size_t head_end = part.find("\r\n\r\n");
    if (head_end != std::string_view::npos && PartName(part.substr(0, head_end)) == name) {
      found = part.substr(head_end + 4);
    }
    body.remove_prefix(end + next.size());
  }
  return found;
}

std::optional<std::string> FindArgument(const HttpRequest& request, std::string_view name) {
  if (!request.body.empty()) {
    const std::string_view type = request.headers.Find("Content-Type").value_or("");
    std::optional<std::string> found;
    if (StartsWithNoCase(type, "application/x-www-form-urlencoded")) {
      found = FindFormField(request.body, name);
    } else if (StartsWithNoCase(type, "multipart/form-data")) {
      found = FindMultipartField(type, request.body, name);
    }
    if (found) return found;
  }
  return FindFormField(request.query, name);
}

}  // namespace headrace::net
