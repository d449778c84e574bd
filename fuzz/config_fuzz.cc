// headrace.toml from any bytes: a configuration or complaints, each with a place and a message.
// What is described of a good one is TOML.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "config/load.h"
#include "config/sections.h"
#include "config/toml_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headrace::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Reading reading;
  const auto document = ReadToml(text, "headrace.toml", reading.errors);
  CHECK(document.has_value() == reading.errors.empty());
  if (!document) return 0;
  reading.texts["headrace.toml"] = std::string(text);
  LoadedConfig loaded;
  loaded.config = ReadSections(reading, *document, "/folder");
  for (const ConfigError& error : reading.errors) {
    CHECK(!error.origin.source.empty() && !error.message.empty());
    CHECK(!error.TextWithExcerpt().empty());
  }
  if (!reading.errors.empty()) return 0;
  loaded.settings = std::move(reading.settings);
  ConfigErrors errors;
  CHECK(ReadToml(Describe(loaded, true), "shown.toml", errors).has_value());
  return 0;
}
