// luigi.cfg from any bytes: errors or values, in bounded time and memory.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "config/luigi_cfg.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headrace::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  LuigiCfg cfg;
  ConfigErrors errors;
  cfg.Read(text.substr(0, size / 2), "a.cfg", errors);
  cfg.Read(text.substr(size / 2), "b.cfg", errors);
  for (const ConfigError& error : errors) CHECK(error.origin.line > 0 && !error.message.empty());
  size_t keys_left = 50;
  for (const std::string& section : cfg.Sections()) {
    CHECK(cfg.HasSection(section));
    for (const std::string& key : cfg.Keys(section)) {
      if (keys_left-- == 0) return 0;
      const size_t before = errors.size();
      const auto value = cfg.Get(section, key, {{"HOME", "/home/me"}}, errors);
      CHECK(value.has_value() == (errors.size() == before));
    }
  }
  return 0;
}
