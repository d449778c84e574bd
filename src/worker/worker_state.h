// WorkerState: what a worker does about what happens; every decision, and no action.
//
//   events ──▶ On…(…, now) ──▶ TakeActions(): receive, launch, kill, report, heartbeat
//
// An attempt's life here:   waiting ──slot──▶ running ──ended──▶ reporting ──accepted──▶ gone
//                              └──────given back, cancelled───────▶┘
//
// No task may ever run twice at once. The scheduler gives an attempt to somebody else when its
// lease runs out, and the lease began no earlier than the call that was answered with it was
// *sent*. So everything is counted from there, and an attempt is killed a margin before the end
// (lease / 6 for SIGTERM, half of that for SIGKILL). A worker that stands still (SIGSTOP, a machine
// that swaps) cannot do that: so the task's host knows the time, too, and kills it by itself
// another half later.
//
// Receiving takes a commit of the scheduler, which is long for tasks of a few milliseconds. So
// while tasks are that short, some are received ahead of a free slot; those that wait too long are
// given back.
//
// An attempt that is lost here because its task host cannot start would come back at once. So after
// each in a row the worker takes nothing for a while, and longer each time.
//
// Pure: no clock, I/O or threads; time is an argument. The worker's thread.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "client/worker_types.h"
#include "host/task_runner.h"
#include "worker/lease_clock.h"
#include "worker/report.h"

namespace headrace::worker {

struct WorkerLimits {
  int slots = 1;
  Duration grace = std::chrono::seconds(10);                  // SIGTERM to SIGKILL
  Duration drain_grace = std::chrono::seconds(60);            // what runs may end meanwhile
  Duration ahead = std::chrono::milliseconds(20);             // receive so much work ahead…
  Duration ahead_wait_max = std::chrono::milliseconds(1000);  // …and give it back after this
};

// What is to be done.
struct Register {};
struct Receive {
  int max = 1;
  Duration wait;
};
struct SendHeartbeat {
  client::Heartbeat heartbeat;
};
struct Launch {
  client::Message message;
  LeaseTime guard_end;  // then its task host kills it, should we stand still
};
struct Renew {
  int64_t attempt = 0;
  LeaseTime guard_end;
};
struct Kill {
  int64_t attempt = 0;
  std::string why;
  Duration grace;
};
struct Report {
  int64_t attempt = 0;
  client::FinishReport report;
};
struct Forget {  // it has ended, and nobody wants to know
  int64_t attempt = 0;
};
struct Deliver {  // to the running task
  client::TaskMessage message;
};
using Action =
    std::variant<Register, Receive, SendHeartbeat, Launch, Renew, Kill, Report, Forget, Deliver>;

class WorkerState {
 public:
  explicit WorkerState(const WorkerLimits& limits);

  WorkerState(const WorkerState&) = delete;
  WorkerState& operator=(const WorkerState&) = delete;

  // What happened. `sent`: when the call whose answer this is was sent.
  void OnRegistered(const client::Registration& registration, LeaseTime now);
  void OnReceived(std::vector<client::Message> messages, LeaseTime sent, LeaseTime now);
  void OnReceiveFailed(bool unknown_worker);
  void OnHeartbeat(const client::HeartbeatAnswer& answer, LeaseTime sent, LeaseTime now);
  void OnHeartbeatFailed(bool unknown_worker, LeaseTime now);
  void OnNews(const client::AttemptNews& news);  // of a running task
  void OnEnded(int64_t attempt, const host::Outcome& outcome, LeaseTime now);
  void OnReported(int64_t attempt);  // accepted, or refused for good
  void OnTime(LeaseTime now);

  // Takes nothing more, gives back what waits, and kills what still runs after drain_grace.
  void Drain(LeaseTime now);
  // The same at once.
  void KillAll(LeaseTime now);

  // What is to be done about it, in order.
  std::vector<Action> TakeActions(LeaseTime now);

  // When OnTime() would do something.
  LeaseTime NextDeadline() const;

  bool draining() const { return draining_; }
  bool Over() const { return draining_ && attempts_.empty(); }
  size_t running() const { return running_; }

 private:
  enum class Stage : uint8_t { kWaiting, kRunning, kReporting };
  struct Attempt {
    client::Message message;
    Stage stage = Stage::kWaiting;
    Verdict verdict = Verdict::kNone;
    bool hurried = false;  // killed for its lease's sake: sooner than any grace
    std::string why;
    LeaseTime expires;  // at the scheduler, at the earliest
    Duration lease;     // of each renewal
    LeaseTime received_at;
    LeaseTime started_at;
    client::AttemptNews news;  // not told yet
    client::AttemptNews told;  // in the heartbeat on its way
    bool beaten = false;       // that heartbeat names it
  };

  void LaunchWaiting(LeaseTime now);
  void GiveBack(Attempt& attempt, client::Outcome outcome, const std::string& why);
  void Stop(Attempt& attempt, Verdict verdict, std::string why, Duration grace);
  void CheckLease(Attempt& attempt, LeaseTime now);
  void AskForWork(LeaseTime now);
  void Beat(LeaseTime now);
  int Wanted(LeaseTime now) const;
  LeaseTime StopBy(const Attempt& attempt) const { return attempt.expires - attempt.lease / 6; }
  LeaseTime GuardEnd(const Attempt& attempt) const { return attempt.expires - attempt.lease / 24; }
  Attempt* Find(int64_t attempt);

  const WorkerLimits limits_;
  std::map<int64_t, Attempt> attempts_;  // by number: the oldest is launched first
  std::vector<Action> actions_;
  size_t running_ = 0;  // attempts in kRunning
  size_t waiting_ = 0;  // attempts in kWaiting

  bool registered_ = false;
  bool registering_ = false;
  bool receiving_ = false;  // a receive is on its way
  int lost_in_a_row_ = 0;   // attempts whose host died or could not start
  std::optional<LeaseTime>
      resume_at_;         // nothing is received before: this machine's hosts have trouble
  bool beating_ = false;  // a heartbeat is on its way
  bool draining_ = false;
  std::optional<LeaseTime> drain_end_;  // nullopt: what runs has been killed, or no drain
  Duration receive_wait_ = std::chrono::seconds(10);
  Duration heartbeat_ = std::chrono::seconds(5);
  LeaseTime next_heartbeat_;
  Duration usual_ = std::chrono::seconds(1);  // moving average of how long attempts take
};

}  // namespace headrace::worker
