// Reading fields of a JSON object that the other side wrote: what is absent or of another type is
// the default, as the protocol says.

#pragma once

#include <boost/json.hpp>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace headrace::host {

inline std::string TextOf(const boost::json::value& value) {
  const boost::json::string* text = value.if_string();
  return text != nullptr ? std::string(*text) : std::string();
}

inline std::string Text(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr ? TextOf(*value) : std::string();
}

inline std::optional<double> Number(const boost::json::value* value) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::system::error_code failed;
  const double number = value->to_number<double>(failed);
  if (failed) return std::nullopt;
  return number;
}

inline std::optional<double> Number(const boost::json::object& object, std::string_view key) {
  return Number(object.if_contains(key));
}

inline std::optional<int64_t> Int(const boost::json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (const int64_t* whole = value->if_int64()) return *whole;
  const std::optional<double> number = Number(value);
  if (!number || !(std::abs(*number) < 9e18)) return std::nullopt;
  return static_cast<int64_t>(*number);
}

inline std::optional<int64_t> Int(const boost::json::object& object, std::string_view key) {
  return Int(object.if_contains(key));
}

inline bool Bool(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  const bool* truth = value != nullptr ? value->if_bool() : nullptr;
  return truth != nullptr && *truth;
}

// Seconds, as Luigi writes them.
inline std::optional<Duration> Seconds(const boost::json::object& object, std::string_view key) {
  const std::optional<double> seconds = Number(object, key);
  if (!seconds || !(std::abs(*seconds) < 1e11)) return std::nullopt;
  return std::chrono::round<Duration>(std::chrono::duration<double>(*seconds));
}

inline const boost::json::object* Object(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr ? value->if_object() : nullptr;
}

// Empty if there is none.
inline const boost::json::array& Array(const boost::json::object& object, std::string_view key) {
  static const boost::json::array empty;
  const boost::json::value* value = object.if_contains(key);
  const boost::json::array* array = value != nullptr ? value->if_array() : nullptr;
  return array != nullptr ? *array : empty;
}

inline std::vector<std::string> Texts(const boost::json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  for (const boost::json::value& value : Array(object, key)) texts.push_back(TextOf(value));
  return texts;
}

inline std::map<std::string, double> Numbers(const boost::json::object& object,
                                             std::string_view key) {
  std::map<std::string, double> numbers;
  const boost::json::object* found = Object(object, key);
  if (found == nullptr) return numbers;
  for (const auto& [name, value] : *found) numbers[name] = Number(&value).value_or(0);
  return numbers;
}

}  // namespace headrace::host
