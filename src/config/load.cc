// From files, variables and flags to one document, and from there to a Config.

#include "config/load.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <tuple>
#include <unistd.h>

#include "config/luigi_settings.h"
#include "config/sections.h"
#include "config/text_file.h"
#include "config/toml_reader.h"

namespace headrace::config {
namespace {

namespace fs = std::filesystem;

// The parts of a dotted key; a part in quotes may hold dots. Nothing for what is no key.
std::optional<std::vector<std::string>> SplitPath(std::string_view path) {
  std::vector<std::string> parts;
  for (;;) {
    std::string part;
    const bool quoted = path.starts_with('"');
    if (quoted) {
      const size_t end = path.find('"', 1);
      if (end == std::string_view::npos) return std::nullopt;
      part = path.substr(1, end - 1);
      path.remove_prefix(end + 1);
    } else {
      const size_t end = std::min(path.find('.'), path.size());
      part = path.substr(0, end);
      path.remove_prefix(end);
    }
    if (part.empty()) return std::nullopt;
    parts.push_back(std::move(part));
    if (path.empty()) return parts;
    if (path.front() != '.') return std::nullopt;
    path.remove_prefix(1);
  }
}

// Puts a flag's text into the document, making the tables on its way.
void PutOverride(Node& root, const std::string& path, const std::string& text, Reading& reading) {
  const Origin origin{"--set " + path};
  const auto parts = SplitPath(path);
  if (!parts || parts->size() < 2 || parts->size() > 8) {
    reading.ComplainAt(
        origin, "", "is not a key; write it like scheduler.listen or pipelines.x.retry.count");
    return;
  }
  Node* table = &root;
  for (size_t i = 0; i + 1 < parts->size(); ++i) {
    Node* next = table->Find((*parts)[i]);
    if (next == nullptr) {
      Node made;
      made.origin = made.key_origin = origin;
      next = &table->fields.emplace_back((*parts)[i], std::move(made)).node;
    }
    if (next->kind != Node::Kind::kTable) {
      reading.ComplainAt(origin, "", fmt::format("'{}' is not a table", (*parts)[i]));
      return;
    }
    table = next;
  }
  Node value = Node::Text(text, origin);
  value.is_flag = true;
  if (Node* present = table->Find(parts->back()))
    *present = std::move(value);
  else
    table->fields.emplace_back(parts->back(), std::move(value));
}

struct Located {
  std::string name;  // as the user would write it
  std::string path;  // absolute
};

std::optional<Located> Locate(const LoadOptions& options) {
  const auto named = [&](const std::string& name) {
    return Located{name, (fs::path(options.cwd) / name).lexically_normal().string()};
  };
  if (options.file) return named(*options.file);
  const auto variable = options.environment.find("HEADRACE_CONFIG");
  if (variable != options.environment.end() && !variable->second.empty()) {
    return named(variable->second);
  }
  std::error_code error;
  for (const std::string& name : {std::string("headrace.toml"), options.system_file}) {
    if (!name.empty() && fs::exists(fs::path(options.cwd) / name, error)) return named(name);
  }
  return std::nullopt;
}

// A Service named headrace-scheduler makes Kubernetes set HEADRACE_SCHEDULER_PORT and more in every
// container; they mean nothing here.
bool IsOfKubernetes(std::string_view name) {
  return name.ends_with("_SERVICE_HOST") || name.ends_with("_PORT") ||
         name.contains("_SERVICE_PORT") || name.contains("_PORT_");
}

void WarnOfUnusedVariables(Reading& reading) {
  std::vector<std::string> prefixes;
  for (const char* section : {"scheduler",
                              "resources",
                              "queue",
                              "host",
                              "logs",
                              "planner",
                              "worker",
                              "cors",
                              "email",
                              "smtp",
                              "batch_email",
                              "notify",
                              "prometheus",
                              "log",
                              "pools",
                              "pipelines"}) {
    prefixes.push_back(VariableName(section) + "_");
  }
  for (const auto& [name, value] : reading.environment) {
    const bool is_ours = std::ranges::any_of(
        prefixes, [&](const std::string& prefix) { return name.starts_with(prefix); });
    if (!is_ours || reading.variables_used.contains(name) || IsOfKubernetes(name)) continue;
    reading.warnings.push_back(ConfigError{Origin{"environment variable " + name},
                                           "",
                                           "names no key of the configuration, and is not used",
                                           ""});
  }
}

// What stands at one place keeps its order.
void SortByPlace(ConfigErrors& errors) {
  std::multimap<std::tuple<std::string, int, int>, ConfigError> sorted;
  for (ConfigError& error : errors) {
    const Origin& place = error.origin;
    sorted.emplace(std::tuple(place.source, place.line, place.column), std::move(error));
  }
  errors.clear();
  for (auto& [place, error] : sorted) errors.push_back(std::move(error));
}

bool IsPlace(const Origin& origin) {
  return origin.source != "default";
}

}  // namespace

std::expected<LoadedConfig, ConfigFailure> LoadConfig(const LoadOptions& options) {
  Reading reading;
  reading.environment = options.environment;
  LoadedConfig loaded;
  Node root;
  std::string folder = options.cwd;
  if (const auto located = Locate(options)) {
    folder = fs::path(located->path).parent_path().string();
    loaded.files.push_back(located->name);
    if (auto text = ReadTextFile(located->path)) {
      if (auto document = ReadToml(*text, located->name, reading.errors)) root = *document;
      reading.texts[located->name] = *std::move(text);
    } else {
      reading.ComplainAt(Origin{located->name}, "", text.error().message);
    }
  }
  // A document that is not TOML says nothing: what follows would be noise.
  if (!reading.errors.empty()) return std::unexpected(ConfigFailure{std::move(reading.errors), {}});

  if (options.read_luigi) {
    const LuigiSources sources{options.luigi_system_dir, options.cwd, options.environment};
    LuigiSettings luigi = ReadLuigiSettings(sources, reading.errors, reading.warnings);
    reading.luigi = std::move(luigi.values);
    loaded.files.insert(loaded.files.end(), luigi.files.rbegin(), luigi.files.rend());
  }
  for (const auto& [path, text] : options.overrides) PutOverride(root, path, text, reading);
  loaded.config = ReadSections(reading, root, folder);
  WarnOfUnusedVariables(reading);

  SortByPlace(reading.errors);
  if (!reading.errors.empty()) {
    return std::unexpected(ConfigFailure{std::move(reading.errors), std::move(reading.warnings)});
  }
  loaded.settings = std::move(reading.settings);
  loaded.warnings = std::move(reading.warnings);
  return loaded;
}

Result<std::pair<std::string, std::string>> SplitOverride(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Fail(
        ErrorCode::kInvalid,
        fmt::format("'{}' is not key=value; write it like scheduler.listen=127.0.0.1:8082", text));
  }
  return std::pair(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
}

std::map<std::string, std::string> ProcessEnvironment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::string Describe(const LoadedConfig& loaded, bool with_defaults) {
  std::vector<const Setting*> shown;
  for (const Setting& setting : loaded.settings) {
    if (with_defaults || IsPlace(setting.origin)) shown.push_back(&setting);
  }
  std::string text, table;
  for (const Setting* setting : shown) {
    if (setting->table != table) {
      text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", setting->table);
      table = setting->table;
    }
    const std::string line =
        fmt::format("{} = {}", setting->path.substr(table.size() + 1), setting->value);
    text += fmt::format("{:<48}  # {}\n", line, setting->origin.Text());
  }
  return text;
}

}  // namespace headrace::config
