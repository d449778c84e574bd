// Python's dialect in front of Boost.JSON: scan, rewrite what is rare, parse, put NaN back. Numbers
// with a fraction are read again by from_chars: Boost.JSON 1.81 is up to one unit in the last place
// away, and a float must come back to its worker as it left.

#include "base/python_json.h"

#include <array>
#include <bit>
#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>

namespace headrace {
namespace {

namespace json = boost::json;

// Stands for NaN between rewriting and the walk that puts NaN in its place; JSON has no number that
// reads as NaN. Only texts with a bare NaN are walked, so this value is safe in all others.
constexpr std::string_view kNanText = "-1.8446744073709552e-291";
constexpr double kNanStandIn = -1.8446744073709552e-291;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The code unit of "\uXXXX" at `at`; nullopt if that is not what stands there.
std::optional<uint32_t> EscapeAt(std::string_view text, size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  uint32_t unit = 0;
  for (size_t i = at + 2; i < at + 6; ++i) {
    const int digit = HexDigit(text[i]);
    if (digit < 0) return std::nullopt;
    unit = unit << 4 | static_cast<uint32_t>(digit);
  }
  return unit;
}

bool IsHighSurrogate(uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool IsLowSurrogate(uint32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

bool Contains(std::string_view text, std::string_view word) {
  return memmem(text.data(), text.size(), word.data(), word.size()) != nullptr;
}

// True for every text that needs rewriting, and for a few that do not ("Infinity" in a string).
bool MayBePython(std::string_view text) {
  return Contains(text, "Infinity") || Contains(text, "NaN") || Contains(text, "\\ud") ||
         Contains(text, "\\uD");
}

// One text on its way from Python's JSON to RFC 8259 (but for the surrogates' bytes).
class Rewriter {
 public:
  explicit Rewriter(std::string_view text) : text_(text) { out_.reserve(text.size() + 64); }

  std::string Run() {
    while (at_ < text_.size()) {
      if (text_[at_] == '"') {
        CopyString();
      } else if (!Replace("Infinity", "1e999") && !Replace("NaN", kNanText)) {
        out_ += text_[at_++];
      }
    }
    return std::move(out_);
  }

  bool has_nan() const { return has_nan_; }

 private:
  // Bare words only: what comes before must end a token, or "1Infinity" would become 11e999.
  bool Replace(std::string_view word, std::string_view number) {
    if (text_.substr(at_, word.size()) != word) return false;
    const char before = out_.empty() ? ',' : out_.back();
    const bool negative = before == '-' && word == "Infinity";
    if (!negative && std::string_view(",:[{ \t\r\n").find(before) == std::string_view::npos) {
      return false;
    }
    out_ += number;
    at_ += word.size();
    if (word == "NaN") has_nan_ = true;
    return true;
  }

  void CopyString() {
    out_ += text_[at_++];
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') {
        CopyEscape();
      } else {
        out_ += text_[at_++];
      }
    }
    if (at_ < text_.size()) out_ += text_[at_++];
  }

  void CopyEscape() {
    const std::optional<uint32_t> unit = EscapeAt(text_, at_);
    if (unit && (IsHighSurrogate(*unit) || IsLowSurrogate(*unit))) return CopySurrogate(*unit);
    const size_t size = std::min<size_t>(2, text_.size() - at_);
    out_.append(text_, at_, size);
    at_ += size;
  }

  void CopySurrogate(uint32_t unit) {
    const std::optional<uint32_t> next = EscapeAt(text_, at_ + 6);
    if (IsHighSurrogate(unit) && next && IsLowSurrogate(*next)) {  // a pair is one character
      out_.append(text_, at_, 12);
      at_ += 12;
      return;
    }
    out_ += static_cast<char>(0xE0 | unit >> 12);
    out_ += static_cast<char>(0x80 | (unit >> 6 & 0x3F));
    out_ += static_cast<char>(0x80 | (unit & 0x3F));
    at_ += 6;
  }

  const std::string_view text_;
  size_t at_ = 0;
  std::string out_;
  bool has_nan_ = false;
};

void PutNanBack(json::value& value) {
  if (value.is_double()) {
    const auto bits = std::bit_cast<uint64_t>(value.get_double());
    if (bits == std::bit_cast<uint64_t>(kNanStandIn)) {
      value = std::numeric_limits<double>::quiet_NaN();
    }
  } else if (value.is_array()) {
    for (json::value& item : value.get_array()) PutNanBack(item);
  } else if (value.is_object()) {
    for (auto& member : value.get_object()) PutNanBack(member.value());
  }
}

// What json::parser's own handler does, but for on_double().
class ValueBuilder {
 public:
  static constexpr size_t max_object_size = json::object::max_size();
  static constexpr size_t max_array_size = json::array::max_size();
  static constexpr size_t max_key_size = json::string::max_size();
  static constexpr size_t max_string_size = json::string::max_size();

