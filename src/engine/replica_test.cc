// The replica: reads see what was answered, listeners hear what changed, state.db follows.

#include "engine/replica.h"

#include <gtest/gtest.h>

#include "engine/testing.h"

namespace headrace::engine {
namespace {

class ReplicaTest : public testing::Test {
 protected:
  std::string Query(const std::string& sql) const {
    return store::QueryFile(folder_.path() + "/state.db", sql);
  }

  const store::TemporaryFolder folder_;
  const std::unique_ptr<store::SqliteStore> store_ = OpenForTest(folder_.path());
};

TEST_F(ReplicaTest, ReadAfterAnAnswerSeesWhatWasAnswered) {
  RunningEngine running(*store_);
  for (uint64_t n = 1; n <= 300; ++n) {
    const std::string task = "t" + std::to_string(n);
    ASSERT_TRUE(running.Submit(n, Add("w", task)));
    running.sink.Wait();

    bool found = false;
    ASSERT_TRUE(running.engine.replica().ReadNow([&](const View& view) {
      found = view.state.FindTask(task).value != 0;
      EXPECT_EQ(view.at, running.engine.Committed());
      EXPECT_EQ(view.epoch, running.engine.OpenedAs());
    }));
    ASSERT_TRUE(found) << task;
  }
}

TEST_F(ReplicaTest, LivenessComesBesideTheRecords) {
  RunningEngine running(*store_);
  running.clock.Advance(std::chrono::hours(1));
  ASSERT_TRUE(running.engine.Call(Add("w", "a")));
  running.clock.Advance(std::chrono::hours(1));
  ASSERT_TRUE(running.engine.Call(scheduler::Ping{.worker = "w"}));

  Timestamp heard{};
  while (heard != running.clock.Now()) {
    ASSERT_TRUE(running.engine.replica().ReadNow(
        [&](const View& view) { heard = view.liveness.LastActive(view.state.FindWorker("w")); }));
  }
}

TEST(Liveness, WorkerThatWasNeverHeardOfHasNoTime) {
  const Liveness liveness({{scheduler::WorkerId{3}, Timestamp{Duration{30}}},
                           {scheduler::WorkerId{1}, Timestamp{Duration{10}}}});
  EXPECT_EQ(liveness.LastActive(scheduler::WorkerId{1}), Timestamp{Duration{10}});
  EXPECT_EQ(liveness.LastActive(scheduler::WorkerId{3}), Timestamp{Duration{30}});
  EXPECT_EQ(liveness.LastActive(scheduler::WorkerId{2}), Timestamp{});
}

class Recorder final : public ChangeListener {
 public:
  void OnChanges(const scheduler::Changes& changes, const View& view) override {
    std::string line = std::to_string(view.epoch) + "." + std::to_string(view.at);
    for (const scheduler::TaskId task : changes.tasks) {
      line += " " + std::string(view.state.task(task).key());
    }
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};

TEST_F(ReplicaTest, ListenersHearOfEachCommitButNotOfReplayedOnes) {
  Recorder first;
  {
    RunningEngine running(*store_, {}, {&first});
    ASSERT_TRUE(running.engine.Call(Add("w", "a")));
    ASSERT_TRUE(running.engine.Call(Add("w", "b")));
  }
  Recorder second;
  {
    RunningEngine running(*store_, {}, {&second});
    ASSERT_TRUE(running.engine.Call(Add("w", "c")));
  }

  EXPECT_EQ(first.lines, (std::vector<std::string>{"1.1 a", "1.2 b"}));
  EXPECT_EQ(second.lines, (std::vector<std::string>{"1.3 c"}));
}

class RecordCounter final : public RecordListener {
 public:
  void OnRecord(const scheduler::Record& record, const View& view, Origin origin) override {
    const auto* added = std::get_if<scheduler::TaskAdded>(&record);
    if (added == nullptr) return;
    EXPECT_EQ(view.state.FindTask(added->key).value, 0u);  // not yet applied
    lines.push_back(std::to_string(view.at) + (origin == Origin::kNow ? " " : " again ") +
                    added->key);
  }
  void OnCommit(const View& view) override { EXPECT_EQ(view.at, ++commits); }
  void Settle(store::CommitId at) override { settled = at; }
  std::vector<std::string> lines;
  store::CommitId commits = 0;
  store::CommitId settled = 0;
};

TEST_F(ReplicaTest, RecordListenersHearOfReplayedRecordsTooAndSettleBeforeASnapshot) {
  RecordCounter first, second, third;
  third.commits = 1;  // those before are in the snapshot
  const UtcOnly zones;
  const ManualClock clock;
  const auto live = [&](RecordCounter& listener, const char* task, bool snapshots) {
    Engine engine(*store_, {}, zones, clock, {.snapshot_bytes_min = snapshots ? 0u : 1u << 20});
    engine.replica().Listen(listener);
    ASSERT_TRUE(engine.Recover());
    engine.Start();
    ASSERT_TRUE(engine.Call(Add("w", task)));
  };
  live(first, "a", false);
  live(second, "b", true);
  live(third, "c", true);

  EXPECT_EQ(first.lines, (std::vector<std::string>{"1 a"}));
  EXPECT_EQ(first.settled, 0u);
  EXPECT_EQ(second.lines, (std::vector<std::string>{"1 again a", "2 b"}));
  EXPECT_EQ(second.settled, 2u);
  EXPECT_EQ(third.lines, (std::vector<std::string>{"3 c"}));
}

TEST_F(ReplicaTest, TablesHoldTheStateOnceItHasStopped) {
  {
    RunningEngine running(*store_);
    ASSERT_TRUE(running.engine.Call(Add("w", "a")));
    ASSERT_TRUE(running.engine.Call(Add("w", "b", "DONE")));
    ASSERT_TRUE(running.engine.Call(scheduler::UpdateResources{.totals = {{"db", 2}}}));
  }

  EXPECT_EQ(Query("SELECT id, status, family, phase FROM task ORDER BY id"),
            "a|PENDING|F|ready\nb|DONE|F|done\n");
  EXPECT_EQ(Query("SELECT id, kind FROM worker"), "w|luigi\n");
  EXPECT_EQ(Query("SELECT name, total FROM resource"), "db|2.0\n");
  EXPECT_EQ(store_->tables().CompleteTo(), store_->journal().Last());
}

TEST_F(ReplicaTest, ManyRowsAreWrittenInSlicesAndAllOfThem) {
  {
    RunningEngine running(*store_);
    for (uint64_t n = 1; n <= 5'000; ++n) {
      ASSERT_TRUE(running.Submit(n, Add("w", "t" + std::to_string(n))));
    }
    for (size_t answered = 0; answered < 5'000;) answered += running.sink.Wait().size();
  }

  EXPECT_EQ(Query("SELECT count(*) FROM task"), "5000\n");
}

TEST_F(ReplicaTest, TablesFollowWhileItRuns) {
  RunningEngine running(*store_);
  ASSERT_TRUE(running.engine.Call(Add("w", "a")));
  running.clock.Advance(std::chrono::seconds(2));
  ASSERT_TRUE(running.engine.Call(Add("w", "b")));

  while (Query("SELECT count(*) FROM task") != "2\n") {
    running.clock.Advance(std::chrono::seconds(2));
    ASSERT_TRUE(running.engine.Call(scheduler::Ping{.worker = "w"}));
  }
}

TEST_F(ReplicaTest, ReadsAfterTheStopAreRefused) {
  RunningEngine running(*store_);
  running.engine.Stop();
  EXPECT_FALSE(running.engine.replica().ReadNow([](const View&) {}));
}

}  // namespace
}  // namespace headrace::engine
