// Shell patterns over names: * any run of characters, ? one. Whole names, case matters.

#pragma once

#include <string_view>

namespace headrace {

bool MatchesGlob(std::string_view name, std::string_view pattern);

}  // namespace headrace
