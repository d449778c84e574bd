// Reads with stdio, bounded.

#include "config/text_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace headrace::config {

Result<std::string> ReadTextFile(const std::string& path) {
  constexpr size_t kBytesMax = 16u << 20;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int code = errno;
    return Fail(code == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
                "cannot be read: " + std::string(std::strerror(code)));
  }
  std::string text(kBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (file.bad()) {  // a folder can be opened, but not read
    return Fail(ErrorCode::kUnavailable, "cannot be read: " + std::string(std::strerror(errno)));
  }
  if (text.size() > kBytesMax) return Fail(ErrorCode::kInvalid, "larger than 16 MiB");
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  return text;
}

}  // namespace headrace::config
