// What is wrong with a configuration, and where: every complaint names the place, the key, what is
// wrong and what would be right.

#pragma once

#include <string>
#include <vector>

namespace headrace::config {

// Where a value or a key comes from.
struct Origin {
  std::string source;  // "headrace.toml", "environment variable HEADRACE_X", "--set x"; "default"
  int line = 0;        // from 1; 0: the source has no lines
  int column = 0;      // from 1; 0: unknown

  // "headrace.toml:3:10".
  std::string Text() const;

  friend bool operator==(const Origin&, const Origin&) = default;
};

struct ConfigError {
  Origin origin;
  std::string key;      // "pipelines.search_ctr.schedule"; empty where there is none
  std::string message;  // "field 2 (hour): 25 is not in 0-23"
  std::string excerpt;  // the line of the file, where there is one

  // "headrace.toml:3:10: pipelines.search_ctr.schedule: field 2 (hour): 25 is not in 0-23".
  std::string Text() const;

  // The same, and below it the line with a mark under the column.
  std::string TextWithExcerpt() const;
};

using ConfigErrors = std::vector<ConfigError>;

}  // namespace headrace::config
