// Args: one check a kind of value.

#include "api/args.h"

#include <algorithm>
#include <cmath>

#include "base/json_writer.h"

namespace headrace::api {

std::string CompactJson(const boost::json::value& value) {
  return ToJson(value, JsonStyle::kCompact);
}

void Args::Fail(std::string_view name, std::string_view expected) {
  if (!error_.empty()) return;
  const boost::json::value* value = object_.if_contains(name);
  std::string got = value == nullptr ? "nothing" : CompactJson(*value);
  if (got.size() > 60) got = got.substr(0, 57) + "...";
  error_ = prefix_ + std::string(name) + ": expected " + std::string(expected) + ", got " + got;
}

void Args::Join(const Args& inside) {
  if (error_.empty()) error_ = inside.error();
}

const boost::json::value* Args::Find(std::string_view name) const {
  const boost::json::value* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

bool Args::Has(std::string_view name) const {
  return Find(name) != nullptr;
}

std::optional<std::string> Args::MaybeText(std::string_view name) {
  const boost::json::value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::string(value->get_string());
  Fail(name, "a string");
  return std::nullopt;
}

std::string Args::Text(std::string_view name, std::string_view fallback) {
  return MaybeText(name).value_or(std::string(fallback));
}

std::string Args::Required(std::string_view name) {
  auto text = MaybeText(name);
  if (!text || text->empty()) Fail(name, "a string that is not empty");
  return text.value_or("");
}

bool Args::Bool(std::string_view name, bool fallback) {
  const boost::json::value* value = Find(name);
  if (value == nullptr) return object_.contains(name) ? false : fallback;
  if (value->is_bool()) return value->get_bool();
  if (value->is_number()) return value->to_number<double>() != 0;
  if (value->is_string()) return !value->get_string().empty();
  return true;
}

std::optional<double> Args::MaybeNumber(std::string_view name) {
  const boost::json::value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number() && !std::isnan(value->to_number<double>())) {
    return value->to_number<double>();
  }
  Fail(name, "a number");
  return std::nullopt;
}

double Args::Number(std::string_view name, double fallback) {
  return MaybeNumber(name).value_or(fallback);
}

int64_t Args::Int(std::string_view name, int64_t fallback, int64_t least, int64_t most) {
  const auto number = MaybeNumber(name);
  if (!number) return fallback;
  if (*number < static_cast<double>(least) || *number > static_cast<double>(most)) {
    Fail(name, "a number from " + std::to_string(least) + " to " + std::to_string(most));
    return fallback;
  }
  return static_cast<int64_t>(*number);
}

Timestamp Args::Millis(std::string_view name) {
  constexpr int64_t kMost = 4'000'000'000'000;  // the year 2096
  return Timestamp(std::chrono::milliseconds(Int(name, 0, 0, kMost)));
}

Duration Args::Span(std::string_view name, Duration most) {
  const double seconds = Number(name, 0);
  if (seconds < 0) Fail(name, "seconds, not negative");
  const double most_s = std::chrono::duration<double>(most).count();
  return Duration(static_cast<int64_t>(std::clamp(seconds, 0.0, most_s) * 1e6));
}

std::optional<std::vector<std::string>> Args::Texts(std::string_view name) {
  const boost::json::array* list = List(name);
  if (list == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  texts.reserve(list->size());
  for (const boost::json::value& item : *list) {
    if (!item.is_string()) {
      Fail(name, "a list of strings");
      return std::nullopt;
    }
    texts.emplace_back(item.get_string());
  }
  return texts;
}

scheduler::Resources Args::Amounts(std::string_view name) {
  const boost::json::object* object = Object(name);
  if (object == nullptr) return {};
  Args inside(*object, prefix_ + std::string(name) + ".");
  scheduler::Resources amounts = inside.AllNumbers();
  Join(inside);
  return amounts;
}

scheduler::Resources Args::AllNumbers() {
  scheduler::Resources amounts;
  for (const auto& member : object_) {
    if (!member.value().is_number()) {
      Fail(member.key(), "a number");
      return {};
    }
    amounts.emplace_back(member.key(), member.value().to_number<double>());
  }
  std::sort(amounts.begin(), amounts.end());
  return amounts;
}

std::optional<std::string> Args::MaybeJson(std::string_view name) {
  const boost::json::value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  return CompactJson(*value);
}

std::optional<std::string> Args::MaybeObject(std::string_view name) {
  const boost::json::object* object = Object(name);
  if (object == nullptr) return std::nullopt;
  return CompactJson(*object);
}

const boost::json::array* Args::List(std::string_view name) {
  const boost::json::value* value = Find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) Fail(name, "a list");
  return value->if_array();
}

const boost::json::object* Args::Object(std::string_view name) {
  const boost::json::value* value = Find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) Fail(name, "an object");
  return value->if_object();
}

}  // namespace headrace::api
