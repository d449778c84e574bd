// Luigi's files to settings by path.

#include "config/luigi_settings.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>

#include "base/suggest.h"
#include "config/luigi_cfg.h"
#include "config/text_file.h"
#include "config/toml_reader.h"

namespace headrace::config {
namespace {

struct LuigiKey {
  std::string_view section;
  std::string_view key;
  std::string_view old_section = {};  // where older versions of Luigi had it
  std::string_view old_key = {};
};

constexpr std::array<LuigiKey, 47> kKeys = {{
    {"scheduler", "retry_delay"},
    {"scheduler", "remove_delay"},
    {"scheduler", "worker_disconnect_delay"},
    {"scheduler", "batch_emails"},
    {"scheduler", "disable_window"},
    {"scheduler", "retry_count"},
    {"scheduler", "disable_hard_timeout"},
    {"scheduler", "disable_persist"},
    {"scheduler", "max_shown_tasks"},
    {"scheduler", "max_graph_nodes"},
    {"scheduler", "record_task_history"},
    {"scheduler", "prune_on_get_work"},
    {"scheduler", "pause_enabled"},
    {"scheduler", "send_messages"},
    {"scheduler", "metrics_collector"},
    {"scheduler", "stable_done_cooldown_secs"},
    {"cors", "enabled"},
    {"cors", "allowed_origins"},
    {"cors", "allow_any_origin"},
    {"cors", "allow_null_origin"},
    {"cors", "max_age"},
    {"cors", "allowed_methods"},
    {"cors", "allowed_headers"},
    {"cors", "exposed_headers"},
    {"cors", "allow_credentials"},
    {"email", "force_send"},
    {"email", "format", "core", "email-type"},
    {"email", "method", "email", "type"},
    {"email", "prefix", "core", "email-prefix"},
    {"email", "receiver", "core", "error-email"},
    {"email", "sender", "core", "email-sender"},
    {"email", "traceback_max_length"},
    {"smtp", "host", "core", "smtp_host"},
    {"smtp", "local_hostname", "core", "smtp_local_hostname"},
    {"smtp", "no_tls", "core", "smtp_without_tls"},
    {"smtp", "password", "core", "smtp_password"},
    {"smtp", "port", "core", "smtp_port"},
    {"smtp", "ssl", "core", "smtp_ssl"},
    {"smtp", "timeout", "core", "smtp_timeout"},
    {"smtp", "username", "core", "smtp_login"},
    {"batch_email", "email_interval", "batch-notifier", "email-interval-minutes"},
    {"batch_email", "batch_mode"},
    {"batch_email", "error_lines"},
    {"batch_email", "error_messages"},
    {"batch_email", "group_by_error_messages"},
    {"prometheus", "use_task_family_in_labels"},
    {"prometheus", "task_parameters_to_use_in_labels"},
}};

// Luigi has them; they mean nothing to this scheduler.
struct UnusedKey {
  std::string_view section;
  std::string_view key;
  std::string_view reason;
};
constexpr std::array<UnusedKey, 2> kUnused = {{
    {"scheduler", "state_path", "the state is kept in scheduler.store of headrace.toml"},
    {"scheduler", "metrics_custom_import", "metrics come in Prometheus' format from /metrics"},
}};

constexpr std::array<std::string_view, 6> kSections = {
    "scheduler", "cors", "email", "smtp", "batch_email", "prometheus"};

std::string Replaced(std::string_view text, char from, char to) {
  std::string result(text);
  std::ranges::replace(result, from, to);
  return result;
}

std::string PathOf(std::string_view section, std::string_view key) {
  return fmt::format("{}.{}", section, key);
}

class SettingsReader {
 public:
  SettingsReader(const LuigiSources& sources, ConfigErrors& errors, ConfigErrors& warnings)
      : sources_(sources), errors_(errors), warnings_(warnings) {}

