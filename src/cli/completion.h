// Shell completion, from the command line's own vocabulary.

#pragma once

#include <string>
#include <utility>
#include <vector>

namespace headrace::cli {

void PrintCompletion(const std::string& shell,
                     const std::vector<std::pair<std::string, std::vector<std::string>>>& words);

}  // namespace headrace::cli
