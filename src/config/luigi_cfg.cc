// RawConfigParser._read, BasicInterpolation and Luigi's EnvironmentInterpolation in C++.

#include "config/luigi_cfg.h"

#include <fmt/format.h>
#include <set>
#include <utility>

namespace headrace::config {
namespace {

constexpr int kDepthMax = 10;                // Python's MAX_INTERPOLATION_DEPTH
constexpr size_t kValueBytesMax = 1u << 20;  // after interpolation; and how many
constexpr int kReferencesMax = 10'000;       // references it may take: they can multiply
constexpr std::string_view kBlanks = " \t\n\r\v\f\x1c\x1d\x1e\x1f";  // of str.strip(), in ASCII

std::string_view LeftStripped(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  return begin == std::string_view::npos ? "" : text.substr(begin);
}

std::string_view RightStripped(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

std::string_view Stripped(std::string_view text) {
  return RightStripped(LeftStripped(text));
}

// Takes the next line off the front of `text`. Python's text files end a line at \n, \r\n and \r.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  const size_t next = text.substr(end, 2) == "\r\n" ? end + 2 : end + 1;
  text.remove_prefix(std::min(next, text.size()));
  return line;
}

}  // namespace

// A value while its references are replaced.
struct LuigiCfg::Expansion {
  std::string text;
  std::string problem;
  int references = 0;
};

// The state of one file's reading.
class LuigiCfg::FileReader {
 public:
  FileReader(LuigiCfg& cfg, std::string_view source, ConfigErrors& errors)
      : cfg_(cfg), source_(source), errors_(errors) {}

  void Read(std::string_view text) {
    while (!text.empty()) {
      const std::string_view line = TakeLine(text);
      ++line_number_;
      if (!ReadLine(line)) break;
    }
    // Python joins and strips a value's lines at the end of the file.
    for (Value* value : touched_) value->text = RightStripped(value->text);
  }

 private:
  // False: Python gives up here.
  bool ReadLine(std::string_view line) {
    const std::string_view content = Stripped(line);
    if (content.starts_with('#') || content.starts_with(';')) return true;
    if (content.empty()) {
      if (value_ != nullptr) value_->text += '\n';
      return true;
    }
    const size_t indent = line.find_first_not_of(kBlanks);
    if (value_ != nullptr && indent > indent_) {
      value_->text += '\n';
      value_->text += content;
      return true;
    }
    indent_ = indent;
    const size_t close = content.rfind(']');
    if (content.starts_with('[') && close != std::string_view::npos && close > 1) {
      return ReadHeader(std::string(content.substr(1, close - 1)), line);
    }
    if (section_ == nullptr) {
      Complain(line, "a line before the first [section]; put it below one");
      return false;
    }
    return ReadOption(content, line);
  }

  bool ReadHeader(std::string name, std::string_view line) {
    value_ = nullptr;
    if (name == "DEFAULT") {
      section_ = &cfg_.defaults_;
    } else {
      if (cfg_.sections_.contains(name) && seen_.contains({name, ""})) {
        Complain(line, fmt::format("section [{}] a second time in this file; join them", name));
        return false;
      }
      section_ = &cfg_.sections_[name];
      seen_.insert({name, ""});
    }
    section_name_ = std::move(name);
    return true;
  }

  bool ReadOption(std::string_view content, std::string_view line) {
    const size_t delimiter = content.find_first_of("=:");
    if (delimiter == std::string_view::npos) {
      Complain(line, fmt::format("'{}' is neither [section] nor key = value", content));
      return true;
    }
    const std::string key(RightStripped(content.substr(0, delimiter)));
    if (key.empty()) {
      Complain(line, "a value without a key in front of it");
    }
    if (!seen_.insert({section_name_, "=" + key}).second) {
      Complain(
          line,
          fmt::format("key '{}' a second time in section [{}]; remove one", key, section_name_));
      return false;
    }
    Value& value = (*section_)[key];
    value.text = Stripped(content.substr(delimiter + 1));
    const auto column = static_cast<int>(content.data() - line.data()) + 1;
    value.origin = Origin{std::string(source_), line_number_, column};
    value_ = &value;
    touched_.push_back(value_);
    return true;
  }

  void Complain(std::string_view line, std::string message) {
    const size_t indent = std::min(line.find_first_not_of(kBlanks), line.size());
    errors_.push_back(
        ConfigError{Origin{std::string(source_), line_number_, static_cast<int>(indent) + 1},
                    "",
                    std::move(message),
                    std::string(line.substr(0, 200))});
  }

