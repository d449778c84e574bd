// The engine's loop, on a real journal: what is durable before what, and what happens when it
// cannot be.

#include "engine/engine.h"

#include <set>

#include <gtest/gtest.h>

#include "engine/testing.h"

namespace headrace::engine {
namespace {

class EngineTest : public testing::Test {
 protected:
  const store::TemporaryFolder folder_;
  const std::unique_ptr<store::SqliteStore> sqlite_ = OpenForTest(folder_.path());
  HeldStore store_{*sqlite_};
};

TEST_F(EngineTest, CommandsAreAnsweredWithTheirOwnNumbers) {
  RunningEngine running(store_);

  ASSERT_TRUE(running.Submit(7, Add("w", "a")));

  EXPECT_EQ(running.sink.Wait().at(0).request, 7U);
  ASSERT_TRUE(running.Submit(Engine::kRequestMax, scheduler::Ping{.worker = "w"}));
  EXPECT_EQ(running.sink.Wait().at(0).request, Engine::kRequestMax);
}

TEST_F(EngineTest, AnswersWaitUntilTheirCommitIsDurable) {
  RunningEngine running(store_);
  store_.Hold();

  ASSERT_TRUE(running.Submit(1, Add("w", "a")));
  store_.AwaitCommit();

  EXPECT_TRUE(running.sink.Empty());
  EXPECT_EQ(running.engine.Committed(), 0U);
  store_.Permit();
  EXPECT_EQ(running.sink.Wait().size(), 1U);
  EXPECT_EQ(running.engine.Committed(), 1U);
}

TEST_F(EngineTest, WhateverComesInDuringACommitGoesIntoTheNextOneTogether) {
  RunningEngine running(store_);
  store_.Hold();
  ASSERT_TRUE(running.Submit(1, Add("w", "a")));
  store_.AwaitCommit();

  for (uint64_t n = 2; n <= 50; ++n) {
    ASSERT_TRUE(running.Submit(n, Add("w", "t" + std::to_string(n))));
  }
  store_.Permit();
  store_.Permit();

  std::set<uint64_t> answered;
  while (answered.size() < 50) {
    for (const auto& answer : running.sink.Wait()) answered.insert(answer.request);
  }
  EXPECT_EQ(running.engine.Committed(), 2U);
}

TEST_F(EngineTest, AnswerWithoutRecordsWaitsForItsBatchToo) {
  RunningEngine running(store_);
  store_.Hold();
  ASSERT_TRUE(running.Submit(1, Add("w", "a")));
  store_.AwaitCommit();
  ASSERT_TRUE(running.Submit(2, Add("w", "b")));
  ASSERT_TRUE(running.Submit(3, scheduler::Ping{.worker = "w"}));
  store_.Permit();
  EXPECT_EQ(running.sink.Wait().size(), 1U);
  store_.AwaitCommit();

  EXPECT_TRUE(running.sink.Empty());
  store_.Permit();
  std::set<uint64_t> answered;
  while (answered.size() < 2) {
    for (const auto& answer : running.sink.Wait()) answered.insert(answer.request);
  }
}

TEST_F(EngineTest, LargeBatchBecomesSeveralCommits) {
  RunningEngine running(store_, {.commit_bytes_max = 1'000});
  store_.Hold();
  ASSERT_TRUE(running.Submit(1, Add("w", "a")));
  store_.AwaitCommit();
  for (uint64_t n = 2; n <= 100; ++n) {
    ASSERT_TRUE(running.Submit(n, Add("w", std::string(100, 'x') + std::to_string(n))));
  }
  for (int n = 0; n < 100; ++n) store_.Permit();

  size_t answered = 0;
  while (answered < 100) answered += running.sink.Wait().size();

  EXPECT_GT(running.engine.Committed(), 5U);
}

TEST_F(EngineTest, EachSinkGetsItsOwnAnswers) {
  UtcOnly zones;
  ManualClock clock;
  WaitingSink first, second;
  Engine engine(store_, {}, zones, clock, {});
  const SinkId to_first = engine.Attach(first);
  const SinkId to_second = engine.Attach(second);
  ASSERT_TRUE(engine.Recover());
  engine.Start();

  ASSERT_TRUE(engine.Submit(to_first, {.request = 5, .body = Add("w", "a")}));
  EXPECT_EQ(first.Wait().at(0).request, 5U);
  ASSERT_TRUE(engine.Submit(to_second, {.request = 5, .body = Add("w", "b")}));
  EXPECT_EQ(second.Wait().at(0).request, 5U);
  EXPECT_TRUE(first.Empty());
}

TEST_F(EngineTest, TooManyWaitingCommandsAreRefusedAtTheDoor) {
  RunningEngine running(store_, {.commands_max = 2});
  store_.Hold();
  ASSERT_TRUE(running.Submit(1, Add("w", "a")));
  store_.AwaitCommit();

  EXPECT_TRUE(running.Submit(2, Add("w", "b")));
  EXPECT_TRUE(running.Submit(3, Add("w", "c")));
  scheduler::Command refused{.request = 4, .body = Add("w", "d")};
  EXPECT_FALSE(running.engine.Submit(running.sink_id, std::move(refused)));
  EXPECT_EQ(refused.request, 4U);
  EXPECT_EQ(std::get<scheduler::AddTask>(refused.body).task, "d");
  store_.Permit();
  store_.Permit();
}

TEST_F(EngineTest, FullDiskRefusesWritesAnswersReadsAndLosesNothing) {
  RunningEngine running(store_, {.full_disk_retry = std::chrono::milliseconds(5)});
  ASSERT_TRUE(running.Submit(1, Add("w", "before")));
  running.sink.Wait();
  store_.Break(ErrorCode::kFull);
  const int attempts = store_.Attempts();
  ASSERT_TRUE(running.Submit(2, Add("w", "during")));
  while (store_.Attempts() < attempts + 2) store_.AwaitCommit();  // it tries again

  ASSERT_TRUE(running.Submit(3, Add("w", "refused")));
  const auto answers = running.sink.Wait();
  EXPECT_TRUE(running.engine.metrics().disk_full);
  EXPECT_NE(running.Dump().find("before"), std::string::npos);
  EXPECT_EQ(running.Dump().find("during"), std::string::npos);
  store_.Mend();
  const auto released = running.sink.Wait();

  ASSERT_EQ(answers.at(0).request, 3U);
  const auto& refused = std::get<scheduler::Refused>(answers[0].reply);
  EXPECT_EQ(refused.kind, scheduler::Refusal::kUnavailable);
  EXPECT_EQ(refused.remedy, "Mend it.");
  EXPECT_EQ(released.at(0).request, 2U);
  EXPECT_FALSE(running.engine.metrics().disk_full);
  EXPECT_NE(running.Dump().find("during"), std::string::npos);
  EXPECT_EQ(running.Dump().find("refused"), std::string::npos);
}

TEST_F(EngineTest, StopDuringAFullDiskAnswersNothingThatIsNotDurable) {
  RunningEngine running(store_);
  store_.Break(ErrorCode::kFull);
  ASSERT_TRUE(running.Submit(1, Add("w", "a")));
  store_.AwaitCommit();

  running.engine.Stop();

  EXPECT_TRUE(running.sink.Empty());
}

TEST_F(EngineTest, FailedCommitIsReportedNotRetriedAndNotAnswered) {
  Mailbox<std::string> failures(10);
  RunningEngine running(store_, {.on_failure = [&](const Error& error) {
                          CHECK(failures.Put(std::string(error.message)));
                        }});
  store_.Break(ErrorCode::kUnavailable);
  ASSERT_TRUE(running.Submit(1, Add("w", "a")));

  std::vector<std::string> reported;
  failures.Take(reported);
  running.engine.Stop();

  EXPECT_EQ(reported, std::vector<std::string>{"broken"});
  EXPECT_EQ(store_.Attempts(), 1);
  EXPECT_TRUE(running.sink.Empty());
  EXPECT_FALSE(running.Submit(2, Add("w", "b")));
}

TEST_F(EngineTest, StopCommitsAndAnswersWhatWaits) {
  RunningEngine running(store_);
  store_.Hold();
  for (uint64_t n = 1; n <= 20; ++n) {
    ASSERT_TRUE(running.Submit(n, Add("w", "t" + std::to_string(n))));
    store_.Permit();
  }

  running.engine.Stop();

  std::set<uint64_t> answered;
  while (answered.size() < 20) {
    for (const auto& answer : running.sink.Wait()) answered.insert(answer.request);
  }
}

TEST_F(EngineTest, TimersFireWhenTheClockReachesThem) {
  RunningEngine running(store_);
  ASSERT_TRUE(running.Submit(1, Add("w", "a")));
  running.sink.Wait();
  ASSERT_TRUE(running.Submit(2, scheduler::GetWork{.worker = "w"}));
  running.sink.Wait();
  ASSERT_TRUE(running.Submit(3, Add("w", "a", "FAILED")));
  running.sink.Wait();
  ASSERT_NE(running.Dump().find("FAILED"), std::string::npos);
  ASSERT_TRUE(running.Submit(4, scheduler::Ping{.worker = "w"}));
  running.sink.Wait();
  const store::CommitId before = running.engine.Committed();

  running.clock.Advance(std::chrono::seconds(901));  // Luigi's retry_delay, and nobody pings
  while (running.engine.Committed() == before) std::this_thread::yield();

  EXPECT_EQ(running.Dump().find("FAILED"), std::string::npos);
}

TEST_F(EngineTest, CallWaitsForTheAnswerOfOneCommand) {
  RunningEngine running(store_);

  const auto reply = running.engine.Call(Add("w", "a"));

  ASSERT_TRUE(reply);
  EXPECT_NE(running.Dump().find('a'), std::string::npos);
  running.engine.Stop();
  EXPECT_FALSE(running.engine.Call(Add("w", "b")));
}

}  // namespace
}  // namespace headrace::engine
