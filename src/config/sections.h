// The sections of headrace.toml: from a document to a Config, and the checks of single values and
// between them. What each key means stands in docs/manual/configuration.md.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/section_reader.h"

namespace headrace::config {

// `folder` is what relative paths are relative to; empty: they stay as they are. What is wrong is
// appended to the reading's errors; the Config is then not to be used.
Config ReadSections(Reading& reading, const Node& root, std::string_view folder);

// [pools.*] and [pipelines.*], and what they say of each other.
std::vector<PoolConfig> ReadPools(SectionReader& root);
std::vector<PipelineConfig> ReadPipelines(SectionReader& root,
                                          const HostConfig& host,
                                          std::string_view folder);
void CheckPools(Reading& reading, const Config& config);

// `path` below `folder` unless it is absolute; "." and ".." taken out.
std::string PathBelow(std::string_view folder, std::string_view path);

}  // namespace headrace::config
