// The replica: a second State, on a thread of its own, that answers every read.
//
//   engine ─ commit (id, records text) ─▶ mailbox ─▶ parse, Apply ─▶ listeners (events)
//   io     ─ Read(closure) ─────────────▶    "    ─▶ closure(view)  ─▶ state.db, once a second
//
// One mailbox for both keeps the order: the engine puts a commit in before it lets go of the
// answers that rest on it, so whoever reads after an answer sees what was answered. It parses the
// very text that the journal keeps, so every hour of running tests what a recovery will read.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/mailbox.h"
#include "engine/snapshot_keeper.h"
#include "engine/table_writer.h"
#include "scheduler/record_codec.h"
#include "scheduler/state.h"
#include "store/store.h"

namespace headrace::engine {

// Who was heard of when; the replica does not learn it from records. At most 0.2 s old.
class Liveness {
 public:
  Liveness() = default;
  explicit Liveness(std::vector<std::pair<scheduler::WorkerId, Timestamp>> last_actives);

  // When the worker was heard of last; zero: not since the scheduler started.
  Timestamp LastActive(scheduler::WorkerId worker) const;

 private:
  std::vector<std::pair<scheduler::WorkerId, Timestamp>> last_actives_;  // sorted by worker
};

// What a reader sees: a state that was durable at commit `at`. Valid during the call.
struct View {
  const scheduler::State& state;
  const Liveness& liveness;
  store::CommitId at = 0;
  store::Epoch epoch = 0;
};

// Told what changed, on the replica thread, after each commit. Must not block.
class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  // `view.at` is the commit that changed it: the id of its events is `epoch.at`.
  virtual void OnChanges(const scheduler::Changes& changes, const View& view) = 0;
};

// Where records come from: those of a recovery change the state, but are news to nobody.
enum class Origin : uint8_t {
  kSnapshot,  // a part of one; a kReplay without records follows its last part
  kReplay,
  kNow,
};

// Told every record, replayed ones too, but not a snapshot's. On the replica thread. Must not block
// in OnRecord().
class RecordListener {
 public:
  virtual ~RecordListener() = default;
  // Just before the record is applied: `view.state` is what it changes, `view.at` its commit.
  virtual void OnRecord(const scheduler::Record& record, const View& view, Origin origin) = 0;
  // After the last record of a commit.
  virtual void OnCommit(const View& view) = 0;
  // A snapshot as of `at` is about to be written, and no start will replay what is older: returns
  // once the listener has made durable what it needs of the records up to there.
  virtual void Settle(store::CommitId at) = 0;
};

class Replica {
 public:
  using Reader = std::function<void(const View&)>;

  static constexpr size_t kReadsMax = 4'096;            // that wait; more are refused
  static constexpr size_t kBacklogBytesMax = 64 << 20;  // of records; the engine waits above

  // `on_failure`: a record that cannot be read again, or state.db cannot be written.
  // `on_snapshot_error`: none could be written; the journal stays as long as it is.
  Replica(store::Store& store,
          const Clock& clock,
          uint64_t snapshot_bytes_min,
          std::function<void(const Error&)> on_failure,
          std::function<void(const Error&)> on_snapshot_error);
  ~Replica();  // as Stop()

  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  // Any thread. Runs `reader` on the replica thread, with everything that was committed before this
  // call. False: too many wait (answer 503), or it has stopped. Long reads hold up all the others:
  // cut them into slices.
  [[nodiscard]] bool Read(Reader reader);

  // Any thread but the replica's. As Read(), and waits until it has run: for tests and start-up.
  bool ReadNow(const Reader& reader);

  // Before Engine::Recover(). The listener must live until Engine::Stop() returns.
  void Listen(ChangeListener& listener) { listeners_.push_back(&listener); }

  // As above.
  void Listen(RecordListener& listener) { record_listeners_.push_back(&listener); }

  // ---- the engine's side
  void Start();
  // Applies what waits, writes state.db to the end and a snapshot, and ends the thread.
  void Stop();
  // Blocks while more than kBacklogBytesMax wait.
  void Apply(store::CommitId commit,
             Timestamp at,
             std::shared_ptr<const std::string> records,
             Origin origin);
  void Hear(Liveness liveness);

  // Any thread.
  size_t BacklogBytes() const { return backlog_bytes_.load(std::memory_order_acquire); }
  store::CommitId Applied() const { return applied_.load(std::memory_order_acquire); }
  // The journal is needed from the commit after this one on.
  store::CommitId Kept() const { return kept_.load(std::memory_order_acquire); }
  // How old the commit was that was applied last, when it was.
  Duration Lag() const { return Duration(lag_us_.load(std::memory_order_relaxed)); }

 private:
  struct Committed {
    store::CommitId id = 0;
    Timestamp at;
    std::shared_ptr<const std::string> records;
    Origin origin = Origin::kNow;
  };
  using Item = std::variant<Committed, Liveness, Reader>;

  void Run();
  void Do(Committed& commit);
  Result<void> ApplyRecords(const Committed& commit);
  void WriteTables(bool to_the_end);
  void KeepSnapshot(bool at_end);
  void Do(Liveness& liveness) { liveness_ = std::move(liveness); }
  void Do(Reader& reader);
  View Now() const { return {state_, liveness_, applied_.load(std::memory_order_relaxed), epoch_}; }

  const Clock& clock_;
  const store::Epoch epoch_;
  const std::function<void(const Error&)> on_failure_;
  std::vector<ChangeListener*> listeners_;
  std::vector<RecordListener*> record_listeners_;
  Mailbox<Item> mailbox_;
  std::atomic<size_t> backlog_bytes_{0};
  std::atomic<size_t> reads_waiting_{0};
  std::atomic<store::CommitId> applied_{0};
  std::atomic<store::CommitId> kept_{0};
  std::atomic<int64_t> lag_us_{0};
  std::thread thread_;

  // The replica thread's own.
  scheduler::State state_;
  scheduler::RecordDecoder decoder_;
  Liveness liveness_;
  bool damaged_ = false;  // a record could not be read: nothing is applied any more
  TableWriter writer_;
  SnapshotKeeper snapshots_;
};

}  // namespace headrace::engine
