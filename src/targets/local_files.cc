// One directory read for many files.

#include "targets/local_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>

namespace headrace::targets {

namespace {

constexpr size_t kReadFolderFrom = 8;  // fewer are asked for one by one
// A folder is not read to its end for few names of very many.
constexpr size_t kReadAhead = 1'000;
constexpr size_t kReadForEach = 50;

// The bytes that Python hands to the kernel: a lone surrogate U+DC80…U+DCFF (three bytes here)
// stands for one byte that was no UTF-8. No name has another surrogate, or a zero.
std::optional<std::string> NativePath(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return std::nullopt;
  std::string native;
  native.reserve(path.size());
  for (size_t i = 0; i < path.size(); ++i) {
    const auto byte = [&](size_t at) { return static_cast<unsigned char>(path[at]); };
    if (byte(i) != 0xED || i + 2 >= path.size() || byte(i + 1) < 0xA0) {
      native += path[i];
      continue;
    }
    const unsigned code = 0xD000U | (byte(i + 1) & 0x3FU) << 6 | (byte(i + 2) & 0x3FU);
    if (code < 0xDC80 || code > 0xDCFF) return std::nullopt;
    native += static_cast<char>(code & 0xFFU);
    i += 2;
  }
  return native;
}

bool Exists(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0;
}

using Indices = std::vector<size_t>;

// Answers for files of one folder, and leaves in the list those that have to be asked for one by
// one: links (what they point to may be gone), and all that a reading cut short did not see.
void ReadFolder(const std::string& folder,
                const std::vector<std::string>& paths,
                Indices& asked,
                std::vector<bool>& exist) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), &::closedir);
  if (!dir) return;
  // Who may list a folder but not enter it sees names, yet no files.
  if (::faccessat(::dirfd(dir.get()), ".", F_OK, AT_EACCESS) != 0) return;
  std::unordered_multimap<std::string_view, size_t> missing;
  for (size_t i : asked) {
    missing.emplace(std::string_view(paths[i]).substr(folder.size() + 1), i);
  }
  Indices uncertain;
  size_t left = kReadAhead + kReadForEach * asked.size();
  const dirent* entry = nullptr;
  while (!missing.empty() && left > 0 && (entry = ::readdir(dir.get())) != nullptr) {
    --left;
    const bool certain = entry->d_type == DT_REG || entry->d_type == DT_DIR;
    const auto [begin, end] = missing.equal_range(entry->d_name);
    for (auto found = begin; found != end; ++found) {
      if (certain) {
        exist[found->second] = true;
      } else {
        uncertain.push_back(found->second);
      }
    }
    missing.erase(begin, end);
  }
  if (left == 0) {
    for (const auto& [name, i] : missing) uncertain.push_back(i);
  }
  asked = std::move(uncertain);
}

}  // namespace

std::vector<bool> FilesExist(std::span<const std::string> asked) {
  std::vector<std::string> paths(asked.size());
  std::map<std::string, Indices> by_folder;
  for (size_t i = 0; i < asked.size(); ++i) {
    std::optional<std::string> native = NativePath(asked[i]);
    if (!native) continue;
    paths[i] = std::move(*native);
    const size_t slash = paths[i].rfind('/');
    const bool odd = slash == std::string::npos || slash + 1 == paths[i].size();
    by_folder[odd ? std::string() : paths[i].substr(0, slash)].push_back(i);
  }
  std::vector<bool> exist(paths.size(), false);
  for (auto& [folder, indices] : by_folder) {
    if (!folder.empty() && indices.size() >= kReadFolderFrom) {
      ReadFolder(folder, paths, indices, exist);
    }
    for (size_t i : indices) exist[i] = Exists(paths[i]);
  }
  return exist;
}

}  // namespace headrace::targets
