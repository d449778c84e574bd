// Old logs. See log_sweeper.h.

#include "worker/log_sweeper.h"

#include <algorithm>
#include <filesystem>
#include <pthread.h>
#include <vector>

namespace headrace::worker {

namespace {

namespace fs = std::filesystem;

bool IsDigits(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsOlder(const fs::directory_entry& file, Timestamp than) {
  std::error_code error;
  const auto written = fs::last_write_time(file.path(), error);
  if (error) return false;
  return std::chrono::file_clock::to_sys(written) < than;
}

std::vector<fs::directory_entry> EntriesOf(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    entries.push_back(*at);
  }
  return entries;
}

}  // namespace

size_t SweepLogs(const std::string& dir, Duration keep, Timestamp now) {
  size_t removed = 0;
  std::error_code ignored;
  std::vector<fs::directory_entry> folders = EntriesOf(dir);
  std::erase_if(folders, [&](const fs::directory_entry& folder) {
    return !folder.is_directory(ignored) || !IsDigits(folder.path().filename());
  });
  // The newest is where an attempt may be opening its log just now.
  const auto number = [](const fs::directory_entry& folder) {
    const std::string name = folder.path().filename();
    return std::pair(name.size(), name);
  };
  std::ranges::sort(folders, {}, number);
  for (size_t i = 0; i < folders.size(); ++i) {
    const fs::directory_entry& folder = folders[i];
    for (const fs::directory_entry& file : EntriesOf(folder.path())) {
      const bool is_log = file.path().extension() == ".log" && IsDigits(file.path().stem());
      if (!is_log || !file.is_regular_file(ignored) || !IsOlder(file, now - keep)) continue;
      removed += fs::remove(file.path(), ignored) ? 1 : 0;
    }
    if (i + 1 < folders.size()) fs::remove(folder.path(), ignored);  // refused unless it is empty
  }
  return removed;
}

LogSweeper::LogSweeper(std::string dir, Duration keep, const Clock& clock) {
  thread_ = std::thread([this, dir = std::move(dir), keep, &clock] {
    pthread_setname_np(pthread_self(), "log sweeper");
    std::vector<char> stops;
    do {
      SweepLogs(dir, keep, clock.Now());
    } while (stop_.Take(stops, kPeriod));
  });
}

LogSweeper::~LogSweeper() {
  stop_.Close();
  thread_.join();
}

}  // namespace headrace::worker