  LuigiSettings Read() {
    const auto parser = sources_.environment.find("LUIGI_CONFIG_PARSER");
    std::string name = parser == sources_.environment.end() ? "cfg" : parser->second;
    if (name != "cfg" && name != "conf" && name != "ini" && name != "toml") {
      Warn(Origin{"environment variable LUIGI_CONFIG_PARSER"},
           fmt::format("'{}' is not a parser of Luigi's; cfg is used", name));
      name = "cfg";
    }
    if (name == "toml")
      ReadTomlFiles();
    else
      ReadCfgFiles();
    return std::move(settings_);
  }

 private:
  void ReadCfgFiles() {
    LuigiCfg cfg;
    std::vector<std::string> names = {sources_.system_dir + "/client.cfg",
                                      sources_.system_dir + "/luigi.cfg",
                                      "client.cfg",
                                      "luigi.cfg"};
    AddConfigPath(names, false);
    for (const std::string& name : names) {
      const std::optional<std::string> text = ReadFile(name);
      if (!text) continue;
      if (name.ends_with("client.cfg")) {
        Warn(Origin{name}, "files named client.cfg are deprecated; rename it to luigi.cfg");
      }
      cfg.Read(*text, name, errors_);
    }
    for (const LuigiKey& key : kKeys) TakeKey(cfg, key);
    TakeResources(cfg);
    for (std::string_view section : kSections) WarnOfUnknownKeys(cfg, section);
    WarnOfLogging(cfg);
  }

  // The key itself, with dashes, or where it used to be; in this order, as Luigi looks.
  void TakeKey(const LuigiCfg& cfg, const LuigiKey& key) {
    if (TakeSpelling(cfg, key.section, key.key, key)) return;
    if (!key.old_key.empty()) TakeSpelling(cfg, key.old_section, key.old_key, key);
  }

  bool TakeSpelling(const LuigiCfg& cfg,
                    std::string_view section,
                    std::string_view name,
                    const LuigiKey& key) {
    for (char dash : {'_', '-'}) {
      const std::string spelling = Replaced(Replaced(name, '-', '_'), '_', dash);
      const size_t errors_before = errors_.size();
      const auto value = cfg.Get(section, spelling, sources_.environment, errors_);
      if (!value && errors_.size() == errors_before) continue;
      if (!value) return true;
      if (section != key.section || spelling != key.key) {
        Warn(value->origin,
             fmt::format("[{}] {} is an old spelling; write [{}] {}",
                         section,
                         spelling,
                         key.section,
                         key.key));
      }
      settings_.values.insert_or_assign(PathOf(key.section, key.key),
                                        Node::Text(value->text, value->origin));
      return true;
    }
    return false;
  }

  // Any name; those of [DEFAULT] are not resources.
  void TakeResources(const LuigiCfg& cfg) {
    const std::vector<std::string> defaults = cfg.Keys("DEFAULT");
    for (const std::string& name : cfg.Keys("resources")) {
      if (std::ranges::find(defaults, name) != defaults.end()) continue;
      const auto value = cfg.Get("resources", name, sources_.environment, errors_);
      if (!value) continue;
      settings_.values.insert_or_assign(PathOf("resources", name),
                                        Node::Text(value->text, value->origin));
    }
  }

  // Python's logging configuration is luigid's; the workers' own is the task host's.
  void WarnOfLogging(const LuigiCfg& cfg) {
    ConfigErrors ignored;
    const auto file = cfg.Get("core", "logging_conf_file", sources_.environment, ignored);
    if (!file) return;
    Warn(file->origin,
         "[core] logging_conf_file is not read by this scheduler: levels, format and file of its "
         "log are in [log] of headrace.toml");
  }

  void WarnOfUnknownKeys(const LuigiCfg& cfg, std::string_view section) {
    ConfigErrors ignored;
    for (const std::string& key : cfg.Keys(section)) {
      const auto value = cfg.Get(section, key, sources_.environment, ignored);
      WarnIfUnknown(section, key, value ? value->origin : Origin{"luigi.cfg"});
    }
  }

