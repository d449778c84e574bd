// The worker's decisions.

#include "worker/worker_state.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace headrace::worker {
namespace {

constexpr Duration kReceiveWaitMax = std::chrono::seconds(20);
constexpr Duration kHeartbeatRetry = std::chrono::milliseconds(500);
constexpr Duration kLostPause = std::chrono::milliseconds(500);
constexpr Duration kLong = std::chrono::milliseconds(100);  // a task that runs so long is not short
constexpr int kAheadMax = 16;                               // messages for each slot
constexpr int kHeartbeatsInALease = 6;

// What is newer stands; amounts given back add up.
void Merge(client::AttemptNews& older, const client::AttemptNews& newer) {
  if (newer.status_message) older.status_message = newer.status_message;
  if (newer.progress) older.progress = newer.progress;
  if (newer.tracking_url) older.tracking_url = newer.tracking_url;
  for (const auto& [resource, amount] : newer.decrease_resources) {
    older.decrease_resources[resource] += amount;
  }
}

}  // namespace

WorkerState::WorkerState(const WorkerLimits& limits) : limits_(limits) {
  CHECK(limits.slots > 0);
}

WorkerState::Attempt* WorkerState::Find(int64_t attempt) {
  const auto found = attempts_.find(attempt);
  return found == attempts_.end() ? nullptr : &found->second;
}

void WorkerState::OnRegistered(const client::Registration& registration, LeaseTime now) {
  registering_ = false;
  registered_ = true;
  heartbeat_ = std::min(registration.heartbeat, registration.lease / kHeartbeatsInALease);
  receive_wait_ = std::min(kReceiveWaitMax, registration.lease / 2);
  next_heartbeat_ = attempts_.empty() ? now + heartbeat_ : now;
}

void WorkerState::OnReceived(std::vector<client::Message> messages, LeaseTime sent, LeaseTime now) {
  receiving_ = false;
  for (client::Message& message : messages) {
    const int64_t number = message.attempt;
    const Duration lease = message.lease;
    const auto [place, is_new] = attempts_.try_emplace(number);
    if (!is_new) continue;  // the answer to a call that was sent twice
    Attempt& attempt = place->second;
    attempt.message = std::move(message);
    attempt.lease = lease;
    attempt.expires = sent + lease;
    attempt.received_at = now;
    attempt.news.attempt = number;
    ++waiting_;
    heartbeat_ = std::min(heartbeat_, lease / kHeartbeatsInALease);
    // A receive that waited long has used up a part of the lease that cannot be counted on.
    if (now - sent > heartbeat_) next_heartbeat_ = now;
    next_heartbeat_ = std::min(next_heartbeat_, now + heartbeat_);
    if (draining_) GiveBack(attempt, client::Outcome::kReturned, "the worker stops");
  }
}

void WorkerState::OnReceiveFailed(bool unknown_worker) {
  receiving_ = false;
  if (unknown_worker) registered_ = false;
}

void WorkerState::OnHeartbeat(const client::HeartbeatAnswer& answer,
                              LeaseTime sent,
                              LeaseTime now) {
  beating_ = false;
  next_heartbeat_ = std::min(next_heartbeat_, std::max(sent + heartbeat_, now));
  for (auto& [number, attempt] : attempts_) {
    if (!std::exchange(attempt.beaten, false)) continue;
    attempt.told = {};
    if (sent + attempt.lease <= attempt.expires) continue;
    attempt.expires = sent + attempt.lease;
    if (attempt.stage == Stage::kRunning) actions_.push_back(Renew{number, GuardEnd(attempt)});
  }
  for (const int64_t number : answer.lost) {
    Attempt* attempt = Find(number);
    if (attempt == nullptr) continue;
    if (attempt->stage == Stage::kWaiting) {
      --waiting_;
      attempts_.erase(number);
    } else if (attempt->stage == Stage::kRunning) {
      Stop(*attempt, Verdict::kForgotten, "it was given to another worker", Duration::zero());
    }
  }
  for (const int64_t number : answer.cancel) {
    Attempt* attempt = Find(number);
    if (attempt == nullptr || attempt->verdict != Verdict::kNone) continue;
    const std::string why = "cancelled by an operator";
    if (attempt->stage == Stage::kWaiting) GiveBack(*attempt, client::Outcome::kCancelled, why);
    if (attempt->stage == Stage::kRunning) Stop(*attempt, Verdict::kCancelled, why, limits_.grace);
  }
  for (const client::TaskMessage& message : answer.messages) actions_.push_back(Deliver{message});
}

