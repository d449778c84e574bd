// Conversions, one for each type.

#include "config/convert.h"

#include <fmt/format.h>
#include <limits>
#include <optional>

#include "config/quantity.h"
#include "config/toml_reader.h"

namespace headrace::config {
namespace {

std::string Shown(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kTable: return "a table";
    case Node::Kind::kArray: return "a list";
    case Node::Kind::kString: return fmt::format("the string {}", QuotedToml(node.text));
    case Node::Kind::kText: return fmt::format("'{}'", node.text);
    default: return node.text;
  }
}

std::unexpected<Error> Wanted(const Node& node, std::string_view what) {
  return Fail(ErrorCode::kInvalid, fmt::format("{} stands where {} is needed", Shown(node), what));
}

bool IsText(const Node& node) {
  return node.kind == Node::Kind::kText || node.kind == Node::Kind::kString;
}

bool IsNumber(const Node& node) {
  return node.kind == Node::Kind::kInteger || node.kind == Node::Kind::kFloat;
}

// A table or list that came as text, "{a = 1}" or "[1, 2]", as TOML.
Result<Node> ParsedText(const Node& node) {
  ConfigErrors errors;
  const auto document = ReadToml("value = " + node.text, node.origin.source, errors);
  if (!document) return Fail(ErrorCode::kInvalid, "as TOML: " + errors.front().message);
  return *document->Find("value");
}

}  // namespace

Result<void> Convert(const Node& node, std::string& value) {
  if (!IsText(node) && node.kind != Node::Kind::kTime) return Wanted(node, "a string");
  value = node.text;
  return {};
}

Result<void> Convert(const Node& node, bool& value) {
  if (node.kind == Node::Kind::kBoolean) {
    value = node.boolean;
    return {};
  }
  const auto parsed = node.kind == Node::Kind::kText ? ParseBoolean(node.text) : std::nullopt;
  if (!parsed) return Wanted(node, "true or false");
  value = *parsed;
  return {};
}

Result<void> Convert(const Node& node, int64_t& value) {
  if (node.kind == Node::Kind::kInteger) {
    value = node.integer;
    return {};
  }
  const auto parsed = node.kind == Node::Kind::kText ? ParseInteger(node.text) : std::nullopt;
  if (!parsed) return Wanted(node, "an integer");
  value = *parsed;
  return {};
}

Result<void> Convert(const Node& node, uint32_t& value) {
  int64_t number = 0;
  TRY(Convert(node, number));
  if (number < 0 || number > std::numeric_limits<int32_t>::max()) {
    return Fail(ErrorCode::kInvalid, fmt::format("{} is not in 0-2147483647", number));
  }
  value = static_cast<uint32_t>(number);
  return {};
}

Result<void> Convert(const Node& node, double& value) {
  if (IsNumber(node)) {
    value = node.number;
    return {};
  }
  const auto parsed = node.kind == Node::Kind::kText ? ParseNumber(node.text) : std::nullopt;
  if (!parsed) return Wanted(node, "a number");
  value = *parsed;
  return {};
}

Result<void> Convert(const Node& node, Duration& value) {
  if (IsNumber(node)) {
    value = TRY(SecondsToDuration(node.number));
    return {};
  }
  if (!IsText(node)) return Wanted(node, "a duration such as \"90s\" or \"1h30m\"");
  value = TRY(ParseDuration(node.text));
  return {};
}

Result<void> ConvertOrNever(const Node& node, Duration& value) {
  constexpr double kNeverSeconds = std::chrono::duration<double>(kNever).count();
  const auto seconds = IsNumber(node) ? std::optional(node.number) : ParseNumber(node.text);
  if (Trimmed(node.text) == "never" || (seconds && *seconds >= kNeverSeconds)) {
    value = kNever;
    return {};
  }
  return Convert(node, value);
}

Result<void> ConvertSize(const Node& node, uint64_t& value) {
  if (node.kind == Node::Kind::kInteger && node.integer >= 0) {
    value = static_cast<uint64_t>(node.integer);
    return {};
  }
  if (!IsText(node)) return Wanted(node, "a size such as \"64MiB\"");
  value = TRY(ParseSize(node.text));
  return {};
}

Result<void> Convert(const Node& node, std::vector<std::string>& value) {
  if (node.kind == Node::Kind::kText) {
    if (Trimmed(node.text).starts_with('[')) return Convert(TRY(ParsedText(node)), value);
    value.clear();
    std::string_view rest = node.text;
    while (!Trimmed(rest).empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      value.emplace_back(Trimmed(rest.substr(0, comma)));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return {};
  }
  if (node.kind != Node::Kind::kArray) return Wanted(node, "a list of strings, [\"…\"],");
  std::vector<std::string> items;
  for (const Node& item : node.items) {
    if (!IsText(item)) return Wanted(item, "a string of the list");
    items.push_back(item.text);
  }
  value = std::move(items);
  return {};
}

Result<void> Convert(const Node& node, std::map<std::string, std::string>& value) {
  if (node.kind == Node::Kind::kText && Trimmed(node.text).starts_with('{')) {
    return Convert(TRY(ParsedText(node)), value);
  }
  if (node.kind != Node::Kind::kTable) return Wanted(node, "a table, { name = \"…\" },");
  std::map<std::string, std::string> fields;
  for (const auto& [name, field] : node.fields) {
    if (field.kind == Node::Kind::kTable || field.kind == Node::Kind::kArray) {
      return Fail(ErrorCode::kInvalid,
                  fmt::format("{} stands where '{}' needs a string", Shown(field), name));
    }
    fields[name] = field.text;
  }
  value = std::move(fields);
  return {};
}

}  // namespace headrace::config
