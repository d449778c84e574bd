// kill -9 of a process that appends: everything it was told is durable is there, whole and in
// order.
//
// The child writes each commit's number to a pipe once Append() has returned; the pipe is this
// test's own account. (This proves that the answer comes after the write, not power loss.)

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "store/sqlite_store.h"
#include "store/testing.h"

namespace headrace::store {
namespace {

std::string RecordsOf(CommitId commit) {
  return "{\"commit\":" + std::to_string(commit) + ",\"filler\":\"" +
         std::string(commit % 7 * 1'000, 'x') + "\"}\n";
}

// The child. Never returns.
[[noreturn]] void AppendForEver(const std::string& folder, Durability durability, int report) {
  auto store = SqliteStore::Open(folder, durability);
  if (!store) _exit(1);
  SqliteJournal& journal = (*store)->journal();
  for (;;) {
    const auto commit = journal.Append(RecordsOf(journal.Last() + 1), Timestamp{});
    if (!commit || !journal.Maintain()) _exit(2);
    if (write(report, &*commit, sizeof *commit) != sizeof *commit) _exit(3);
  }
}

// The newest commit that was acknowledged before the kill.
CommitId RunAndKill(const std::string& folder, Durability durability, CommitId enough) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    AppendForEver(folder, durability, ends[1]);
  }
  close(ends[1]);
  CommitId acknowledged = 0;
  CommitId next = 0;
  while (read(ends[0], &next, sizeof next) == sizeof next) {
    acknowledged = next;
    if (acknowledged >= enough) kill(child, SIGKILL);
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child stopped by itself: " << status;
  return acknowledged;
}

class SqliteCrash : public testing::TestWithParam<Durability> {};

TEST_P(SqliteCrash, NothingAcknowledgedIsLostToKill9) {
  const TemporaryFolder folder;
  CommitId enough = 0;
  for (int round = 1; round <= 5; ++round) {
    enough += 300 + 41 * static_cast<CommitId>(round);
    const CommitId acknowledged = RunAndKill(folder.path(), GetParam(), enough);
    ASSERT_GE(acknowledged, enough);

    const auto store = SqliteStore::Open(folder.path(), GetParam());
    ASSERT_TRUE(store) << store.error().message;
    SqliteJournal& journal = (*store)->journal();
    EXPECT_GE(journal.Last(), acknowledged);
    EXPECT_LE(journal.Last(), acknowledged + 1);  // one more may have been on its way
    const auto read = journal.ReadFrom(1, [](const Commit& commit) -> Result<void> {
      EXPECT_EQ(commit.records, RecordsOf(commit.id));
      return {};
    });
    EXPECT_TRUE(read) << read.error().message;
    enough = journal.Last();
  }
}

INSTANTIATE_TEST_SUITE_P(Durabilities,
                         SqliteCrash,
                         testing::Values(Durability::kFsync, Durability::kOs),
                         [](const auto& parameter) {
                           return parameter.param == Durability::kFsync ? "Fsync" : "Os";
                         });

}  // namespace
}  // namespace headrace::store
