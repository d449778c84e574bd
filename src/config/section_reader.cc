// Which source speaks for a key, and what is kept of it.

#include "config/section_reader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>

#include "base/suggest.h"
#include "config/convert.h"
#include "config/quantity.h"
#include "config/toml_reader.h"

namespace headrace::config {
namespace {

std::string ShownList(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) {
    if (text.size() > 1) text += ", ";
    text += QuotedToml(item);
  }
  return text + "]";
}

// A variable that by its name holds what is nobody's business: AWS_SECRET_ACCESS_KEY, DB_PASSWORD.
bool IsSecretName(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  constexpr std::array<std::string_view, 5> kWords = {
      "PASS", "SECRET", "TOKEN", "KEY", "CREDENTIAL"};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return upper.contains(word); });
}

std::string ShownMap(const std::map<std::string, std::string>& fields, bool hide_secrets) {
  if (fields.empty()) return "{}";
  std::string text = "{ ";
  for (const auto& [name, value] : fields) {
    if (text.size() > 2) text += ", ";
    text +=
        fmt::format("{} = {}",
                    TomlKey(name),
                    QuotedToml(hide_secrets && IsSecretName(name) ? std::string("***") : value));
  }
  return text + " }";
}

}  // namespace

std::string VariableName(std::string_view path) {
  std::string name = "HEADRACE_";
  for (char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    name += byte < 0x80 && std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
  }
  return name;
}

Origin Reading::OriginOf(std::string_view path) const {
  if (const auto place = places.find(std::string(path)); place != places.end()) {
    return place->second;
  }
  const auto found = std::ranges::find(settings, path, &Setting::path);
  return found == settings.end() ? Origin{"default"} : found->origin;
}

void Reading::Complain(std::string_view path, std::string message) {
  ComplainAt(OriginOf(path), path, std::move(message));
}

void Reading::ComplainAt(const Origin& origin, std::string_view path, std::string message) {
  const auto text = texts.find(origin.source);
  std::string excerpt;
  if (text != texts.end() && origin.line > 0) excerpt = LineOf(text->second, origin.line);
  errors.push_back(ConfigError{origin, std::string(path), std::move(message), std::move(excerpt)});
}

void Reading::Warn(std::string_view path, std::string message) {
  warnings.push_back(ConfigError{OriginOf(path), std::string(path), std::move(message), ""});
}

SectionReader::SectionReader(Reading& reading, const Node* table, std::string path)
    : reading_(reading), table_(table), path_(std::move(path)), place_{"default"} {
  if (table_ == nullptr) return;
  place_ = table_->key_origin.line > 0 ? table_->key_origin : table_->origin;
  if (table_->kind == Node::Kind::kTable) return;
  const bool holds_tables = path_ == "pools" || path_ == "pipelines";
  reading_.ComplainAt(table_->origin,
                      path_,
                      fmt::format("{} stands where a table is needed; write [{}{}]",
                                  table_->KindName(),
                                  path_,
                                  holds_tables ? ".NAME" : ""));
  table_ = nullptr;
}

std::string SectionReader::PathOf(std::string_view key) const {
  return path_.empty() ? TomlKey(key) : fmt::format("{}.{}", path_, TomlKey(key));
}

const Node* SectionReader::Lookup(std::string_view key) {
  const Node* in_file = table_ == nullptr ? nullptr : table_->Find(key);
  if (in_file != nullptr && in_file->is_flag) return in_file;
  const std::string path = PathOf(key);
  const std::string variable = VariableName(path);
  if (const auto set = reading_.environment.find(variable); set != reading_.environment.end()) {
    reading_.variables_used.insert(variable);
    Node node = Node::Text(set->second, Origin{"environment variable " + variable});
    return &variables_.insert_or_assign(std::string(key), std::move(node)).first->second;
  }
  if (in_file != nullptr) return in_file;
  const auto in_luigi = reading_.luigi.find(fmt::format("{}.{}", path_, key));
  return in_luigi == reading_.luigi.end() ? nullptr : &in_luigi->second;
}

void SectionReader::Take(std::string_view key,
                         const std::function<Result<void>(const Node&)>& convert,
                         const std::function<std::string()>& show) {
  known_.emplace_back(key);
  Origin origin{"default"};
  if (const Node* node = Lookup(key)) {
    origin = node->origin;
    if (const Result<void> done = convert(*node); !done) {
      reading_.ComplainAt(origin, PathOf(key), done.error().message);
    }
  }
  reading_.settings.push_back(Setting{PathOf(key), path_, show(), std::move(origin)});
}

void SectionReader::Read(std::string_view key, std::string& value) {
  Take(key, [&](const Node& n) { return Convert(n, value); }, [&] { return QuotedToml(value); });
}

void SectionReader::ReadScalar(std::string_view key, std::string& value) {
  bool is_number = false;
  const auto convert = [&](const Node& node) -> Result<void> {
    is_number = node.kind == Node::Kind::kInteger || node.kind == Node::Kind::kFloat;
    if (!is_number) return Convert(node, value);
    value = node.text;
    return {};
  };
  Take(key, convert, [&] { return is_number ? value : QuotedToml(value); });
}

