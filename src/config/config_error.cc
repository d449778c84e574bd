// One line a complaint, and the excerpt below it.

#include "config/config_error.h"

#include <algorithm>
#include <fmt/format.h>

namespace headrace::config {

std::string Origin::Text() const {
  if (line == 0) return source;
  if (column == 0) return fmt::format("{}:{}", source, line);
  return fmt::format("{}:{}:{}", source, line, column);
}

std::string ConfigError::Text() const {
  if (key.empty()) return fmt::format("{}: {}", origin.Text(), message);
  return fmt::format("{}: {}: {}", origin.Text(), key, message);
}

std::string ConfigError::TextWithExcerpt() const {
  std::string text = Text();
  if (excerpt.empty()) return text;
  text += fmt::format("\n{:>5} | {}", origin.line, excerpt);
  if (origin.column == 0) return text;
  // A tab in front of the mark keeps its width, and so the mark its place.
  std::string indent = excerpt.substr(0, static_cast<size_t>(origin.column - 1));
  std::ranges::replace_if(indent, [](char c) { return c != '\t'; }, ' ');
  return text + "\n      | " + indent + "^";
}

}  // namespace headrace::config
