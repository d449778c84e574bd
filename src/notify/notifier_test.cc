// The notifier: what was told is in notify.db before the replica goes on, and is sent in the end.

#include "notify/notifier.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "engine/testing.h"

namespace headrace::notify {
namespace {

class NotifierTest : public testing::Test {
 protected:
  NotifierOptions Options() {
    NotifierOptions options{.path = folder_.path() + "/notify.db"};
    options.mail.enabled = options.mail.batched = true;
    options.mail.receiver = "all@x";
    options.mail.sender = "luigi@x";
    options.mail.batch.default_owners = {"all@x"};
    options.mail.smtp.host = "127.0.0.1";
    options.mail.smtp.port = 1;  // nobody is there
    return options;
  }
  std::unique_ptr<Notifier> Start(uint64_t epoch) {
    auto notifier = Notifier::Start(Options(), epoch, clock_);
    EXPECT_TRUE(notifier) << notifier.error().message;
    return std::move(*notifier);
  }
  std::string Query(const std::string& sql) const {
    return store::QueryFile(folder_.path() + "/notify.db", sql);
  }
  static Event Failure() {
    Event event{.kind = EventKind::kFailed, .audience = Audience::kBatchMail};
    event.family = "A";
    event.explanation = "boom";
    return event;
  }

  const store::TemporaryFolder folder_;
  engine::ManualClock clock_;
};

TEST_F(NotifierTest, WhatWasToldIsDurableOnceItHasSettled) {
  const auto notifier = Start(1);
  notifier->Tell(7, {Failure(), Failure()});
  notifier->Settle();

  EXPECT_EQ(Query("SELECT owner, key, failures FROM batch"), "all@x|A()|2\n");
  EXPECT_EQ(Query("SELECT value FROM meta WHERE key = 'commit'"), "7\n");
}

TEST_F(NotifierTest, ANewLifeGoesOnWhereTheLastOneEnded) {
  Start(1)->Tell(7, {Failure()});

  EXPECT_EQ(Start(2)->ReplayFrom(), 7u);
  EXPECT_EQ(Start(4)->ReplayFrom(), UINT64_MAX);  // epoch 3 ran without notifications
}

TEST_F(NotifierTest, TheStopSendsTheBatchAndKeepsWhatNobodyTook) {
  auto notifier = Start(1);
  notifier->Tell(7, {Failure()});
  notifier->Stop(Duration::zero());
  notifier.reset();

  EXPECT_EQ(Query("SELECT count(*) FROM batch"), "0\n");
  EXPECT_EQ(Query("SELECT channel, text LIKE '%1 failure in the last 60 minutes%' FROM message"),
            "mail|1\n");
  EXPECT_EQ(Start(2)->Waiting().front().second, 1u);
}

TEST_F(NotifierTest, BatchesGoWhenTheirIntervalIsOver) {
  const auto notifier = Start(1);
  notifier->Tell(1, {Failure()});
  notifier->Settle();
  clock_.Advance(std::chrono::minutes(61));
  notifier->Tell(2, {});
  notifier->Settle();

  EXPECT_EQ(Query("SELECT count(*) FROM message"), "1\n");
  EXPECT_EQ(Query("SELECT count(*) FROM batch"), "0\n");
}

}  // namespace
}  // namespace headrace::notify
