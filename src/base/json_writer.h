// JsonWriter: appends JSON text to a string, in ASCII, as Python's json.dumps writes it.
//
// Everything beyond ASCII becomes \uXXXX. A string may hold what Python strings hold and UTF-8 does
// not: a lone surrogate, kept by us as its three bytes (base/python_json.h), is written \udcff and
// reaches Python exactly as it left. Bytes that are no UTF-8 at all become U+FFFD. Floats are
// written as Python's repr: shortest text that reads back the same, 5.0 keeps its .0, 1e+16, and
// bare Infinity, -Infinity, NaN (Python's dialect; the strict style writes null for these).
// "</" is written "<\/", so that the text may stand inside HTML.

#pragma once

#include <boost/json/fwd.hpp>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace headrace {

enum class JsonStyle : uint8_t {
  kPython,   // {"a": 1, "b": [Infinity]}   what Luigi's clients get
  kCompact,  // {"a":1,"b":[Infinity]}      journal lines
  kStrict,   // {"a":1,"b":[null]}          what browsers and other programs get
};

class JsonWriter {
 public:
  // Appends to `out`, which the caller keeps alive and does not touch meanwhile.
  JsonWriter(std::string& out, JsonStyle style) : out_(out), style_(style) {}

  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void BeginObject();
  void EndObject();
  void BeginArray();
  void EndArray();
  void Key(std::string_view name);

  void String(std::string_view text);
  void Int(int64_t number);
  void Unsigned(uint64_t number);
  void Double(double number);
  void Bool(bool truth);
  void Null();
  void Value(const boost::json::value& value);
  void Raw(std::string_view json);  // a value that is JSON text already

  // Key and value in one.
  void Field(std::string_view name, std::string_view text) { Key(name), String(text); }
  void Field(std::string_view name, const char* text) { Key(name), String(text); }
  template <std::integral T>
  void Field(std::string_view name, T number) {
    Key(name);
    if constexpr (std::same_as<T, bool>) {
      Bool(number);
    } else if constexpr (std::signed_integral<T>) {
      Int(number);
    } else {
      Unsigned(number);
    }
  }
  void Field(std::string_view name, double number) { Key(name), Double(number); }
  void NullField(std::string_view name) { Key(name), Null(); }

 private:
  void Separate();  // writes the comma that is due before a value or key

  std::string& out_;
  const JsonStyle style_;
  bool comma_due_ = false;  // a value ended here: another one needs a comma first
};

// The pieces, for who needs only one.
void AppendJsonString(std::string& out, std::string_view text);
void AppendPythonDouble(std::string& out, double number);

// Whole values in one call.
std::string ToJson(const boost::json::value& value, JsonStyle style);

}  // namespace headrace
