// Files that are there, are not, and links to both, asked one by one and by the folder.

#include "targets/local_files.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace headrace::targets {
namespace {

class LocalFiles : public testing::Test {
 protected:
  LocalFiles() {
    std::string pattern = std::filesystem::temp_directory_path() / "headrace.local_files.XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~LocalFiles() override { std::filesystem::remove_all(folder_); }

  void Make(const std::string& name) const { std::ofstream(folder_ / name) << "x"; }
  std::string In(const std::string& name) const { return folder_.string() + "/" + name; }
  std::vector<std::string> Numbered(int count) const {
    std::vector<std::string> paths;
    for (int i = 0; i < count; ++i) paths.push_back(In(std::to_string(i)));
    return paths;
  }

  std::filesystem::path folder_;
};

bool OneExists(const std::string& path) {
  return FilesExist(std::span(&path, 1))[0];
}

TEST_F(LocalFiles, ExistsMeansWhatPythonMeans) {
  std::filesystem::create_directories(folder_ / "sub");
  Make("file");
  std::filesystem::create_symlink(folder_ / "file", folder_ / "link");
  std::filesystem::create_symlink(folder_ / "gone", folder_ / "dangling");
  std::vector<std::string> paths;
  for (const char* name : {"file", "sub", "link", "dangling", "missing", "a", "b", "c", "sub/"}) {
    paths.push_back(In(name));
  }

  const std::vector<bool> many = FilesExist(paths);

  EXPECT_EQ(many, (std::vector<bool>{true, true, true, false, false, false, false, false, true}));
  for (size_t i = 0; i < paths.size(); ++i) EXPECT_EQ(OneExists(paths[i]), many[i]) << paths[i];
}

TEST_F(LocalFiles, SameFileAskedTwiceIsAnsweredTwice) {
  Make("3");
  std::vector<std::string> paths = Numbered(10);
  paths.push_back(In("3"));

  const std::vector<bool> exist = FilesExist(paths);

  EXPECT_TRUE(exist[3]);
  EXPECT_TRUE(exist[10]);
  EXPECT_EQ(std::count(exist.begin(), exist.end(), true), 2);
}

TEST_F(LocalFiles, NamesInAVeryFullFolderAreFound) {
  for (int i = 0; i < 1'600; ++i) Make("other" + std::to_string(i));
  std::vector<std::string> paths = Numbered(8);
  for (int i = 0; i < 8; i += 2) Make(std::to_string(i));

  EXPECT_EQ(FilesExist(paths),
            (std::vector<bool>{true, false, true, false, true, false, true, false}));
}

TEST_F(LocalFiles, FolderThatIsNotThereHasNoFiles) {
  std::vector<std::string> paths;
  for (int i = 0; i < 20; ++i) paths.push_back(In("gone/" + std::to_string(i)));

  EXPECT_EQ(FilesExist(paths), std::vector<bool>(20, false));
}

TEST_F(LocalFiles, OddPathsAreNoFiles) {
  Make("file");
  EXPECT_FALSE(OneExists(""));
  EXPECT_FALSE(OneExists(In(std::string("file\0x", 6))));
  EXPECT_FALSE(OneExists(In(std::string(300, 'x'))));
  EXPECT_FALSE(OneExists(In("\xED\xA0\x80")));  // a surrogate that stands for no byte
  EXPECT_FALSE(OneExists(In("*")));
  EXPECT_TRUE(OneExists("/"));
  EXPECT_TRUE(OneExists("/tmp"));
}

TEST_F(LocalFiles, BytesThatAreNoUtf8ArePythonsSurrogates) {
  Make("a\xFF");
  EXPECT_TRUE(OneExists(In("a\xED\xB3\xBF")));
  EXPECT_FALSE(OneExists(In("a\xED\xB3\xBE")));
}

// In a process of its own, not as root: root may enter every folder.
TEST_F(LocalFiles, FolderThatMayBeEnteredButNotListedAndTheOtherWayRound) {
  for (int i = 0; i < 10; ++i) Make(std::to_string(i));
  const std::vector<std::string> paths = Numbered(10);
  const auto count_as_nobody = [&](mode_t mode) {
    EXPECT_EQ(chmod(folder_.c_str(), mode), 0);
    const auto become_and_count = [&] {
      if (geteuid() == 0 && setuid(65534) != 0) _exit(99);
      const std::vector<bool> exist = FilesExist(paths);
      _exit(static_cast<int>(std::count(exist.begin(), exist.end(), true)));
    };
    const pid_t child = fork();
    if (child == 0) become_and_count();
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
  };

  EXPECT_EQ(count_as_nobody(0711), 10);
  EXPECT_EQ(count_as_nobody(0744), 0);
  EXPECT_EQ(count_as_nobody(0755), 10);
}

}  // namespace
}  // namespace headrace::targets