void WorkerState::OnHeartbeatFailed(bool unknown_worker, LeaseTime now) {
  beating_ = false;
  if (unknown_worker) registered_ = false;
  next_heartbeat_ = now + std::min(kHeartbeatRetry, heartbeat_);
  for (auto& [number, attempt] : attempts_) {
    if (!std::exchange(attempt.beaten, false)) continue;
    Merge(attempt.told, attempt.news);
    attempt.news = std::exchange(attempt.told, {});
  }
}

void WorkerState::OnNews(const client::AttemptNews& news) {
  if (Attempt* attempt = Find(news.attempt)) Merge(attempt->news, news);
}

void WorkerState::OnEnded(int64_t number, const host::Outcome& outcome, LeaseTime now) {
  Attempt* attempt = Find(number);
  CHECK(attempt != nullptr && attempt->stage == Stage::kRunning);
  --running_;
  usual_ = (usual_ * 7 + (now - attempt->started_at)) / 8;
  host::Outcome seen = outcome;
  const bool without_result = outcome.error && outcome.error->where == "exit";
  if (now >= GuardEnd(*attempt) && without_result && attempt->verdict == Verdict::kNone) {
    seen.status = host::OutcomeStatus::kKilled;  // by its host, while we stood still
    attempt->verdict = Verdict::kStopped;
    attempt->why = "this worker stood still until the lease was over";
  }
  const bool host_died =
      outcome.status == host::OutcomeStatus::kLost && attempt->verdict == Verdict::kNone;
  lost_in_a_row_ = host_died ? std::min(lost_in_a_row_ + 1, 7) : 0;
  if (host_died) resume_at_ = now + kLostPause * (1 << (lost_in_a_row_ - 1));
  if (attempt->verdict == Verdict::kForgotten) {
    attempts_.erase(number);
    actions_.push_back(Forget{number});
    return;
  }
  attempt->stage = Stage::kReporting;
  actions_.push_back(Report{number, MakeReport(seen, attempt->verdict, attempt->why)});
}

void WorkerState::OnReported(int64_t attempt) {
  attempts_.erase(attempt);
}

void WorkerState::OnTime(LeaseTime now) {
  for (auto& [number, attempt] : attempts_) {
    CheckLease(attempt, now);
    const bool waited_long = now - attempt.received_at >= limits_.ahead_wait_max;
    if (attempt.stage == Stage::kWaiting && waited_long && running_ > 0) {
      GiveBack(attempt, client::Outcome::kReturned, "no slot became free");
    }
  }
  if (resume_at_ && now >= *resume_at_) resume_at_.reset();
  if (drain_end_ && now >= *drain_end_) {
    drain_end_.reset();
    for (auto& [number, attempt] : attempts_) {
      if (attempt.stage != Stage::kRunning || attempt.verdict != Verdict::kNone) continue;
      Stop(attempt, Verdict::kStopped, "the worker was stopped", limits_.grace);
    }
  }
}

void WorkerState::Drain(LeaseTime now) {
  if (draining_) return;
  draining_ = true;
  drain_end_ = now + limits_.drain_grace;
  next_heartbeat_ = now;
  for (auto& [number, attempt] : attempts_) {
    if (attempt.stage != Stage::kWaiting) continue;
    GiveBack(attempt, client::Outcome::kReturned, "the worker stops");
  }
}

void WorkerState::KillAll(LeaseTime now) {
  Drain(now);
  drain_end_.reset();
  for (auto& [number, attempt] : attempts_) {
    if (attempt.stage != Stage::kRunning) continue;
    // Also those that are being ended gently.
    const Verdict verdict = attempt.verdict == Verdict::kNone ? Verdict::kStopped : attempt.verdict;
    Stop(attempt, verdict, "the worker was stopped", Duration::zero());
  }
}

std::vector<Action> WorkerState::TakeActions(LeaseTime now) {
  LaunchWaiting(now);
  if (!registered_ && !registering_) {
    registering_ = true;
    actions_.push_back(Register{});
  }
  if (registered_) {
    Beat(now);
    AskForWork(now);
  }
  return std::exchange(actions_, {});
}

