// Small things about nodes.

#include "config/node.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace headrace::config {

Node* Node::Find(std::string_view key) {
  const auto found = std::ranges::find(fields, key, &NamedNode::name);
  return found == fields.end() ? nullptr : &found->node;
}

const Node* Node::Find(std::string_view key) const {
  return const_cast<Node*>(this)->Find(key);
}

std::string_view Node::KindName() const {
  switch (kind) {
    case Kind::kTable: return "a table";
    case Kind::kArray: return "a list";
    case Kind::kString: return "a string";
    case Kind::kInteger: return "an integer";
    case Kind::kFloat: return "a number";
    case Kind::kBoolean: return "true or false";
    case Kind::kTime: return "a date or time";
    case Kind::kText: return "text";
  }
  return "";
}

Node Node::Text(std::string text, Origin origin) {
  Node node;
  node.kind = Kind::kText;
  node.text = std::move(text);
  node.origin = origin;
  node.key_origin = std::move(origin);
  return node;
}

std::string QuotedToml(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string TomlKey(std::string_view name) {
  const bool bare = !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) || c == '_' || c == '-';
  });
  return bare ? std::string(name) : QuotedToml(name);
}

}  // namespace headrace::config
