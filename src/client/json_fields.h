// Fields of a JSON object as values. What is missing, null or of another type is the default: the
// other side may be older or newer than this one.

#pragma once

#include <boost/json.hpp>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace headrace::client {

inline const boost::json::value* Find(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  return value != nullptr && !value->is_null() ? value : nullptr;
}

inline const boost::json::object* FindObject(const boost::json::object& object,
                                             std::string_view name) {
  const boost::json::value* value = Find(object, name);
  return value != nullptr ? value->if_object() : nullptr;
}

inline std::string AsText(const boost::json::value& value) {
  const boost::json::string* text = value.if_string();
  return text != nullptr ? std::string(text->begin(), text->end()) : std::string();
}

inline std::string Text(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = Find(object, name);
  return value != nullptr ? AsText(*value) : std::string();
}

inline std::optional<double> AsDouble(const boost::json::value& value) {
  if (value.is_double()) return value.get_double();
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  return std::nullopt;
}

inline std::optional<int64_t> AsInt(const boost::json::value& value) {
  if (value.is_int64()) return value.get_int64();
  const std::optional<double> number = AsDouble(value);
  if (!number || !(*number > -9e18 && *number < 9e18)) return std::nullopt;
  return static_cast<int64_t>(*number);
}

inline std::optional<double> MaybeDouble(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = Find(object, name);
  return value != nullptr ? AsDouble(*value) : std::nullopt;
}

inline std::optional<int64_t> MaybeInt(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = Find(object, name);
  return value != nullptr ? AsInt(*value) : std::nullopt;
}

inline int64_t Int(const boost::json::object& object, std::string_view name) {
  return MaybeInt(object, name).value_or(0);
}

inline bool Bool(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = Find(object, name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

// Epoch milliseconds.
inline std::optional<Timestamp> MaybeTime(const boost::json::object& object,
                                          std::string_view name) {
  const std::optional<int64_t> ms = MaybeInt(object, name);
  if (!ms) return std::nullopt;
  return Timestamp(std::chrono::milliseconds(*ms));
}

// Seconds, perhaps with a fraction; a span beyond some thirty years counts as that.
inline std::optional<Duration> MaybeSpan(const boost::json::object& object, std::string_view name) {
  const std::optional<double> seconds = MaybeDouble(object, name);
  if (!seconds || !(*seconds >= 0)) return std::nullopt;
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(*seconds < 1e9 ? *seconds : 1e9));
}

inline std::vector<std::string> Texts(const boost::json::object& object, std::string_view name) {
  std::vector<std::string> texts;
  const boost::json::value* value = Find(object, name);
  if (value == nullptr || !value->is_array()) return texts;
  for (const boost::json::value& item : value->get_array()) texts.push_back(AsText(item));
  return texts;
}

// The items of a list that are objects, each through `read`.
template <class T>
std::vector<T> Items(const boost::json::object& object,
                     std::string_view name,
                     T (*read)(const boost::json::object&)) {
  std::vector<T> items;
  const boost::json::value* value = Find(object, name);
  if (value == nullptr || !value->is_array()) return items;
  for (const boost::json::value& item : value->get_array()) {
    if (item.is_object()) items.push_back(read(item.get_object()));
  }
  return items;
}

}  // namespace headrace::client
