// LoadConfig: finds and reads headrace.toml, luigi.cfg, the environment and the flags, and checks
// all of it. Every mistake is reported, not only the first.

#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "config/config_error.h"
#include "config/section_reader.h"

namespace headrace::config {

struct LoadOptions {
  // Absent: $HEADRACE_CONFIG, else headrace.toml in `cwd`, else `system_file`; where there is none,
  // the defaults are the configuration.
  std::optional<std::string> file;
  std::string cwd;  // absolute
  std::map<std::string, std::string> environment;
  // --set: key path ("pipelines.search_ctr.retry.count"; a name with dots in quotes) and text.
  std::vector<std::pair<std::string, std::string>> overrides;
  bool read_luigi = true;
  std::string luigi_system_dir = "/etc/luigi";
  std::string system_file = "/etc/headrace/headrace.toml";

  // For the command line's own flags: Override("scheduler.listen", "0.0.0.0:80").
  void Override(std::string path, std::string text) {
    overrides.emplace_back(std::move(path), std::move(text));
  }
};

struct LoadedConfig {
  Config config;
  std::vector<Setting> settings;   // every key with its value in force and where that comes from
  std::vector<std::string> files;  // that were read, strongest first
  ConfigErrors warnings;
};

struct ConfigFailure {
  ConfigErrors errors;  // at least one
  ConfigErrors warnings;
};

[[nodiscard]] std::expected<LoadedConfig, ConfigFailure> LoadConfig(const LoadOptions& options);

// `path=text` of --set.
Result<std::pair<std::string, std::string>> SplitOverride(std::string_view text);

// The environment of this process.
std::map<std::string, std::string> ProcessEnvironment();

// The configuration in force as TOML, a comment behind each line saying where it comes from; what
// is not set is left out unless `with_defaults`.
std::string Describe(const LoadedConfig& loaded, bool with_defaults);

}  // namespace headrace::config