LeaseTime WorkerState::NextDeadline() const {
  LeaseTime next = drain_end_.value_or(LeaseTime::max());
  if (registered_ && !beating_) next = std::min(next, next_heartbeat_);
  if (resume_at_) next = std::min(next, *resume_at_);
  for (const auto& [number, attempt] : attempts_) {
    if (attempt.stage == Stage::kReporting) continue;
    if (!attempt.hurried) next = std::min(next, StopBy(attempt));
    if (attempt.stage == Stage::kWaiting && running_ > 0) {
      next = std::min(next, attempt.received_at + limits_.ahead_wait_max);
    }
  }
  return next;
}

void WorkerState::LaunchWaiting(LeaseTime now) {
  if (draining_ || waiting_ == 0) return;
  for (auto& [number, attempt] : attempts_) {
    if (running_ >= static_cast<size_t>(limits_.slots)) return;
    if (attempt.stage != Stage::kWaiting) continue;
    attempt.stage = Stage::kRunning;
    attempt.started_at = now;
    --waiting_;
    ++running_;
    actions_.push_back(Launch{attempt.message, GuardEnd(attempt)});
  }
}

// Reports one that has not been started.
void WorkerState::GiveBack(Attempt& attempt, client::Outcome outcome, const std::string& why) {
  CHECK(attempt.stage == Stage::kWaiting);
  attempt.stage = Stage::kReporting;
  --waiting_;
  actions_.push_back(Report{attempt.message.attempt, MakeUnstartedReport(outcome, why)});
}

void WorkerState::Stop(Attempt& attempt, Verdict verdict, std::string why, Duration grace) {
  attempt.verdict = verdict;
  attempt.why = std::move(why);
  actions_.push_back(Kill{attempt.message.attempt, attempt.why, grace});
}

// Ends what the scheduler might give to somebody else soon; also what is being ended already, but
// with more grace than there is time.
void WorkerState::CheckLease(Attempt& attempt, LeaseTime now) {
  if (now < StopBy(attempt) || attempt.hurried) return;
  if (attempt.stage == Stage::kWaiting) {
    GiveBack(attempt, client::Outcome::kReturned, "its lease was about to run out");
  } else if (attempt.stage == Stage::kRunning) {
    attempt.hurried = true;
    const bool first = attempt.verdict == Verdict::kNone;
    Stop(attempt,
         first ? Verdict::kStopped : attempt.verdict,
         first ? "the scheduler could not be reached and the lease was about to run out"
               : attempt.why,
         attempt.lease / 12);
  }
}

void WorkerState::AskForWork(LeaseTime now) {
  if (receiving_ || draining_ || resume_at_) return;
  const int wanted = Wanted(now);
  if (wanted <= 0) return;
  receiving_ = true;
  actions_.push_back(Receive{wanted, receive_wait_});
}

// Free slots, and what the slots with short tasks get through in `ahead`.
int WorkerState::Wanted(LeaseTime now) const {
  int64_t short_slots = limits_.slots;
  for (const auto& [number, attempt] : attempts_) {
    if (attempt.stage == Stage::kRunning && now - attempt.started_at > kLong) --short_slots;
  }
  const int64_t rate = limits_.ahead / std::max(usual_, Duration(1));
  const int64_t ahead = std::max<int64_t>(short_slots, 0) * std::min<int64_t>(rate, kAheadMax);
  const int64_t taken = static_cast<int64_t>(running_ + waiting_);
  return static_cast<int>(limits_.slots + ahead - taken);
}

void WorkerState::Beat(LeaseTime now) {
  if (beating_ || now < next_heartbeat_) return;
  beating_ = true;
  next_heartbeat_ = now + heartbeat_;
  client::Heartbeat heartbeat;
  heartbeat.draining = draining_;
  for (auto& [number, attempt] : attempts_) {
    if (attempt.verdict == Verdict::kForgotten) continue;
    attempt.beaten = true;
    attempt.told = std::exchange(attempt.news, {});
    attempt.told.attempt = number;
    heartbeat.attempts.push_back(attempt.told);
  }
  actions_.push_back(SendHeartbeat{std::move(heartbeat)});
}

}  // namespace headrace::worker
