// MD5, for Luigi's task and batch ids. Not for anything that must be safe.

#pragma once

#include <string>
#include <string_view>

namespace headrace {

// 32 hexadecimal digits, lower case.
std::string Md5Hex(std::string_view text);

}  // namespace headrace
