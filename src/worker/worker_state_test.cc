// What the worker decides, one sentence a test; time is moved by hand.

#include "worker/worker_state.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kLease = seconds(30);

class WorkerStateTest : public testing::Test {
 protected:
  explicit WorkerStateTest(int slots = 2) : state_({.slots = slots}) {
    Step();  // Register
    state_.OnRegistered({.lease = kLease, .heartbeat = seconds(5)}, now_);
    Step();
  }

  static client::Message Message(int64_t attempt) {
    client::Message message;
    message.attempt = attempt;
    message.lease = kLease;
    return message;
  }

  void Receive(std::vector<int64_t> attempts) { ReceiveSent(attempts, now_); }

  void ReceiveSent(const std::vector<int64_t>& attempts, LeaseTime sent) {
    std::vector<client::Message> messages;
    for (const int64_t attempt : attempts) messages.push_back(Message(attempt));
    state_.OnReceived(std::move(messages), sent, now_);
    Step();
  }

  void End(int64_t attempt, host::OutcomeStatus status = host::OutcomeStatus::kDone) {
    host::Outcome outcome;
    outcome.status = status;
    state_.OnEnded(attempt, outcome, now_);
    Step();
  }

  void Answer(client::HeartbeatAnswer answer = {}) {
    state_.OnHeartbeat(answer, now_, now_);
    Step();
  }

  void Advance(Duration by) {
    now_ += by;
    state_.OnTime(now_);
    Step();
  }

  void Step() {
    actions_ = state_.TakeActions(now_);
    EXPECT_TRUE(state_.TakeActions(now_).empty());
  }

  // The actions of one kind that the last step led to.
  template <class T>
  std::vector<T> Did() const {
    std::vector<T> found;
    for (const Action& action : actions_) {
      if (const T* one = std::get_if<T>(&action)) found.push_back(*one);
    }
    return found;
  }

  std::vector<int64_t> Launched() const {
    std::vector<int64_t> attempts;
    for (const Launch& launch : Did<Launch>()) attempts.push_back(launch.message.attempt);
    return attempts;
  }

  WorkerState state_;
  LeaseTime now_{seconds(1000)};
  std::vector<Action> actions_;
};

using Attempts = std::vector<int64_t>;

TEST_F(WorkerStateTest, RegistersFirstAndThenAsksForAsMuchAsItHasSlots) {
  WorkerState fresh({.slots = 4});

  const std::vector<Action> first = fresh.TakeActions(now_);
  fresh.OnRegistered({}, now_);
  const std::vector<Action> second = fresh.TakeActions(now_);

  ASSERT_EQ(first.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Register>(first[0]));
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(std::get<worker::Receive>(second[0]).max, 4);
}

TEST_F(WorkerStateTest, ReceivedAttemptsAreLaunchedWhileThereAreSlots) {
  Receive({1, 2, 3});

  EXPECT_EQ(Launched(), Attempts({1, 2}));

  End(1);
  EXPECT_EQ(Launched(), Attempts({3}));
}

TEST_F(WorkerStateTest, FullWorkerDoesNotAskForMoreUntilASlotIsFree) {
  Receive({1, 2});
  EXPECT_TRUE(Did<worker::Receive>().empty());
  Advance(seconds(1));

  End(1);

  ASSERT_EQ(Did<worker::Receive>().size(), 1u);
  EXPECT_EQ(Did<worker::Receive>()[0].max, 1);
}

TEST_F(WorkerStateTest, OneReceiveIsOnItsWayAtATime) {
  Receive({1});
  ASSERT_EQ(Did<worker::Receive>().size(), 1u);

  End(1);

  EXPECT_TRUE(Did<worker::Receive>().empty());
}

TEST_F(WorkerStateTest, EndedAttemptIsReportedAndRenewedUntilTheReportIsTaken) {
  Receive({1});
  End(1);
  ASSERT_EQ(Did<Report>().size(), 1u);
  EXPECT_EQ(Did<Report>()[0].report.outcome, client::Outcome::kDone);

  Advance(seconds(5));
  ASSERT_EQ(Did<SendHeartbeat>().size(), 1u);
  EXPECT_EQ(Did<SendHeartbeat>()[0].heartbeat.attempts.size(), 1u);

  state_.OnReported(1);
  Answer();
  Advance(seconds(5));
  EXPECT_TRUE(Did<SendHeartbeat>()[0].heartbeat.attempts.empty());
}

TEST_F(WorkerStateTest, WhileTasksAreShortSomeAreReceivedAhead) {
  int64_t next = 1;
  for (int i = 0; i < 60; ++i, ++next) {
    Receive({next});
    now_ += milliseconds(5);
    End(next);
    state_.OnReported(next);
  }
  Receive({next, next + 1});

  ASSERT_EQ(Did<worker::Receive>().size(), 1u);
  EXPECT_EQ(Did<worker::Receive>()[0].max, 6);  // 20 ms of 5 ms tasks or a little longer, 2 slots
}

