// Python's JSON, read from whoever reaches the port: any bytes end in a value or an error, and what
// was read and written comes back the same, in each style of writing.

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/json_writer.h"
#include "base/python_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using headrace::JsonStyle;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  headrace::JsonParser parser;

  const auto strict = parser.ParseStrict(text);
  const bool is_strict = strict.has_value();
  const auto value = headrace::ParseJson(text);
  CHECK(value.has_value() || !is_strict);  // Python's dialect is the wider one
  if (!value) return 0;

  const std::string python = headrace::ToJson(*value, JsonStyle::kPython);
  const auto again = headrace::ParseJson(python);
  CHECK(again.has_value());
  CHECK(headrace::ToJson(*again, JsonStyle::kPython) == python);

  const std::string for_browsers = headrace::ToJson(*value, JsonStyle::kStrict);
  // Boost.JSON is stricter than RFC 8259: it refuses the escape of a lone surrogate.
  const bool has_surrogate = for_browsers.find("\\ud") != std::string::npos;
  CHECK(has_surrogate || parser.ParseStrict(for_browsers).has_value());
  return 0;
}
