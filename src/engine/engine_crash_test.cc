// kill -9 of a process whose engine is under load from several threads: every command that was
// answered is there after the restart.
//
// The child reports each answered command through a pipe, and only then; the parent's set of names
// is the test's own account.

#include <set>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "engine/testing.h"

namespace headrace::engine {
namespace {

constexpr int kThreads = 4;
constexpr uint64_t kOpen = 16;  // commands a thread keeps in flight

struct Report {
  uint32_t round;
  uint32_t thread;
  uint64_t number;
};

std::string TaskOf(const Report& report) {
  return "task-" + std::to_string(report.round) + "-" + std::to_string(report.thread) + "-" +
         std::to_string(report.number);
}

void Load(Engine& engine, SinkId id, WaitingSink& sink, Report report, int pipe) {
  uint64_t next = 1;
  for (uint64_t open = 0;;) {
    for (; open < kOpen; ++open, ++next) {
      const Report added{report.round, report.thread, next};
      if (!engine.Submit(id, {.request = next, .body = Add("w", TaskOf(added))})) return;
    }
    for (const scheduler::Answer& answer : sink.Wait()) {
      --open;
      const Report done{report.round, report.thread, answer.request};
      if (write(pipe, &done, sizeof done) != sizeof done) return;
    }
  }
}

[[noreturn]] void LoadForEver(const std::string& folder, uint32_t round, int pipe) {
  const auto store = OpenForTest(folder);
  const UtcOnly zones;
  const SystemClock clock;
  std::vector<WaitingSink> sinks(kThreads);
  // Small, so that snapshots are written and the journal is trimmed all the time.
  Engine engine(*store, {}, zones, clock, {.snapshot_bytes_min = 50'000});
  std::vector<SinkId> ids;
  for (WaitingSink& sink : sinks) ids.push_back(engine.Attach(sink));
  if (!engine.Recover()) _exit(1);
  engine.Start();
  std::vector<std::thread> threads;
  for (uint32_t n = 0; n < kThreads; ++n) {
    threads.emplace_back([&, n] { Load(engine, ids[n], sinks[n], {round, n, 0}, pipe); });
  }
  for (std::thread& thread : threads) thread.join();
  _exit(2);
}

// Adds to `answered` until there are `enough` more, then kills.
void RunAndKill(const std::string& folder,
                uint32_t round,
                size_t enough,
                std::set<std::string>& answered) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    LoadForEver(folder, round, ends[1]);
  }
  close(ends[1]);
  enough += answered.size();
  for (Report report; read(ends[0], &report, sizeof report) == sizeof report;) {
    answered.insert(TaskOf(report));
    if (answered.size() >= enough) kill(child, SIGKILL);
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child stopped by itself: " << status;
}

TEST(EngineCrash, EveryAnsweredCommandIsThereAfterKill9) {
  const store::TemporaryFolder folder;
  std::set<std::string> answered;
  for (uint32_t round = 1; round <= 4; ++round) {
    RunAndKill(folder.path(), round, 2'000 + 321 * round, answered);

    const auto store = OpenForTest(folder.path());
    RunningEngine recovered(*store);
    size_t lost = 0;
    ASSERT_TRUE(recovered.engine.replica().ReadNow([&](const View& view) {
      for (const std::string& task : answered) lost += view.state.FindTask(task).value == 0;
      // What was on its way may be there or not, but no more than that.
      EXPECT_LE(view.state.tasks_count(), answered.size() + round * kThreads * kOpen * 2);
    }));
    EXPECT_EQ(lost, 0U) << "of " << answered.size();
  }
}

}  // namespace
}  // namespace headrace::engine
