// Small operations on JSON text, with Boost.JSON.

#include "base/json_text.h"

#include <boost/json.hpp>

#include "base/check.h"
#include "base/json_writer.h"
#include "base/python_json.h"

namespace headrace {

namespace {

boost::json::object ObjectOf(std::string_view text) {
  auto value = ParseJson(text);
  if (!value || !value->is_object()) return {};
  return std::move(value->as_object());
}

std::string TextOf(const boost::json::value& value) {
  std::string text;
  JsonWriter(text, JsonStyle::kCompact).Value(value);
  return text;
}

}  // namespace

std::string MergeJsonObjects(std::string_view base, std::string_view more) {
  boost::json::object merged = ObjectOf(base);
  for (auto& member : ObjectOf(more)) merged[member.key()] = member.value();
  return TextOf(merged);
}

std::vector<std::pair<std::string, std::string>> JsonStrings(std::string_view object) {
  std::vector<std::pair<std::string, std::string>> strings;
  for (const auto& member : ObjectOf(object)) {
    const auto& value = member.value();
    strings.emplace_back(member.key(),
                         value.is_string() ? std::string(value.as_string()) : TextOf(value));
  }
  return strings;
}

std::optional<double> JsonNumber(std::string_view object, std::string_view name) {
  const boost::json::object members = ObjectOf(object);
  const auto* found = members.if_contains(name);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  return found->to_number<double>();
}

std::optional<std::string> JsonString(std::string_view object, std::string_view name) {
  const boost::json::object members = ObjectOf(object);
  const auto* found = members.if_contains(name);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return std::string(found->as_string());
}

std::string JsonObjectOf(const std::vector<std::pair<std::string, std::vector<std::string>>>& items,
                         const std::vector<bool>& lists) {
  CHECK(items.size() == lists.size());
  std::string text;
  JsonWriter json(text, JsonStyle::kCompact);
  json.BeginObject();
  for (size_t i = 0; i < items.size(); ++i) {
    json.Key(items[i].first);
    if (!lists[i]) {
      json.String(items[i].second.front());
      continue;
    }
    json.BeginArray();
    for (const auto& value : items[i].second) json.String(value);
    json.EndArray();
  }
  json.EndObject();
  return text;
}

std::string JsonQuote(std::string_view text) {
  std::string quoted;
  JsonWriter(quoted, JsonStyle::kCompact).String(text);
  return quoted;
}

}  // namespace headrace
