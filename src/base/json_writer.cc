// JSON text in ASCII, byte for byte what Python's json.dumps would write.

#include "base/json_writer.h"

#include <array>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>

#include "base/python_json.h"

namespace headrace {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

// Bytes that stand for themselves inside a JSON string. '/' is looked at because of "</".
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (size_t byte = ' '; byte <= '~'; ++byte) plain[byte] = true;
  plain['"'] = plain['\\'] = plain['/'] = false;
  return plain;
}();

void AppendEscape(std::string& out, uint32_t unit) {
  const char escape[] = {'\\',
                         'u',
                         kHexDigits[unit >> 12 & 15],
                         kHexDigits[unit >> 8 & 15],
                         kHexDigits[unit >> 4 & 15],
                         kHexDigits[unit & 15]};
  out.append(escape, sizeof escape);
}

// Reads one character beyond ASCII and moves `at` behind it. Surrogates pass; what is no UTF-8
// costs one byte and is U+FFFD.
uint32_t DecodeUtf8(std::string_view text, size_t& at) {
  const auto byte = [&](size_t offset) { return static_cast<uint8_t>(text[at + offset]); };
  const auto follows = [&](size_t offset) {
    return at + offset < text.size() && (byte(offset) & 0xC0) == 0x80;
  };
  const uint32_t first = byte(0);
  if (first >= 0xC2 && first <= 0xDF && follows(1)) {
    const uint32_t code = (first & 0x1Fu) << 6 | (byte(1) & 0x3Fu);
    at += 2;
    return code;
  }
  if (first >= 0xE0 && first <= 0xEF && follows(1) && follows(2)) {
    const uint32_t code = (first & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
    if (code >= 0x800) return at += 3, code;
  }
  if (first >= 0xF0 && first <= 0xF4 && follows(1) && follows(2) && follows(3)) {
    const uint32_t code = (first & 0x07u) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 |
                          (byte(3) & 0x3Fu);
    if (code >= 0x10000 && code <= 0x10FFFF) return at += 4, code;
  }
  ++at;
  return 0xFFFD;
}

void AppendCodePoint(std::string& out, uint32_t code) {
  if (code < 0x10000) return AppendEscape(out, code);
  AppendEscape(out, 0xD800 + ((code - 0x10000) >> 10));
  AppendEscape(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
}

void AppendSpecial(std::string& out, char byte) {
  switch (byte) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\f': out += "\\f"; return;
    case '\b': out += "\\b"; return;
    default: AppendEscape(out, static_cast<uint8_t>(byte));
  }
}

template <class Integer>
void AppendInteger(std::string& out, Integer number) {
  std::array<char, 24> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), number);
  out.append(text.data(), result.ptr);
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && kPlain[static_cast<uint8_t>(text[end])]) ++end;
    out.append(text, at, end - at);
    at = end;
    if (at == text.size()) break;
    if (static_cast<uint8_t>(text[at]) >= 0x80) {
      AppendCodePoint(out, DecodeUtf8(text, at));
      continue;
    }
    if (text[at] != '/') {
      AppendSpecial(out, text[at]);
    } else {
      out += at > 0 && text[at - 1] == '<' ? "\\/" : "/";
    }
    ++at;
  }
  out += '"';
}

// Python's words for numbers may stand in it (or in one of its strings), which others cannot read.
bool MayHaveWords(std::string_view json) {
  return json.find("NaN") != std::string_view::npos ||
         json.find("Infinity") != std::string_view::npos;
}

// Python's repr: to_chars gives the shortest digits; the point goes where repr puts it.
void AppendPythonDouble(std::string& out, double number) {
  if (std::isnan(number)) return void(out += "NaN");
  if (std::isinf(number)) return void(out += number > 0 ? "Infinity" : "-Infinity");
  std::array<char, 32> buffer;
  const auto result = std::to_chars(
      buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific);
  std::string_view text(buffer.data(), result.ptr);
  const size_t e = text.find('e');
  int exponent = 0;
  const char* sign = buffer.data() + e + 1;
  std::from_chars(*sign == '+' ? sign + 1 : sign, result.ptr, exponent);
  if (exponent < -4 || exponent >= 16) return void(out += text);

  text = text.substr(0, e);
  if (text.starts_with('-')) out += '-', text.remove_prefix(1);
  const char first = text[0];
  const std::string_view rest = text.size() > 1 ? text.substr(2) : std::string_view();
  if (exponent < 0) {
    out += "0.";
    out.append(static_cast<size_t>(-exponent - 1), '0');
    out += first;
    out += rest;
    return;
  }
  const size_t whole = static_cast<size_t>(exponent);  // digits before the point, after `first`
  out += first;
  out += rest.substr(0, whole);
  if (rest.size() < whole) out.append(whole - rest.size(), '0');
  out += '.';
  out += rest.size() > whole ? rest.substr(whole) : "0";
}

void JsonWriter::Separate() {
  if (comma_due_) out_ += style_ == JsonStyle::kPython ? ", " : ",";
  comma_due_ = true;
}

void JsonWriter::BeginObject() {
  Separate();
  out_ += '{';
  comma_due_ = false;
}

void JsonWriter::EndObject() {
  out_ += '}';
  comma_due_ = true;
}

void JsonWriter::BeginArray() {
  Separate();
  out_ += '[';
  comma_due_ = false;
}

void JsonWriter::EndArray() {
  out_ += ']';
  comma_due_ = true;
}

void JsonWriter::Key(std::string_view name) {
  Separate();
  AppendJsonString(out_, name);
  out_ += style_ == JsonStyle::kPython ? ": " : ":";
  comma_due_ = false;
}

void JsonWriter::String(std::string_view text) {
  Separate();
  AppendJsonString(out_, text);
}

void JsonWriter::Int(int64_t number) {
  Separate();
  AppendInteger(out_, number);
}

void JsonWriter::Unsigned(uint64_t number) {
  Separate();
  AppendInteger(out_, number);
}

void JsonWriter::Double(double number) {
  if (style_ == JsonStyle::kStrict && !std::isfinite(number)) return Null();
  Separate();
  AppendPythonDouble(out_, number);
}

void JsonWriter::Bool(bool truth) {
  Separate();
  out_ += truth ? "true" : "false";
}

void JsonWriter::Null() {
  Separate();
  out_ += "null";
}

void JsonWriter::Raw(std::string_view json) {
  if (style_ == JsonStyle::kStrict && MayHaveWords(json)) {
    if (const auto value = ParseJson(json)) return Value(*value);
  }
  Separate();
  out_ += json;
}

// As deep as the value; JsonParser let nothing deeper than its limit in.
void JsonWriter::Value(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null: return Null();
    case boost::json::kind::bool_: return Bool(value.get_bool());
    case boost::json::kind::int64: return Int(value.get_int64());
    case boost::json::kind::uint64: return Unsigned(value.get_uint64());
    case boost::json::kind::double_: return Double(value.get_double());
    case boost::json::kind::string: return String(value.get_string());
    case boost::json::kind::array:
      BeginArray();
      for (const boost::json::value& item : value.get_array()) Value(item);
      return EndArray();
    case boost::json::kind::object:
      BeginObject();
      for (const auto& [key, item] : value.get_object()) Key(key), Value(item);
      return EndObject();
  }
}

std::string ToJson(const boost::json::value& value, JsonStyle style) {
  std::string out;
  JsonWriter(out, style).Value(value);
  return out;
}

}  // namespace headrace
