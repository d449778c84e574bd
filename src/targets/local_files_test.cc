// Files that are there, are not, and links to both, asked one by one and by the folder.

#include "targets/local_files.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace headrace::targets {
namespace {

TEST(LocalFiles, ExistsMeansWhatPythonMeans) {
  const auto folder = std::filesystem::temp_directory_path() / "headrace.local_files";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder / "sub");
  std::ofstream(folder / "file") << "x";
  std::filesystem::create_symlink(folder / "file", folder / "link");
  std::filesystem::create_symlink(folder / "gone", folder / "dangling");
  std::vector<std::string> paths;
  for (const char* name : {"file", "sub", "link", "dangling", "missing", "a", "b", "c", "sub/"}) {
    paths.push_back((folder / name).string());
  }

  const std::vector<bool> many = FilesExist(paths);

  EXPECT_EQ(many, (std::vector<bool>{true, true, true, false, false, false, false, false, true}));
  for (size_t i = 0; i < paths.size(); ++i) {
    EXPECT_EQ(FilesExist(std::vector<std::string>{paths[i]})[0], many[i]) << paths[i];
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace headrace::targets