TEST_F(WorkerStateTest, WhatWaitsTooLongForASlotIsGivenBack) {
  Receive({1, 2, 3});

  Advance(milliseconds(999));
  EXPECT_TRUE(Did<Report>().empty());
  EXPECT_EQ(state_.NextDeadline(), now_ + milliseconds(1));
  Advance(milliseconds(1));

  ASSERT_EQ(Did<Report>().size(), 1u);
  EXPECT_EQ(Did<Report>()[0].attempt, 3);
  EXPECT_EQ(Did<Report>()[0].report.outcome, client::Outcome::kReturned);
}

TEST_F(WorkerStateTest, HeartbeatTellsNewsOnce) {
  Receive({1});
  client::AttemptNews news;
  news.attempt = 1;
  news.progress = 50;
  news.decrease_resources = {{"db", 1}};
  state_.OnNews(news);

  Advance(seconds(5));
  const auto told = Did<SendHeartbeat>().at(0).heartbeat.attempts.at(0);
  EXPECT_EQ(told.attempt, 1);
  EXPECT_EQ(told.progress, 50);
  EXPECT_EQ(told.decrease_resources.at("db"), 1);

  Answer();
  Advance(seconds(5));
  EXPECT_EQ(Did<SendHeartbeat>().at(0).heartbeat.attempts.at(0).progress, std::nullopt);
}

TEST_F(WorkerStateTest, NewsOfAHeartbeatThatFailedAreToldAgainBelowNewerOnes) {
  Receive({1});
  client::AttemptNews news;
  news.attempt = 1;
  news.progress = 50;
  news.status_message = "half";
  news.decrease_resources = {{"db", 1}};
  state_.OnNews(news);
  Advance(seconds(5));
  news.progress = 60;
  news.status_message.reset();
  state_.OnNews(news);

  state_.OnHeartbeatFailed(false, now_);
  Advance(seconds(1));

  const auto told = Did<SendHeartbeat>().at(0).heartbeat.attempts.at(0);
  EXPECT_EQ(told.progress, 60);
  EXPECT_EQ(told.status_message, "half");
  EXPECT_EQ(told.decrease_resources.at("db"), 2);
}

TEST_F(WorkerStateTest, LostAttemptIsKilledAndNotReported) {
  Receive({1});
  Advance(seconds(5));

  Answer({.lost = {1, 77}, .cancel = {}, .messages = {}});
  ASSERT_EQ(Did<Kill>().size(), 1u);
  EXPECT_EQ(Did<Kill>()[0].grace, Duration::zero());
  End(1, host::OutcomeStatus::kKilled);

  EXPECT_TRUE(Did<Report>().empty());
  EXPECT_EQ(Did<Forget>().size(), 1u);
}

TEST_F(WorkerStateTest, CancelledAttemptIsKilledAndReportedAsCancelled) {
  Receive({1});
  Advance(seconds(5));

  Answer({.lost = {}, .cancel = {1}, .messages = {}});
  EXPECT_EQ(Did<Kill>().at(0).grace, seconds(10));
  Advance(seconds(5));
  Answer({.lost = {}, .cancel = {1}, .messages = {}});  // still there: nothing new
  EXPECT_TRUE(Did<Kill>().empty());
  End(1, host::OutcomeStatus::kKilled);

  EXPECT_EQ(Did<Report>().at(0).report.outcome, client::Outcome::kCancelled);
}

TEST_F(WorkerStateTest, AttemptIsKilledBeforeItsLeaseRunsOut) {
  Receive({1});
  const LeaseTime received = now_;
  Advance(seconds(5));  // heartbeat, never answered

  Advance(kLease - kLease / 6 - seconds(5) - milliseconds(1));
  EXPECT_TRUE(Did<Kill>().empty());
  Advance(milliseconds(1));

  ASSERT_EQ(Did<Kill>().size(), 1u);
  EXPECT_LE(now_ + Did<Kill>()[0].grace, received + kLease - kLease / 12);
  End(1, host::OutcomeStatus::kKilled);
  EXPECT_EQ(Did<Report>().at(0).report.outcome, client::Outcome::kLost);
}

TEST_F(WorkerStateTest, LeaseIsCountedFromWhenTheHeartbeatWasSent) {
  Receive({1});
  Advance(seconds(5));
  const LeaseTime sent = now_;
  now_ += seconds(4);
  state_.OnHeartbeat({}, sent, now_);
  state_.OnHeartbeatFailed(false, now_);  // and no other gets through
  Step();

  Advance(sent + kLease - kLease / 6 - milliseconds(1) - now_);
  EXPECT_TRUE(Did<Kill>().empty());
  Advance(milliseconds(1));

  EXPECT_EQ(Did<Kill>().size(), 1u);
}

