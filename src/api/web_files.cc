// Which embedded file a path shows. The table itself is generated (tools/embed).
#include "api/web_files.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace headrace::api {
namespace {

constexpr std::array<std::string_view, 6> kPageRoutes = {
    "", "pipelines", "runs", "tasks", "workers", "pools"};
constexpr std::array<std::string_view, 4> kDocuments = {
    "index.html", "index.html@1", "index.html@2", "index.html@3"};

const WebFile* FindExact(std::string_view path) {
  const std::span<const WebFile> files = WebFiles();
  const auto found = std::ranges::lower_bound(files, path, {}, &WebFile::path);
  return found != files.end() && found->path == path ? &*found : nullptr;
}

}  // namespace

const WebFile* FindWebFile(std::string_view path) {
  if (!path.starts_with('/')) return nullptr;
  path.remove_prefix(1);
  if (std::ranges::find(kPageRoutes, path.substr(0, path.find('/'))) != kPageRoutes.end()) {
    const auto depth = static_cast<std::size_t>(std::ranges::count(path, '/'));
    return depth < kDocuments.size() ? FindExact(kDocuments[depth]) : nullptr;
  }
  return path.contains('@') ? nullptr : FindExact(path);
}

}  // namespace headrace::api