  void WarnIfUnknown(std::string_view section, std::string_view key, const Origin& origin) {
    const std::string plain = Replaced(key, '-', '_');
    std::vector<std::string_view> known;
    for (const LuigiKey& each : kKeys) {
      if (each.section == section) known.push_back(each.key);
      if (each.section == section && each.key == plain) return;
      if (each.old_section == section && each.old_key == key) return;
    }
    for (const UnusedKey& unused : kUnused) {
      if (unused.section != section || unused.key != plain) continue;
      return Warn(origin, fmt::format("[{}] {} has no effect: {}", section, key, unused.reason));
    }
    Warn(origin, fmt::format("[{}] {}: unknown key{}", section, key, DidYouMean(key, known)));
  }

  void ReadTomlFiles() {
    std::vector<std::string> names = {sources_.system_dir + "/luigi.toml", "luigi.toml"};
    AddConfigPath(names, true);
    for (const std::string& name : names) {
      const std::optional<std::string> text = ReadFile(name);
      if (!text) continue;
      const std::optional<Node> document = ReadToml(*text, name, errors_);
      if (!document) continue;
      for (const auto& [section, table] : document->fields) {
        for (const auto& [key, value] : table.fields) TakeTomlValue(section, key, value);
      }
    }
  }

  // In TOML there are neither dashes for underscores nor old places: Luigi looks up the plain key.
  void TakeTomlValue(const std::string& section, const std::string& key, const Node& value) {
    const bool is_resource = section == "resources";
    if (!is_resource && std::ranges::find(kSections, section) == kSections.end()) return;
    const bool known = std::ranges::any_of(
        kKeys, [&](const LuigiKey& each) { return each.section == section && each.key == key; });
    if (known || is_resource)
      settings_.values.insert_or_assign(PathOf(section, key), value);
    else
      WarnIfUnknown(section, key, value.key_origin);
  }

  // $LUIGI_CONFIG_PATH, if its extension fits the parser that is used.
  void AddConfigPath(std::vector<std::string>& names, bool is_toml) {
    const auto path = sources_.environment.find("LUIGI_CONFIG_PATH");
    if (path == sources_.environment.end()) return;
    const Origin origin{"environment variable LUIGI_CONFIG_PATH"};
    const std::string extension = std::filesystem::path(path->second).extension();
    if (!std::filesystem::is_regular_file(Resolved(path->second))) {
      return Warn(origin, fmt::format("no such file: {}", path->second));
    }
    const bool wants_toml = extension == ".toml";
    const bool wants_cfg = extension == ".cfg" || extension == ".conf" || extension == ".ini";
    if ((wants_toml && !is_toml) || (wants_cfg && is_toml)) {
      return Warn(origin,
                  fmt::format("{} is not read: set LUIGI_CONFIG_PARSER={}, as Luigi asks for",
                              path->second,
                              extension.substr(1)));
    }
    names.push_back(path->second);
  }

  std::filesystem::path Resolved(const std::string& name) const {
    return std::filesystem::path(sources_.cwd) / name;
  }

  // Nothing for a file that is not there, as in Luigi.
  std::optional<std::string> ReadFile(const std::string& name) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(Resolved(name), error)) return std::nullopt;
    Result<std::string> text = ReadTextFile(Resolved(name).string());
    if (!text) {
      errors_.push_back(ConfigError{Origin{name}, "", text.error().message, ""});
      return std::nullopt;
    }
    settings_.files.push_back(name);
    return std::move(*text);
  }

  void Warn(const Origin& origin, std::string message) {
    warnings_.push_back(ConfigError{origin, "", std::move(message), ""});
  }

  const LuigiSources& sources_;
  ConfigErrors& errors_;
  ConfigErrors& warnings_;
  LuigiSettings settings_;
};

}  // namespace

LuigiSettings ReadLuigiSettings(const LuigiSources& sources,
                                ConfigErrors& errors,
                                ConfigErrors& warnings) {
  return SettingsReader(sources, errors, warnings).Read();
}

}  // namespace headrace::config