  LuigiCfg& cfg_;
  const std::string_view source_;
  ConfigErrors& errors_;
  int line_number_ = 0;
  size_t indent_ = 0;
  std::string section_name_;
  Section* section_ = nullptr;
  Value* value_ = nullptr;  // that a continuation line belongs to
  std::vector<Value*> touched_;
  std::set<std::pair<std::string, std::string>> seen_;  // section and "=" + key, or "" for itself
};

void LuigiCfg::Read(std::string_view text, std::string_view source, ConfigErrors& errors) {
  FileReader(*this, source, errors).Read(text);
}

const LuigiCfg::Value* LuigiCfg::Find(std::string_view section, std::string_view key) const {
  if (section != "DEFAULT") {
    const auto found = sections_.find(section);
    if (found == sections_.end()) return nullptr;
    if (const auto value = found->second.find(key); value != found->second.end()) {
      return &value->second;
    }
  }
  const auto value = defaults_.find(key);
  return value == defaults_.end() ? nullptr : &value->second;
}

// BasicInterpolation: %(key)s and %%. False with a problem when a reference leads nowhere.
bool LuigiCfg::ReplaceReferences(std::string_view section,
                                 std::string_view text,
                                 int depth,
                                 Expansion& out) const {
  const auto fail = [&](std::string problem) {
    out.problem = std::move(problem);
    return false;
  };
  if (depth > kDepthMax) return fail("references go deeper than 10 or in a circle");
  while (!text.empty()) {
    const size_t percent = std::min(text.find('%'), text.size());
    out.text += text.substr(0, percent);
    text.remove_prefix(percent);
    if (out.text.size() > kValueBytesMax || out.references > kReferencesMax) {
      return fail("references make it longer than 1 MiB or are more than 10000");
    }
    if (text.empty()) break;
    if (text.starts_with("%%")) {
      out.text += '%';
      text.remove_prefix(2);
      continue;
    }
    const size_t close = text.find(')');
    if (!text.starts_with("%(") || close == 2 || close == std::string_view::npos ||
        text.substr(close + 1, 1) != "s") {
      return fail(fmt::format("'{}': a % stands only in %(key)s and %%", text.substr(0, 40)));
    }
    const std::string_view key = text.substr(2, close - 2);
    const Value* value = Find(section, key);
    if (value == nullptr) {
      return fail(fmt::format("%({})s: no key '{}' in [{}] or [DEFAULT]", key, key, section));
    }
    ++out.references;
    if (!value->text.contains('%'))
      out.text += value->text;
    else if (!ReplaceReferences(section, value->text, depth + 1, out))
      return false;
    text.remove_prefix(close + 2);
  }
  return true;
}

std::optional<LuigiCfg::Value> LuigiCfg::Get(std::string_view section,
                                             std::string_view key,
                                             const Variables& environment,
                                             ConfigErrors& errors) const {
  const Value* raw = Find(section, key);
  if (raw == nullptr) return std::nullopt;
  const auto complain = [&](std::string message) -> std::optional<Value> {
    errors.push_back(
        ConfigError{raw->origin, fmt::format("[{}] {}", section, key), std::move(message), ""});
    return std::nullopt;
  };
  Expansion expansion;
  if (!ReplaceReferences(section, raw->text, 1, expansion)) return complain(expansion.problem);

  std::string result;
  std::string_view rest = expansion.text;
  while (!rest.empty()) {
    const size_t open = rest.find("${");
    const size_t close = open == std::string_view::npos ? open : rest.find('}', open + 3);
    // "${}" is no reference, and its brace may close a longer one: Python's [^}]+ decides likewise.
    if (close == std::string_view::npos || rest.substr(open + 2, 1) == "}") {
      if (open == std::string_view::npos || close == std::string_view::npos) break;
      result += rest.substr(0, open + 2);
      rest.remove_prefix(open + 2);
      continue;
    }
    const std::string name(rest.substr(open + 2, close - open - 2));
    const auto variable = environment.find(name);
    if (variable == environment.end()) {
      return complain(fmt::format("${{{}}}: no such environment variable; set it", name));
    }
    result += rest.substr(0, open);
    result += variable->second;
    rest.remove_prefix(close + 1);
  }
  result += rest;
  return Value{std::move(result), raw->origin};
}

bool LuigiCfg::HasSection(std::string_view section) const {
  return section == "DEFAULT" || sections_.contains(section);
}

std::vector<std::string> LuigiCfg::Keys(std::string_view section) const {
  std::vector<std::string> keys;
  const auto found = sections_.find(section);
  if (section != "DEFAULT" && found == sections_.end()) return keys;
  for (const auto& [key, value] : section == "DEFAULT" ? defaults_ : found->second) {
    keys.push_back(key);
  }
  return keys;
}

std::vector<std::string> LuigiCfg::Sections() const {
  std::vector<std::string> names;
  for (const auto& [name, section] : sections_) names.push_back(name);
  return names;
}

}  // namespace headrace::config
