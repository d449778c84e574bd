// Old logs go, and nothing else does.

#include "worker/log_sweeper.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

#include <gtest/gtest.h>

namespace headrace::worker {
namespace {

namespace fs = std::filesystem;

TEST(LogSweeper, OldLogsGoAndNothingElse) {
  const fs::path dir = fs::path(testing::TempDir()) / ("sweep." + std::to_string(getpid()));
  const Timestamp now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  const auto write = [&](const std::string& name, std::chrono::hours age) {
    fs::create_directories((dir / name).parent_path());
    std::ofstream(dir / name) << "x";
    fs::last_write_time(dir / name, fs::file_time_type::clock::from_sys(now - age));
  };
  write("0/1.log", std::chrono::hours(30));
  write("0/2.log", std::chrono::hours(10));
  write("1/1000.log", std::chrono::hours(30));
  write("2/2000.log", std::chrono::hours(30));
  write("0/notes.txt", std::chrono::hours(30));
  write("mine/3.log", std::chrono::hours(30));

  EXPECT_EQ(SweepLogs(dir.string(), std::chrono::hours(24), now), 3u);

  std::set<std::string> left;
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    left.insert(fs::relative(entry.path(), dir).string());
  }
  EXPECT_EQ(left,
            (std::set<std::string>{"0", "0/2.log", "0/notes.txt", "2", "mine", "mine/3.log"}));
  fs::remove_all(dir);
}

}  // namespace
}  // namespace headrace::worker
