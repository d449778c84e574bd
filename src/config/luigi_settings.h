// Finds and reads Luigi's configuration files, and picks what means something to a scheduler.
//
// The files and their order are Luigi's: /etc/luigi/client.cfg, /etc/luigi/luigi.cfg, client.cfg,
// luigi.cfg, $LUIGI_CONFIG_PATH; with LUIGI_CONFIG_PARSER=toml /etc/luigi/luigi.toml, luigi.toml,
// $LUIGI_CONFIG_PATH. Later values win.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config_error.h"
#include "config/node.h"

namespace headrace::config {

struct LuigiSources {
  std::string system_dir;  // "/etc/luigi"
  std::string cwd;         // where relative names are looked for
  std::map<std::string, std::string> environment;
};

struct LuigiSettings {
  std::map<std::string, Node> values;  // by "section.key"
  std::vector<std::string> files;      // that were read
};

// Unknown keys, old spellings and what has no meaning here become warnings.
LuigiSettings ReadLuigiSettings(const LuigiSources& sources,
                                ConfigErrors& errors,
                                ConfigErrors& warnings);

}  // namespace headrace::config
