// The replica thread. See replica.h.

#include "engine/replica.h"

#include <algorithm>
#include <chrono>
#include <pthread.h>
#include <utility>

#include "base/check.h"

namespace headrace::engine {
namespace {

constexpr size_t kItemsMax = 1 << 20;  // in the mailbox; kBacklogBytesMax comes first
constexpr size_t kItemBytes = 256;     // what a commit costs beside its records
constexpr std::chrono::milliseconds kBacklogPause{1};

}  // namespace

Liveness::Liveness(std::vector<std::pair<scheduler::WorkerId, Timestamp>> last_actives)
    : last_actives_(std::move(last_actives)) {
  if (!std::ranges::is_sorted(last_actives_)) std::ranges::sort(last_actives_);
}

Timestamp Liveness::LastActive(scheduler::WorkerId worker) const {
  const auto found = std::ranges::lower_bound(
      last_actives_, worker, {}, [](const auto& entry) { return entry.first; });
  if (found == last_actives_.end() || found->first != worker) return {};
  return found->second;
}

Replica::Replica(store::Store& store,
                 const Clock& clock,
                 uint64_t snapshot_bytes_min,
                 std::function<void(const Error&)> on_failure,
                 std::function<void(const Error&)> on_snapshot_error)
    : clock_(clock),
      epoch_(store.journal().OpenedAs()),
      on_failure_(std::move(on_failure)),
      mailbox_(kItemsMax),
      writer_(store.tables()),
      snapshots_(store.snapshots(), snapshot_bytes_min, std::move(on_snapshot_error)) {
  if (const auto& newest = store.snapshots().Newest()) kept_.store(newest->commit);
  state_.KeepChanges();
}

Replica::~Replica() {
  Stop();
}

bool Replica::Read(Reader reader) {
  if (reads_waiting_.fetch_add(1, std::memory_order_relaxed) < kReadsMax &&
      mailbox_.Put(std::move(reader))) {
    return true;
  }
  reads_waiting_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

bool Replica::ReadNow(const Reader& reader) {
  // Shared: the putter may still be inside when the waiter leaves.
  const auto done = std::make_shared<Mailbox<char>>(1);
  const bool taken = Read([&reader, done](const View& view) {
    reader(view);
    CHECK(done->Put('.'));
  });
  std::vector<char> ends;
  return taken && done->Take(ends);
}

void Replica::Start() {
  if (thread_.joinable()) return;
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "replica");
    Run();
  });
}

void Replica::Stop() {
  mailbox_.Close();
  if (thread_.joinable()) thread_.join();
}

void Replica::Apply(store::CommitId commit,
                    Timestamp at,
                    std::shared_ptr<const std::string> records,
                    Origin origin) {
  // Only a reader that keeps the thread for long gets us here.
  while (backlog_bytes_.load(std::memory_order_acquire) > kBacklogBytesMax) {
    std::this_thread::sleep_for(kBacklogPause);
  }
  backlog_bytes_.fetch_add(records->size() + kItemBytes, std::memory_order_acq_rel);
  // Refused only after Stop(), when nobody reads any more.
  (void)mailbox_.Put(Committed{commit, at, std::move(records), origin});
}

void Replica::Hear(Liveness liveness) {
  (void)mailbox_.Put(std::move(liveness));
}

void Replica::Run() {
  std::vector<Item> items;
  const auto until_write = [this]() -> std::optional<Duration> {
    const std::optional<Timestamp> next = writer_.NextWrite();
    if (!next) return std::nullopt;
    return std::clamp<Duration>(*next - clock_.Now(), Duration::zero(), TableWriter::kPeriod);
  };
  while (mailbox_.Take(items, until_write())) {
    for (Item& item : items) std::visit([this](auto& what) { Do(what); }, item);
    items.clear();  // what they hold is not needed during a wait
    WriteTables(false);
    KeepSnapshot(false);
  }
  WriteTables(true);
  KeepSnapshot(true);
}

void Replica::Do(Committed& commit) {
  backlog_bytes_.fetch_sub(commit.records->size() + kItemBytes, std::memory_order_acq_rel);
  if (damaged_) return;
  if (const Result<void> applied = ApplyRecords(commit); !applied) {
    damaged_ = true;
    // Recovery finds the same on its own thread and says so with the place.
    if (commit.origin == Origin::kNow) on_failure_(applied.error());
    return;
  }
  if (commit.origin == Origin::kSnapshot) return;  // no state yet, but a part of one
  snapshots_.Count(commit.records->size());
  applied_.store(commit.id, std::memory_order_release);
  if (commit.origin == Origin::kNow) {
    lag_us_.store((clock_.Now() - commit.at).count(), std::memory_order_relaxed);
  }
  for (RecordListener* listener : record_listeners_) listener->OnCommit(Now());
  scheduler::Changes changes = state_.TakeChanges();
  if (commit.origin == Origin::kNow) {
    for (ChangeListener* listener : listeners_) listener->OnChanges(changes, Now());
  }
  writer_.Add(commit.id, std::move(changes));
}

Result<void> Replica::ApplyRecords(const Committed& commit) {
  const View view{state_, liveness_, commit.id, epoch_};
  const bool is_told = commit.origin != Origin::kSnapshot;
  std::string_view records = *commit.records;
  while (!records.empty()) {
    const size_t end = records.find('\n');
    const scheduler::Record record = TRY(decoder_.Decode(records.substr(0, end)));
    for (RecordListener* listener : record_listeners_) {
      if (is_told) listener->OnRecord(record, view, commit.origin);
    }
    state_.Apply(record);
    records.remove_prefix(end == std::string_view::npos ? records.size() : end + 1);
  }
  return {};
}

void Replica::Do(Reader& reader) {
  reads_waiting_.fetch_sub(1, std::memory_order_relaxed);
  reader(Now());
}

void Replica::KeepSnapshot(bool at_end) {
  const store::CommitId at = applied_.load(std::memory_order_relaxed);
  if (damaged_ || !snapshots_.IsDue(at_end)) return;
  for (RecordListener* listener : record_listeners_) listener->Settle(at);
  if (!snapshots_.Keep(state_, at, clock_.Now())) return;
  kept_.store(at, std::memory_order_release);
}

// One slice, or at the end all of them. What cannot be written stays for later (a full disk,
// another program in the file); only damage is the end.
void Replica::WriteTables(bool to_the_end) {
  while (!damaged_) {
    const std::optional<Timestamp> next = writer_.NextWrite();
    if (!next || (!to_the_end && *next > clock_.Now())) return;
    const Result<void> written =
        writer_.Write(state_, applied_.load(std::memory_order_relaxed), clock_.Now());
    if (written && to_the_end) continue;
    if (!written && written.error().code == ErrorCode::kCorrupt) on_failure_(written.error());
    return;
  }
}

}  // namespace headrace::engine
