// The manual names every key of the configuration.

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "config/load.h"

namespace headrace::config {
namespace {

TEST(Manual, NamesEveryKey) {
  std::ostringstream manual;
  manual << std::ifstream(MANUAL_FILE).rdbuf();
  LoadOptions options;
  options.cwd = "/nowhere";
  options.system_file = "";
  options.read_luigi = false;
  options.Override("pipelines.x.module", "m");
  options.Override("pipelines.x.task", "T");

  const auto loaded = LoadConfig(options);

  ASSERT_TRUE(loaded);
  EXPECT_GT(loaded->settings.size(), 70u);
  for (const Setting& setting : loaded->settings) {
    const std::string key = setting.path.substr(setting.table.size() + 1);
    EXPECT_NE(manual.str().find("`" + key + "`"), std::string::npos) << setting.path;
  }
}

}  // namespace
}  // namespace headrace::config
