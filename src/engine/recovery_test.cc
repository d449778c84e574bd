// Recovery: what the journal says is what the engine and its replica then are.

#include <filesystem>
#include <random>

#include <gtest/gtest.h>

#include "engine/testing.h"

namespace headrace::engine {
namespace {

class RecoveryTest : public testing::Test {
 protected:
  // Opens the store again, as a new process would.
  void Reopen() {
    store_.reset();
    store_ = OpenForTest(folder_.path());
  }

  void Execute(const std::string& sql) {
    store_.reset();
    EXPECT_EQ(store::QueryFile(folder_.path() + "/journal.db", sql), "");
    store_ = OpenForTest(folder_.path());
  }

  uint64_t Commits() const {
    return std::stoull(
        store::QueryFile(folder_.path() + "/journal.db", "SELECT count(*) FROM group_commit"));
  }

  // Writes a commit as it should never be, with a checksum that fits.
  void Append(const std::string& records) {
    ASSERT_TRUE(store_->journal().Append(records, Timestamp{}));
  }

  Result<void> Recover() {
    UtcOnly zones;
    ManualClock clock;
    Engine engine(*store_, {}, zones, clock, {});
    return engine.Recover();
  }

  const store::TemporaryFolder folder_;
  std::unique_ptr<store::SqliteStore> store_ = OpenForTest(folder_.path());
};

// A history of everything a Luigi worker does, from a seed.
void Live(RunningEngine& running, uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](uint64_t n) { return random() % n; };
  const auto name = [&](const char* kind, uint64_t n) { return kind + std::to_string(below(n)); };
  static constexpr const char* kStatuses[] = {"PENDING", "DONE", "FAILED", "PENDING", "DISABLED"};
  for (int step = 0; step < 400; ++step) {
    running.clock.Advance(std::chrono::seconds(below(30)));
    scheduler::Request body = scheduler::Ping{.worker = name("w", 4)};
    if (const uint64_t dice = below(10); dice < 5) {
      auto add = Add(name("w", 4), name("t", 40), kStatuses[below(5)]);
      if (below(2) == 0) add.deps = {name("t", 40), name("t", 40)};
      if (below(3) == 0) add.facts.priority = static_cast<double>(below(10));
      body = std::move(add);
    } else if (dice < 8) {
      scheduler::GetWork get;
      get.worker = name("w", 4);
      body = std::move(get);
    }
    ASSERT_TRUE(running.engine.Call(std::move(body)));
  }
}

TEST_F(RecoveryTest, RecoveredStateEqualsTheOneThatWasLeft) {
  for (const uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::string left;
    {
      RunningEngine running(*store_);
      Live(running, seed);
      left = running.Dump();
    }
    Reopen();

    RunningEngine recovered(*store_);
    EXPECT_EQ(recovered.Dump(), left);
    recovered.engine.Stop();
    Reopen();
  }
}

// So small that a snapshot is written and the journal trimmed many times in a history.
const EngineSettings kManySnapshots = {.snapshot_bytes_min = 4'000};

TEST_F(RecoveryTest, SnapshotAndTheJournalsRestAreTheStateThatWasLeft) {
  for (const uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::string left;
    {
      RunningEngine running(*store_, kManySnapshots);
      Live(running, seed);
      left = running.Dump();
    }
    Reopen();
    ASSERT_TRUE(store_->snapshots().Newest());
    EXPECT_LT(Commits(), store_->journal().Last());

    RunningEngine recovered(*store_);
    EXPECT_EQ(recovered.Dump(), left);
    recovered.engine.Stop();
    Reopen();
  }
}

TEST_F(RecoveryTest, JournalStaysAboutAsLongAsTheStateItLeadsTo) {
  RunningEngine running(*store_, {.snapshot_bytes_min = 50'000});
  for (int n = 0; n < 8'000; ++n) {
    ASSERT_TRUE(running.engine.Call(Add("w", "a", n % 2 == 0 ? "PENDING" : "FAILED")));
    running.clock.Advance(std::chrono::milliseconds(100));
  }
  running.engine.Stop();

  EXPECT_LT(Commits(), 2'000U);
}

TEST_F(RecoveryTest, SnapshotThatKnowsMoreThanTheJournalIsWhereItGoesOn) {
  std::string left;
  {
    RunningEngine running(*store_, {.snapshot_bytes_min = 1});
    for (const char* task : {"a", "b", "c"}) ASSERT_TRUE(running.engine.Call(Add("w", task)));
    left = running.Dump();
  }
  const store::CommitId last = store_->snapshots().Newest()->commit;
  EXPECT_EQ(last, store_->journal().Last());
  // What a loss of power may do to a journal that is not synced.
  Execute("DELETE FROM group_commit WHERE commit_id < (SELECT max(commit_id) FROM group_commit)");
  Execute("UPDATE group_commit SET commit_id = 1");

  {
    RunningEngine running(*store_);
    EXPECT_EQ(running.Dump(), left);
    ASSERT_TRUE(running.engine.Call(Add("w", "d")));
    EXPECT_EQ(running.engine.Committed(), last + 1);
    left = running.Dump();
  }
  Reopen();
  RunningEngine running(*store_);
  EXPECT_EQ(running.Dump(), left);
}

TEST_F(RecoveryTest, TablesThatTheSnapshotHasOvertakenAreMadeAgain) {
  {
    RunningEngine running(*store_, {.snapshot_bytes_min = 1});
    ASSERT_TRUE(running.engine.Call(Add("w", "a")));
    ASSERT_TRUE(running.engine.Call(Add("w", "b", "DONE")));
  }
  ASSERT_TRUE(store_->tables().Clear());
  store::TableChanges changes;
  changes.tasks = {{.id = "removed since"}};
  changes.complete_to = 1;
  ASSERT_TRUE(store_->tables().Write(changes));

  {
    RunningEngine running(*store_);
  }

  EXPECT_EQ(store::QueryFile(folder_.path() + "/state.db", "SELECT id FROM task ORDER BY id"),
            "a\nb\n");
}

TEST_F(RecoveryTest, DamagedSnapshotIsRefused) {
  {
    RunningEngine running(*store_, {.snapshot_bytes_min = 1});
    ASSERT_TRUE(running.engine.Call(Add("w", "a")));
  }
  const std::string path = folder_.path() + "/snapshot";
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 30);

  const Result<void> recovered = Recover();

  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(recovered.error().message.starts_with("snapshot " + path));
}

TEST_F(RecoveryTest, RecoveredEngineDecidesOnFromWhereItStood) {
  {
    RunningEngine running(*store_);
    ASSERT_TRUE(running.engine.Call(Add("w", "a")));
    ASSERT_TRUE(running.engine.Call(Add("w", "b")));
    scheduler::GetWork get;
    get.worker = "w";
    EXPECT_EQ(std::get<scheduler::Work>(*running.engine.Call(get)).task, "a");
  }
  Reopen();

  RunningEngine running(*store_);
  scheduler::GetWork get;
  get.worker = "w";
  EXPECT_EQ(std::get<scheduler::Work>(*running.engine.Call(get)).task, "b");
  EXPECT_EQ(running.engine.OpenedAs(), 2U);
}

TEST_F(RecoveryTest, LineThatIsNoRecordIsRefusedWithItsPlace) {
  {
    RunningEngine(*store_).engine.Call(Add("w", "a")).value();
  }
  const store::CommitId last = store_->journal().Last();
  Append("{\"r\":\"Paused\",\"paused\":true}\nnonsense\n");

  const Result<void> recovered = Recover();

  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, ErrorCode::kCorrupt);
  const std::string place = "journal: commit " + std::to_string(last + 1) + ": line 2 (byte 29): ";
  EXPECT_TRUE(recovered.error().message.starts_with(place)) << recovered.error().message;
}

TEST_F(RecoveryTest, DamagedCommitIsRefused) {
  {
    RunningEngine(*store_).engine.Call(Add("w", "a")).value();
  }
  Execute("UPDATE group_commit SET records = records || ' '");

  EXPECT_EQ(Recover().error().code, ErrorCode::kCorrupt);
}

TEST_F(RecoveryTest, TablesThatAreAheadOfTheJournalAreMadeAgain) {
  {
    RunningEngine(*store_).engine.Call(Add("w", "a")).value();
  }
  store::TableChanges changes;
  changes.tasks = {{.id = "never happened"}};
  changes.complete_to = 99;
  ASSERT_TRUE(store_->tables().Write(changes));

  {
    RunningEngine running(*store_);
  }

  EXPECT_EQ(store::QueryFile(folder_.path() + "/state.db", "SELECT id FROM task"), "a\n");
  EXPECT_EQ(store_->tables().CompleteTo(), store_->journal().Last());
}

TEST_F(RecoveryTest, TablesThatAreBehindTheJournalAreBroughtUpToIt) {
  {
    RunningEngine(*store_).engine.Call(Add("w", "a")).value();
  }
  ASSERT_TRUE(store_->tables().Clear());

  {
    RunningEngine running(*store_);
  }

  EXPECT_EQ(store::QueryFile(folder_.path() + "/state.db", "SELECT id FROM task"), "a\n");
}

}  // namespace
}  // namespace headrace::engine
