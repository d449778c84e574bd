// The engine: the thread that owns the scheduler and the journal.
//
//   Submit ─▶ mailbox ─▶ Handle each ─▶ one Append ─▶ replica ─▶ OnAnswers ─▶ linger ─▶ again
//
// Whatever came in during the last commit goes into the next one: one append, one sync, one call
// with all answers. No answer leaves before the records it rests on are durable, an answer without
// records neither (it may show what is not durable yet). See docs/decisions/0003.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mailbox.h"
#include "engine/engine_metrics.h"
#include "engine/replica.h"
#include "scheduler/scheduler.h"
#include "store/store.h"

namespace headrace::engine {

// Who submits commands. Gets their answers, on the engine thread, one call a batch; must not block.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual void OnAnswers(std::vector<scheduler::Answer> answers) = 0;
};
using SinkId = Id<struct SinkTag>;

struct EngineSettings {
  size_t commands_max = 65'536;       // that wait; more are refused
  size_t commit_bytes_max = 4 << 20;  // of records: a larger batch becomes several commits
  Duration linger_above{500};         // a commit that took longer is followed by a linger
  double linger_share = 0.15;         // of that commit's time, at most
  Duration full_disk_retry = std::chrono::seconds(1);
  uint64_t snapshot_bytes_min = 16 << 20;  // of journal that are never worth a snapshot
  Duration liveness_period{200'000};       // how often the replica learns who is alive
  // What time changes is changed by the commands that look (scheduler::Prune) alone, at the time
  // that they bring (Command::at): for tests that move a clock of their own, back too.
  bool test_clock = false;
  // A commit failed for good: the process has to stop, at once and without answering anybody.
  // Called on the thread that found it. Without it the process aborts.
  std::function<void(const Error&)> on_failure;
  // A snapshot could not be written: the journal grows until one can. On the replica's thread.
  std::function<void(const Error&)> on_snapshot_error;
  // During a recovery, about once a second: this many commits of so many are read.
  std::function<void(store::CommitId done, store::CommitId all)> on_progress;
};

// Built in this order: Engine, Recover, Attach..., Start. Resource type; one owner.
class Engine {
 public:
  static constexpr int kSinkBits = 8;
  static constexpr scheduler::RequestId kRequestMax = ~scheduler::RequestId{0} >> kSinkBits;

  Engine(store::Store& store,
         const scheduler::Settings& scheduler_settings,
         const scheduler::TimeZones& zones,
         const Clock& clock,
         EngineSettings settings);
  ~Engine();  // as Stop()

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Reads the snapshot and replays the journal's rest into the scheduler and, beside it, into the
  // replica, whose thread starts here. Blocks. Refuses what is damaged, naming the place.
  Result<void> Recover();

  // Before Start(); at most 255. `sink` must live until Stop() returns.
  SinkId Attach(AnswerSink& sink);

  void Start();
  // Takes no more commands, commits those that wait, answers them, and ends both threads.
  void Stop();

  // Any thread. The answer comes to `sink` with the request's number, once; never before its
  // records are durable. `command.request` is the sink's own number, from 1 to kRequestMax, unique
  // among its open ones; zero asks for no answer. False: too many wait, or the engine has stopped
  // (answer 503); the command is then untouched.
  [[nodiscard]] bool Submit(SinkId sink, scheduler::Command&& command);

  // Any thread but the engine's. One command, waiting for its answer: for starting up, and tests.
  Result<scheduler::Reply> Call(scheduler::Request body);

  Replica& replica() { return replica_; }
  const EngineMetrics& metrics() const { return metrics_; }
  // Any thread. The newest commit that is durable and on its way to the replica.
  store::CommitId Committed() const { return committed_.load(std::memory_order_acquire); }
  store::Epoch OpenedAs() const { return epoch_; }
  size_t Waiting() const { return mailbox_.Size(); }

 private:
  class CallSink;

  void Run();
  // These return whether the engine may go on.
  bool Step(std::vector<scheduler::Command>& commands);
  bool Flush();
  bool Append();
  bool Trim();
  bool WaitForRoom(const Error& full);
  bool Fail(const Error& error);

  Result<void> ReadSnapshot(scheduler::RecordDecoder& decoder);
  Result<void> Replay(const store::Commit& commit, scheduler::RecordDecoder& decoder);
  void Handle(const scheduler::Command& command);
  void Release();
  void Refuse(const scheduler::Command& command, const Error& error);
  void SendLiveness();
  void Linger(size_t released);
  Duration UntilNextWork() const;
  Timestamp Now();

  store::Store& store_;
  const Clock& clock_;
  const EngineSettings settings_;
  const store::Epoch epoch_;
  EngineMetrics metrics_;
  Replica replica_;
  Mailbox<scheduler::Command> mailbox_;
  std::atomic<store::CommitId> committed_{0};
  std::vector<AnswerSink*> sinks_;  // by SinkId
  std::unique_ptr<CallSink> calls_;
  std::thread thread_;

  // The engine thread's own, from Start() on.
  scheduler::Scheduler scheduler_;
  scheduler::Outcome outcome_;
  std::vector<std::vector<scheduler::Answer>> answers_;  // by SinkId: what Release() sorts into
  std::string records_;  // of the commit that is being gathered, as lines
  uint64_t records_count_ = 0;
  Timestamp now_;           // never goes back, whatever the clock does
  Duration commit_time_{};  // of the last commit
  store::CommitId trimmed_to_ = 0;
  Timestamp trim_at_;      // not before
  Timestamp liveness_at_;  // when the replica was told last
  bool liveness_changed_ = false;
};

}  // namespace headrace::engine
