// toml++ to Nodes.

#include "config/toml_reader.h"

#include <limits>
#include <sstream>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 1
#include <toml++/toml.h>

namespace headrace::config {
namespace {

constexpr size_t kDocumentBytesMax = 16u << 20;

Origin OriginOf(const toml::source_region& region, std::string_view source) {
  return Origin{std::string(source),
                static_cast<int>(region.begin.line),
                static_cast<int>(region.begin.column)};
}

template <class T>
std::string Written(const T& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

// toml++ bounds the depth of what it parses, and so this recursion.
Node Convert(const toml::node& from, std::string_view source) {
  Node node;
  node.origin = OriginOf(from.source(), source);
  if (const toml::table* table = from.as_table()) {
    for (const auto& [key, value] : *table) {
      Node field = Convert(value, source);
      field.key_origin = OriginOf(key.source(), source);
      node.fields.emplace_back(std::string(key.str()), std::move(field));
    }
  } else if (const toml::array* array = from.as_array()) {
    node.kind = Node::Kind::kArray;
    for (const toml::node& item : *array) node.items.push_back(Convert(item, source));
  } else if (const auto* string = from.as_string()) {
    node.kind = Node::Kind::kString;
    node.text = string->get();
  } else if (const auto* integer = from.as_integer()) {
    node.kind = Node::Kind::kInteger;
    node.integer = integer->get();
    node.number = static_cast<double>(integer->get());
    node.text = std::to_string(integer->get());
  } else if (const auto* number = from.as_floating_point()) {
    node.kind = Node::Kind::kFloat;
    node.number = number->get();
    node.text = Written(*number);
  } else if (const auto* boolean = from.as_boolean()) {
    node.kind = Node::Kind::kBoolean;
    node.boolean = boolean->get();
    node.text = boolean->get() ? "true" : "false";
  } else {
    node.kind = Node::Kind::kTime;
    from.visit([&](const auto& value) {
      if constexpr (toml::is_chronological<decltype(value)>) node.text = Written(value);
    });
  }
  return node;
}

// "Error while parsing table header: expected …" without what the place says already, and with what
// would be right where people often go wrong.
std::string Explained(std::string_view description) {
  std::string_view message = description;
  if (message.starts_with("Error while parsing")) {
    const size_t colon = message.find(": ");
    if (colon != std::string_view::npos) message.remove_prefix(colon + 2);
  }
  std::string text = "this is not TOML: " + std::string(message);
  if (message.starts_with("cannot redefine")) text = std::string(message) + "; remove one of them";
  if (message.starts_with("expected a comment or whitespace")) text += "; text needs \"quotes\"";
  return text;
}

}  // namespace

std::string LineOf(std::string_view text, int number) {
  for (int line = 1; line < number; ++line) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return "";
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return std::string(text.substr(0, 200));
}

std::optional<Node> ReadToml(std::string_view text, std::string_view source, ConfigErrors& errors) {
  if (text.size() > kDocumentBytesMax) {
    errors.push_back(ConfigError{Origin{std::string(source)}, "", "larger than 16 MiB", ""});
    return std::nullopt;
  }
  const toml::parse_result result = toml::parse(text, source);
  if (result) return Convert(result.table(), source);
  const toml::parse_error& error = result.error();
  Origin origin = OriginOf(error.source(), source);
  std::string excerpt = LineOf(text, origin.line);
  errors.push_back(
      ConfigError{std::move(origin), "", Explained(error.description()), std::move(excerpt)});
  return std::nullopt;
}

}  // namespace headrace::config
