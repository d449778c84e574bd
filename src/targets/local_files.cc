// One directory read for many files.

#include "targets/local_files.h"

#include <dirent.h>
#include <map>
#include <string_view>
#include <sys/stat.h>
#include <unordered_map>

namespace headrace::targets {

namespace {

constexpr size_t kReadFolderFrom = 8;  // fewer are asked for one by one

bool Exists(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0;
}

// Names in the folder; a link's target may be missing, so links are only candidates.
std::unordered_map<std::string, bool> NamesOf(const std::string& folder) {
  std::unordered_map<std::string, bool> names;  // name → is certain
  DIR* dir = ::opendir(folder.empty() ? "/" : folder.c_str());
  if (dir == nullptr) return names;
  while (const dirent* entry = ::readdir(dir)) {
    const bool certain = entry->d_type == DT_REG || entry->d_type == DT_DIR;
    names.emplace(entry->d_name, certain);
  }
  ::closedir(dir);
  return names;
}

}  // namespace

std::vector<bool> FilesExist(std::span<const std::string> paths) {
  std::map<std::string_view, std::vector<size_t>> by_folder;
  for (size_t i = 0; i < paths.size(); ++i) {
    const std::string_view path = paths[i];
    const size_t slash = path.rfind('/');
    const bool odd = slash == std::string_view::npos || slash + 1 == path.size();
    by_folder[odd ? std::string_view() : path.substr(0, slash)].push_back(i);
  }
  std::vector<bool> exist(paths.size(), false);
  for (const auto& [folder, indices] : by_folder) {
    if (folder.empty() || indices.size() < kReadFolderFrom) {
      for (size_t i : indices) exist[i] = Exists(paths[i]);
      continue;
    }
    const auto names = NamesOf(std::string(folder));
    for (size_t i : indices) {
      const auto found = names.find(paths[i].substr(folder.size() + 1));
      exist[i] = found != names.end() && (found->second || Exists(paths[i]));
    }
  }
  return exist;
}

}  // namespace headrace::targets
