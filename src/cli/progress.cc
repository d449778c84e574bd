// Drawing progress.

#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

namespace headrace::cli {

namespace {

constexpr std::chrono::seconds kPrintEvery{2};
constexpr int kBarWidth = 40;
constexpr size_t kRunningShown = 4;

int64_t Total(const client::Counts& counts) {
  int64_t total = 0;
  for (const auto& [name, count] : counts) total += count;
  return total;
}

std::string Words(const client::Counts& counts) {
  std::string words;
  for (const char* phase : {"done",
                            "running",
                            "ready",
                            "waiting",
                            "retrying",
                            "external",
                            "blocked",
                            "disabled",
                            "unknown"}) {
    const int64_t count = client::CountOf(counts, phase);
    if (count == 0) continue;
    if (!words.empty()) words += " · ";
    words += fmt::format("{} {}", count, phase);
  }
  return words.empty() ? "no tasks yet" : words;
}

std::string Runs(const client::Counts& runs) {
  const int64_t active = client::CountOf(runs, "queued") + client::CountOf(runs, "planning") +
                         client::CountOf(runs, "running");
  std::string words = fmt::format("{} of {} runs done", client::CountOf(runs, "done"), Total(runs));
  if (active > 0) words += fmt::format(", {} active", active);
  if (client::CountOf(runs, "failed") > 0)
    words += fmt::format(", {} failed", client::CountOf(runs, "failed"));
  return words;
}

std::string Bar(int64_t done, int64_t total) {
  const auto full = total == 0 ? 0 : static_cast<int>(kBarWidth * done / total);
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) bar += i < full ? "█" : "░";
  return bar;
}

}  // namespace

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(::isatty(STDOUT_FILENO) == 1) {}

void Progress::Show(const client::Overview& overview, const std::vector<client::TaskRow>& running) {
  if (quiet_) return;
  terminal_ ? Draw(overview, running) : PrintLine(overview);
}

void Progress::End() {
  lines_drawn_ = 0;
  std::fflush(stdout);
}

double Progress::Rate(const client::Overview& overview) {
  const auto now = std::chrono::steady_clock::now();
  const int64_t done = client::CountOf(overview.counts, "done");
  if (rate_done_ < 0) {
    rate_done_ = done;
    rate_at_ = now;
    return 0;
  }
  const double seconds = std::chrono::duration<double>(now - rate_at_).count();
  if (seconds >= 1) {
    const double latest = static_cast<double>(done - rate_done_) / seconds;
    rate_ = rate_ == 0 ? latest : 0.6 * rate_ + 0.4 * latest;
    rate_done_ = done;
    rate_at_ = now;
  }
  return rate_;
}

void Progress::Draw(const client::Overview& overview, const std::vector<client::TaskRow>& running) {
  const int64_t done = client::CountOf(overview.counts, "done");
  const int64_t total = Total(overview.counts);
  const double rate = Rate(overview);
  std::string text;
  if (lines_drawn_ > 0) text += fmt::format("\x1b[{}A\x1b[J", lines_drawn_);
  text +=
      fmt::format("{} {:3.0f} %  {}\n",
                  Bar(done, total),
                  total == 0 ? 0.0 : 100.0 * static_cast<double>(done) / static_cast<double>(total),
                  Runs(overview.runs));
  text += "  " + Words(overview.counts);
  if (rate > 0) {
    text += fmt::format(
        "  ({:.0f} tasks/s, {:.0f} s left)", rate, static_cast<double>(total - done) / rate);
  }
  text += '\n';
  int lines = 2;
  for (size_t i = 0; i < running.size() && i < kRunningShown; ++i, ++lines) {
    text += fmt::format("  ▸ {} {}\n", running[i].family, running[i].label);
  }
  fmt::print("{}", text);
  std::fflush(stdout);
  lines_drawn_ = lines;
}

void Progress::PrintLine(const client::Overview& overview) {
  const auto now = std::chrono::steady_clock::now();
  std::string line = Runs(overview.runs) + "; tasks: " + Words(overview.counts);
  const double rate = Rate(overview);
  if (line == last_line_ || now - last_print_ < kPrintEvery) return;
  last_line_ = line;
  last_print_ = now;
  if (rate > 0) line += fmt::format(" ({:.0f} tasks/s)", rate);
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

}  // namespace headrace::cli
