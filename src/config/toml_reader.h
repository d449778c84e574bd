// TOML text in, Nodes with their places out. The one place that knows the TOML library.

#pragma once

#include <optional>
#include <string_view>

#include "config/config_error.h"
#include "config/node.h"

namespace headrace::config {

// The document as a table. A syntax error is appended to `errors`, with its place in `source`; the
// library stops at the first.
std::optional<Node> ReadToml(std::string_view text, std::string_view source, ConfigErrors& errors);

// Line `number` of `text`, counted from 1, without its end; at most 200 bytes.
std::string LineOf(std::string_view text, int number);

}  // namespace headrace::config