TEST_F(WorkerStateTest, AttemptThatCameWithALongPollIsRenewedAtOnce) {
  ReceiveSent({1}, now_ - seconds(20));

  EXPECT_EQ(Did<SendHeartbeat>().size(), 1u);
}

TEST_F(WorkerStateTest, HeartbeatIsTriedAgainSoonAfterItFailed) {
  Receive({1});
  Advance(seconds(5));

  state_.OnHeartbeatFailed(false, now_);

  EXPECT_EQ(state_.NextDeadline(), now_ + milliseconds(500));
}

TEST_F(WorkerStateTest, SchedulerThatDoesNotKnowTheWorkerGetsItsRegistrationAgain) {
  Receive({1});
  Advance(seconds(5));

  state_.OnHeartbeatFailed(true, now_);
  Step();
  EXPECT_EQ(Did<Register>().size(), 1u);
  state_.OnRegistered({.lease = kLease, .heartbeat = seconds(5)}, now_);
  Step();

  EXPECT_EQ(Did<SendHeartbeat>().at(0).heartbeat.attempts.size(), 1u);
}

TEST_F(WorkerStateTest, DrainGivesBackWhatWaitsAndLetsRunningOnesEnd) {
  Receive({1, 2, 3});

  state_.Drain(now_);
  Step();
  EXPECT_EQ(Did<Report>().at(0).attempt, 3);
  EXPECT_EQ(Did<Report>().at(0).report.outcome, client::Outcome::kReturned);
  EXPECT_TRUE(Did<SendHeartbeat>().at(0).heartbeat.draining);
  state_.OnReported(3);
  End(1);
  End(2);
  EXPECT_TRUE(Launched().empty());
  EXPECT_FALSE(state_.Over());
  state_.OnReported(1);
  state_.OnReported(2);

  EXPECT_TRUE(state_.Over());
}

TEST_F(WorkerStateTest, WhatIsReceivedWhileItDrainsIsGivenBack) {
  Receive({1});
  state_.Drain(now_);
  Step();

  Receive({2});

  EXPECT_TRUE(Launched().empty());
  EXPECT_EQ(Did<Report>().at(0).attempt, 2);
  EXPECT_TRUE(Did<worker::Receive>().empty());
}

TEST_F(WorkerStateTest, WhatRunsBeyondTheDrainGraceIsKilledAndLost) {
  Receive({1});
  state_.Drain(now_);
  Step();
  Answer();
  for (int i = 0; i < 59; ++i) {
    Advance(seconds(1));
    if (!Did<SendHeartbeat>().empty()) Answer();
  }
  EXPECT_TRUE(Did<Kill>().empty());

  Advance(seconds(1));
  EXPECT_EQ(Did<Kill>().at(0).grace, seconds(10));
  End(1, host::OutcomeStatus::kKilled);

  EXPECT_EQ(Did<Report>().at(0).report.outcome, client::Outcome::kLost);
}

TEST_F(WorkerStateTest, KillAllKillsAtOnceAlsoWhatIsBeingEndedGently) {
  Receive({1, 2});
  Advance(seconds(5));
  Answer({.lost = {}, .cancel = {1}, .messages = {}});

  state_.KillAll(now_);
  Step();

  ASSERT_EQ(Did<Kill>().size(), 2u);
  EXPECT_EQ(Did<Kill>()[0].grace, Duration::zero());
  EXPECT_EQ(Did<Kill>()[1].grace, Duration::zero());
  End(1, host::OutcomeStatus::kKilled);
  EXPECT_EQ(Did<Report>().at(0).report.outcome, client::Outcome::kCancelled);
  End(2, host::OutcomeStatus::kKilled);
  EXPECT_EQ(Did<Report>().at(0).report.outcome, client::Outcome::kLost);
}

TEST_F(WorkerStateTest, WorkerWhoseHostsDieTakesNothingForAWhileAndLongerEachTime) {
  Receive({1});
  state_.OnReceived({}, now_, now_);
  End(1, host::OutcomeStatus::kLost);
  EXPECT_TRUE(Did<worker::Receive>().empty());
  EXPECT_EQ(state_.NextDeadline(), now_ + milliseconds(500));
  Advance(milliseconds(500));
  EXPECT_EQ(Did<worker::Receive>().size(), 1u);

  Receive({2});
  state_.OnReceived({}, now_, now_);
  End(2, host::OutcomeStatus::kLost);
  EXPECT_EQ(state_.NextDeadline(), now_ + milliseconds(1000));
}

TEST_F(WorkerStateTest, MessageForATaskIsDelivered) {
  Receive({1});
  Advance(seconds(5));

  Answer({.lost = {}, .cancel = {}, .messages = {{.attempt = 1, .id = "m1", .content = "hi"}}});

  EXPECT_EQ(Did<Deliver>().at(0).message.content, "hi");
}

}  // namespace
}  // namespace headrace::worker