void SectionReader::ReadSecret(std::string_view key, std::string& value) {
  const auto show = [&] { return std::string(value.empty() ? "\"\"" : "\"***\""); };
  Take(key, [&](const Node& n) { return Convert(n, value); }, show);
}

void SectionReader::ReadSecretUrl(std::string_view key, std::string& value) {
  const auto show = [&] {
    const size_t begin = value.find("://");
    const size_t at = value.rfind('@');
    const size_t colon = begin == std::string::npos ? begin : value.find(':', begin + 3);
    if (at == std::string::npos || colon == std::string::npos || colon > at) {
      return QuotedToml(value);
    }
    return QuotedToml(value.substr(0, colon + 1) + "***" + value.substr(at));
  };
  Take(key, [&](const Node& n) { return Convert(n, value); }, show);
}

void SectionReader::Read(std::string_view key, bool& value) {
  const auto show = [&] { return std::string(value ? "true" : "false"); };
  Take(key, [&](const Node& n) { return Convert(n, value); }, show);
}

void SectionReader::Read(std::string_view key, int64_t& value) {
  Take(
      key, [&](const Node& n) { return Convert(n, value); }, [&] { return std::to_string(value); });
}

void SectionReader::Read(std::string_view key, uint32_t& value) {
  Take(
      key, [&](const Node& n) { return Convert(n, value); }, [&] { return std::to_string(value); });
}

void SectionReader::Read(std::string_view key, double& value) {
  const auto show = [&] { return fmt::format("{}", value); };
  Take(key, [&](const Node& n) { return Convert(n, value); }, show);
}

void SectionReader::Read(std::string_view key, Duration& value) {
  const auto show = [&] { return QuotedToml(FormatDuration(value)); };
  Take(key, [&](const Node& n) { return Convert(n, value); }, show);
}

void SectionReader::ReadOrNever(std::string_view key, Duration& value) {
  const auto show = [&] { return QuotedToml(value == kNever ? "never" : FormatDuration(value)); };
  Take(key, [&](const Node& n) { return ConvertOrNever(n, value); }, show);
}

void SectionReader::ReadSize(std::string_view key, uint64_t& value) {
  const auto show = [&] { return QuotedToml(FormatSize(value)); };
  Take(key, [&](const Node& n) { return ConvertSize(n, value); }, show);
}

void SectionReader::Read(std::string_view key, std::vector<std::string>& value) {
  Take(key, [&](const Node& n) { return Convert(n, value); }, [&] { return ShownList(value); });
}

void SectionReader::Read(std::string_view key, std::map<std::string, std::string>& value) {
  const auto convert = [&](const Node& node) {
    for (const auto& [name, field] : node.fields) {
      reading_.places[fmt::format("{}.{}", PathOf(key), TomlKey(name))] = field.origin;
    }
    return Convert(node, value);
  };
  Take(key, convert, [&] { return ShownMap(value, key == "env"); });
}

size_t SectionReader::ReadWord(std::string_view key,
                               size_t value,
                               std::span<const std::string_view> words) {
  const auto convert = [&](const Node& node) -> Result<void> {
    std::string word;
    TRY(Convert(node, word));
    const auto found = std::ranges::find(words, word);
    if (found != words.end()) {
      value = static_cast<size_t>(found - words.begin());
      return {};
    }
    return Fail(
        ErrorCode::kInvalid,
        fmt::format(
            "\"{}\" is not one of {}{}", word, fmt::join(words, ", "), DidYouMean(word, words)));
  };
  Take(key, convert, [&] { return QuotedToml(words[value]); });
  return value;
}

SectionReader SectionReader::Section(std::string_view key) {
  known_.emplace_back(key);
  return SectionReader(reading_, table_ == nullptr ? nullptr : table_->Find(key), PathOf(key));
}

std::vector<std::string> SectionReader::Names() const {
  std::vector<std::string> names;
  if (table_ == nullptr) return names;
  for (const auto& [name, field] : table_->fields) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> SectionReader::NamesWithLuigi() const {
  std::vector<std::string> names = Names();
  const std::string prefix = path_ + ".";
  for (const auto& [path, node] : reading_.luigi) {
    if (path.starts_with(prefix)) names.push_back(path.substr(prefix.size()));
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

void SectionReader::Finish() {
  if (table_ == nullptr) return;
  const std::vector<std::string_view> known(known_.begin(), known_.end());
  for (const auto& [name, field] : table_->fields) {
    if (std::ranges::find(known_, name) != known_.end()) continue;
    const std::string_view kind = path_.empty() ? "section" : "key";
    const std::string_view nearest = Nearest(name, known);
    reading_.ComplainAt(
        field.key_origin,
        PathOf(name),
        nearest.empty() ? fmt::format("unknown {}; there are {}", kind, fmt::join(known, ", "))
                        : fmt::format("unknown {} '{}', did you mean '{}'?", kind, name, nearest));
  }
}

}  // namespace headrace::config
