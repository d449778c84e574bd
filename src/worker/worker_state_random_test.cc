// Random histories of a worker and a scheduler that is often away. The test keeps its own account
// of the scheduler's leases and of the processes that live, and checks what matters: no process is
// alive when its lease is over at the scheduler, no slot is taken twice, every attempt is launched
// at most once and reported at most once, and a drained worker ends with nothing left.

#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "worker/worker_state.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSlots = 3;
constexpr Duration kLease = seconds(12);
constexpr Duration kKillTakes = milliseconds(200);  // from SIGKILL to a tree that is gone

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {}

  void Run(int steps) {
    for (int step = 0; step < steps; ++step) {
      if (step == steps - 400) state_.Drain(now_);
      Perform();
      Happen();
      MoveTime();
    }
    for (int step = 0; step < 5000 && !state_.Over(); ++step) {
      away_ = false;
      Perform();
      Happen();
      MoveTime();
    }
    EXPECT_TRUE(state_.Over());
    EXPECT_TRUE(processes_.empty());
    EXPECT_GT(launched_.size(), 20u);
  }

 private:
  struct Process {
    std::optional<LeaseTime> dies_at;  // killed
  };

  bool Chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  Duration Upto(Duration most) {
    return Duration(static_cast<int64_t>(random_() >> 1) % most.count());
  }

  void Perform() {
    for (Action& action : state_.TakeActions(now_)) {
      std::visit([this](auto& what) { Do(what); }, action);
    }
    EXPECT_GT(state_.NextDeadline(), now_) << "it would look again and again";
    EXPECT_LE(processes_.size(), static_cast<size_t>(kSlots));
    EXPECT_EQ(processes_.size(), state_.running());
  }

  void Do(const Register&) { registering_ = true; }
  void Do(const Receive& receive) {
    EXPECT_FALSE(receive_sent_);
    receive_sent_ = now_;
    receive_max_ = receive.max;
  }
  void Do(const SendHeartbeat& send) {
    EXPECT_FALSE(beat_sent_);
    beat_sent_ = now_;
    beat_ = send.heartbeat;
  }
  void Do(const Launch& launch) {
    EXPECT_TRUE(launched_.insert(launch.message.attempt).second);
    processes_[launch.message.attempt] = {};
  }
  void Do(const Kill& kill) {
    const auto found = processes_.find(kill.attempt);
    if (found == processes_.end()) return;  // has ended meanwhile
    Process& process = found->second;
    const LeaseTime dead = now_ + kill.grace + kKillTakes;
    process.dies_at = std::min(process.dies_at.value_or(dead), dead);
  }
  void Do(const Report& report) {
    EXPECT_FALSE(processes_.contains(report.attempt));
    EXPECT_TRUE(reported_.insert(report.attempt).second);
    reports_.insert(report.attempt);
  }
  void Do(const Renew&) {}
  void Do(const Forget&) {}
  void Do(const Deliver&) {}

  void Happen() {
    if (Chance(5)) away_ = !away_;
    if (registering_ && !away_) {
      registering_ = false;
      state_.OnRegistered({.lease = kLease, .heartbeat = kLease / 6}, now_);
    }
    if (receive_sent_ && Chance(40)) AnswerReceive();
    if (beat_sent_ && Chance(60)) AnswerHeartbeat();
    if (!reports_.empty() && !away_ && Chance(50)) {
      leases_.erase(*reports_.begin());
      state_.OnReported(*reports_.begin());
      reports_.erase(reports_.begin());
    }
    if (!processes_.empty() && Chance(12)) {
      auto chosen = processes_.begin();
      std::advance(chosen, random_() % processes_.size());
      End(chosen->first, Chance(10) ? host::OutcomeStatus::kLost : host::OutcomeStatus::kDone);
    }
  }

  // The scheduler may have acted at any time since the call was sent, and its answer may be lost.
  void AnswerReceive() {
    const LeaseTime sent = *std::exchange(receive_sent_, std::nullopt);
    if (away_) return state_.OnReceiveFailed(Chance(10));
    std::vector<client::Message> messages;
    const LeaseTime claimed = sent + Upto(now_ - sent + Duration(1));
    for (int i = static_cast<int>(random_() % 5); i > 0 && receive_max_ > 0; --i, --receive_max_) {
      client::Message message;
      message.attempt = next_attempt_++;
      message.lease = kLease;
      leases_[message.attempt] = claimed + kLease;
      messages.push_back(message);
    }
    state_.OnReceived(std::move(messages), sent, now_);
  }

  void AnswerHeartbeat() {
    const LeaseTime sent = *std::exchange(beat_sent_, std::nullopt);
    client::HeartbeatAnswer answer;
    if (!away_ || Chance(5)) {
      const LeaseTime handled = sent + Upto(now_ - sent + Duration(1));
      for (const client::AttemptNews& news : beat_.attempts) {
        const auto lease = leases_.find(news.attempt);
        if (lease == leases_.end() || lease->second <= handled) {
          answer.lost.push_back(news.attempt);
        } else {
          lease->second = handled + kLease;
          if (Chance(3)) answer.cancel.push_back(news.attempt);
        }
      }
    }
    if (away_) return state_.OnHeartbeatFailed(false, now_);
    state_.OnHeartbeat(answer, sent, now_);
  }

  // Never past a deadline: the worker's loop wakes up for each.
  void MoveTime() {
    LeaseTime next = now_ + Upto(milliseconds(1500));
    next = std::min(next, std::max(now_, state_.NextDeadline()));
    for (const auto& [attempt, process] : processes_) {
      if (process.dies_at) next = std::min(next, *process.dies_at);
    }
    now_ = next;
    for (auto process = processes_.begin(); process != processes_.end();) {
      const auto [attempt, what] = *process++;
      if (what.dies_at && *what.dies_at <= now_) End(attempt, host::OutcomeStatus::kKilled);
    }
    state_.OnTime(now_);
    for (const auto& [attempt, process] : processes_) {
      const auto lease = leases_.find(attempt);
      ASSERT_TRUE(lease != leases_.end());
      ASSERT_LT(now_, lease->second) << "attempt " << attempt << " could run twice";
    }
  }

  void End(int64_t attempt, host::OutcomeStatus status) {
    host::Outcome outcome;
    outcome.status = status;
    processes_.erase(attempt);
    state_.OnEnded(attempt, outcome, now_);
  }

  std::mt19937_64 random_;
  WorkerState state_{{.slots = kSlots, .grace = seconds(12), .drain_grace = seconds(8)}};
  LeaseTime now_{seconds(1000)};
  bool away_ = false;  // the scheduler

  bool registering_ = false;
  std::optional<LeaseTime> receive_sent_;
  int receive_max_ = 0;
  std::optional<LeaseTime> beat_sent_;
  client::Heartbeat beat_;

  int64_t next_attempt_ = 1;
  std::map<int64_t, LeaseTime> leases_;  // as the scheduler counts them
  std::map<int64_t, Process> processes_;
  std::set<int64_t> launched_;
  std::set<int64_t> reported_;
  std::set<int64_t> reports_;  // on their way
};

TEST(WorkerStateRandom, NothingRunsBeyondItsLeaseWhateverHappens) {
  const char* given = std::getenv("HEADRACE_SEED");
  std::random_device dice;
  const uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : dice();
  for (uint64_t seed = first; seed < first + 300 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("HEADRACE_SEED=" + std::to_string(seed));
    World(seed).Run(1500);
  }
}

}  // namespace
}  // namespace headrace::worker
