// luigi.cfg as Luigi reads it: Python's ConfigParser with Luigi's settings, rule by rule.
//
//   [section]          names as they stand, upper and lower case differ
//   key = value        or `key: value`; the first = or : counts
//       more           deeper indented: another line of the value, blank lines included
//   # or ; comment     on lines of their own only
//   [DEFAULT]          its keys appear in every section that exists
//   %(key)s            another key of the section or of DEFAULT; %% is a %
//   ${NAME}            an environment variable, after that; an unset one is an error
//
// Several files may be read; later values win. The same section or key twice in one file is an
// error. Whatever Python calls white space beyond ASCII is a letter here.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.h"

namespace headrace::config {

class LuigiCfg {
 public:
  struct Value {
    std::string text;
    Origin origin;
  };
  using Variables = std::map<std::string, std::string>;

  // Adds what a file says. Mistakes are appended to `errors`; where Python would give up the rest
  // of the file is left, where it would go on and complain at the end the rest is read.
  void Read(std::string_view text, std::string_view source, ConfigErrors& errors);

  // The value of [section] key (DEFAULT's keys included) after both interpolations; nullopt when
  // there is none or it cannot be had, which is then appended to `errors`.
  std::optional<Value> Get(std::string_view section,
                           std::string_view key,
                           const Variables& environment,
                           ConfigErrors& errors) const;

  bool HasSection(std::string_view section) const;

  // The keys that stand in the section itself, sorted.
  std::vector<std::string> Keys(std::string_view section) const;
  // Sorted, without DEFAULT.
  std::vector<std::string> Sections() const;

 private:
  using Section = std::map<std::string, Value, std::less<>>;
  class FileReader;
  struct Expansion;

  const Value* Find(std::string_view section, std::string_view key) const;
  bool ReplaceReferences(std::string_view section,
                         std::string_view text,
                         int depth,
                         Expansion& out) const;

  Section defaults_;
  std::map<std::string, Section, std::less<>> sections_;
};

}  // namespace headrace::config
