// A Node as the type that is wanted. The message of an error says what stands there and what would
// be right. Text without a type (environment, flags, luigi.cfg) is read as whatever is wanted.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "config/node.h"

namespace headrace::config {

Result<void> Convert(const Node& node, std::string& value);  // dates too
Result<void> Convert(const Node& node, bool& value);
Result<void> Convert(const Node& node, int64_t& value);
Result<void> Convert(const Node& node, uint32_t& value);
Result<void> Convert(const Node& node, double& value);
Result<void> Convert(const Node& node, Duration& value);
// "never" too, and so is what is longer than a thousand years: kNever.
Result<void> ConvertOrNever(const Node& node, Duration& value);
Result<void> Convert(const Node& node, std::vector<std::string>& value);
// Numbers, booleans and dates become their text.
Result<void> Convert(const Node& node, std::map<std::string, std::string>& value);
Result<void> ConvertSize(const Node& node, uint64_t& value);

}  // namespace headrace::config
