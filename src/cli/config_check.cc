// headrace config check, config show.

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/session.h"

namespace headrace::cli {

int ConfigCheck(const Arguments& arguments) {
  const auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  if (loaded->files.empty()) {
    fmt::print("no configuration file: the defaults are in force\n");
  }
  for (const std::string& file : loaded->files) fmt::print("read {}\n", file);
  fmt::print("{} pools, {} pipelines: all right\n",
             loaded->config.pools.size(),
             loaded->config.pipelines.size());
  return kOk;
}

int ConfigShow(const Arguments& arguments) {
  const auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  fmt::print("{}", config::Describe(*loaded, arguments.all));
  return kOk;
}

}  // namespace headrace::cli