  ValueBuilder(std::span<unsigned char> scratch, json::storage_ptr memory)
      : stack_(json::storage_ptr(), scratch.data(), scratch.size()) {
    stack_.reset(std::move(memory));
  }

  json::value Release() { return stack_.release(); }

  using Text = json::string_view;
  using Code = boost::system::error_code;
  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return true; }
  bool on_object_end(size_t size, Code&) { return stack_.push_object(size), true; }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(size_t size, Code&) { return stack_.push_array(size), true; }
  bool on_key_part(Text text, size_t, Code&) { return stack_.push_chars(text), true; }
  bool on_key(Text text, size_t, Code&) { return stack_.push_key(text), true; }
  bool on_string_part(Text text, size_t, Code&) { return stack_.push_chars(text), true; }
  bool on_string(Text text, size_t, Code&) { return stack_.push_string(text), true; }
  bool on_number_part(Text, Code&) { return true; }  // only of a text that comes in parts
  bool on_int64(int64_t number, Text, Code&) { return stack_.push_int64(number), true; }
  bool on_uint64(uint64_t number, Text, Code&) { return stack_.push_uint64(number), true; }
  bool on_double(double number, Text text, Code&) {
    double exact = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exact);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return stack_.push_double(whole ? exact : number), true;  // not whole: 1e999
  }
  bool on_bool(bool truth, Code&) { return stack_.push_bool(truth), true; }
  bool on_null(Code&) { return stack_.push_null(), true; }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }

 private:
  json::value_stack stack_;
};

json::parse_options Options(size_t depth_max, bool surrogates) {
  json::parse_options options;
  options.max_depth = depth_max;
  options.allow_invalid_utf8 = surrogates;
  return options;
}

}  // namespace

struct JsonParser::Impl {
  explicit Impl(size_t depth) : depth_max(depth) {}
  ~Impl() { Forget(); }

  // The value must be gone before its memory is given back.
  void Forget() {
    std::destroy_at(&value);
    // Not release(): that would keep the size of the next block, which doubles with every block.
    std::destroy_at(&memory);
    new (&memory) json::monotonic_resource(first_memory.data(), first_memory.size());
    new (&value) json::value();
  }

  Result<const json::value*> Parse(std::string_view text, bool surrogates);

  const size_t depth_max;
  alignas(16) std::array<unsigned char, 8192> first_memory;
  alignas(16) std::array<unsigned char, 8192> parser_memory;
  json::monotonic_resource memory{first_memory.data(), first_memory.size()};
  json::value value;
};

Result<const json::value*> JsonParser::Impl::Parse(std::string_view text, bool surrogates) {
  Forget();
  json::basic_parser<ValueBuilder> parser(
      Options(depth_max, surrogates), std::span(parser_memory), json::storage_ptr(&memory));
  boost::system::error_code error;
  const size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  if (error) {
    return Fail(ErrorCode::kInvalid,
                "JSON at byte " + std::to_string(read) + ": " + error.message());
  }
  std::destroy_at(&value);
  new (&value) json::value(parser.handler().Release());
  return &value;
}

JsonParser::JsonParser(size_t depth_max) : impl_(std::make_unique<Impl>(depth_max)) {}
JsonParser::~JsonParser() = default;

Result<const json::value*> JsonParser::Parse(std::string_view text) {
  if (!MayBePython(text)) return impl_->Parse(text, false);
  // From here on the parser lets every byte pass, so this is where bad UTF-8 is refused.
  if (!IsUtf8(text)) return Fail(ErrorCode::kInvalid, "JSON: not UTF-8");
  Rewriter rewriter(text);
  const std::string rewritten = rewriter.Run();
  const json::value* value = TRY(impl_->Parse(rewritten, true));
  if (rewriter.has_nan()) PutNanBack(impl_->value);
  return value;
}

Result<const json::value*> JsonParser::ParseStrict(std::string_view text) {
  return impl_->Parse(text, false);
}

Result<json::value> ParseJson(std::string_view text) {
  JsonParser parser;
  const json::value* value = TRY(parser.Parse(text));
  return json::value(*value, json::storage_ptr());
}

bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto byte = [&](size_t offset) { return static_cast<uint8_t>(text[at + offset]); };
    const uint8_t first = byte(0);
    if (first < 0x80) {
      ++at;
      continue;
    }
    const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || at + size > text.size()) return false;
    for (size_t i = 1; i < size; ++i) {
      if ((byte(i) & 0xC0) != 0x80) return false;
    }
    const uint8_t second = byte(1);
    if (first == 0xE0 && second < 0xA0) return false;  // overlong
    if (first == 0xED && second > 0x9F) return false;  // surrogate
    if (first == 0xF0 && second < 0x90) return false;  // overlong
    if (first == 0xF4 && second > 0x8F) return false;  // beyond U+10FFFF
    at += size;
  }
  return true;
}

}  // namespace headrace
