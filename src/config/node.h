// Node: a value of the configuration before anybody knows what it should be, with its place. TOML
// documents, luigi.cfg, environment variables and flags all become Nodes.
//
// A value type.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.h"

namespace headrace::config {

struct NamedNode;

struct Node {
  enum class Kind : uint8_t {
    kTable,
    kArray,
    kString,
    kInteger,
    kFloat,
    kBoolean,
    kTime,  // a date or time of TOML: `text` in ISO 8601
    kText,  // of a source without types (environment, flag, luigi.cfg): whatever is wanted
  };

  Kind kind = Kind::kTable;
  std::string text;  // kString, kTime, kText; of numbers and booleans: as they are written in TOML
  int64_t integer = 0;
  double number = 0;  // of integers too
  bool boolean = false;
  std::vector<Node> items;        // kArray
  std::vector<NamedNode> fields;  // kTable, in the order of the file
  Origin origin;                  // of the value
  Origin key_origin;              // of the key in front of it
  bool is_flag = false;           // from --set: stronger than the environment

  Node* Find(std::string_view key);
  const Node* Find(std::string_view key) const;

  // "a string", "an integer", …: for messages.
  std::string_view KindName() const;

  static Node Text(std::string text, Origin origin);
};

struct NamedNode {
  std::string name;
  Node node;
};

// "\"a\\nb\"": a TOML basic string.
std::string QuotedToml(std::string_view text);

// `name` as it stands in a TOML key: bare where that can be, else quoted.
std::string TomlKey(std::string_view name);

}  // namespace headrace::config
