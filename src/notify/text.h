// Text as Python and mail want it.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headrace::notify {

// Python's str.rstrip(): also what Unicode calls white space.
std::string_view StripEnd(std::string_view text);

// Parts between `separator`, without white space around them; empty ones are left out.
std::vector<std::string> SplitList(std::string_view text, char separator = ',');

// The last `bytes_max` bytes, from the beginning of a character on.
std::string_view TailOf(std::string_view text, size_t bytes_max);
// The first ones, likewise.
std::string_view HeadOf(std::string_view text, size_t bytes_max);

// UTF-8, whatever came in: what is none becomes U+FFFD.
std::string CleanUtf8(std::string_view text);

std::string Base64(std::string_view bytes);

}  // namespace headrace::notify
