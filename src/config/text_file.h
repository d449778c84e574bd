// Whole configuration files into memory.

#pragma once

#include <string>

#include "base/error.h"

namespace headrace::config {

// The bytes of a file of at most 16 MiB, without a leading UTF-8 mark.
Result<std::string> ReadTextFile(const std::string& path);

}  // namespace headrace::config
