// Recovery: the snapshot and the journal's rest, applied to the scheduler here and to the replica
// on its own thread.
//
// Both read the same text, so they end up equal, and a recovery takes as long as the slower of
// them.

#include <chrono>
#include <utility>

#include "base/check.h"
#include "engine/engine.h"

namespace headrace::engine {
namespace {

constexpr std::chrono::seconds kProgressPeriod{1};

// Applies each line; `what` names the text in an error.
Result<void> ApplyLines(std::string_view text,
                        const std::string& what,
                        scheduler::RecordDecoder& decoder,
                        scheduler::Scheduler& scheduler) {
  std::string_view rest = text;
  for (size_t line = 1; !rest.empty(); ++line) {
    const size_t end = rest.find('\n');
    Result<scheduler::Record> record = decoder.Decode(rest.substr(0, end));
    if (!record) {
      return std::unexpected(Error{ErrorCode::kCorrupt,
                                   what + ": line " + std::to_string(line) + " (byte " +
                                       std::to_string(text.size() - rest.size()) +
                                       "): " + record.error().message,
                                   "Use the headrace that wrote it, or restore a backup."});
    }
    scheduler.Apply(*record);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return {};
}

}  // namespace

Result<void> Engine::Recover() {
  CHECK(!thread_.joinable());
  store::Journal& journal = store_.journal();
  const auto& snapshot = store_.snapshots().Newest();
  const store::CommitId kept = snapshot ? snapshot->commit : 0;
  // Durability "os" and a loss of power: what was written later may know what the journal has lost.
  if (kept > journal.Last()) TRY(journal.ContinueAfter(kept));
  const store::CommitId complete = store_.tables().CompleteTo();
  // Rows that went between the tables and the snapshot are named nowhere any more.
  if (complete > journal.Last() || complete < kept) TRY(store_.tables().Clear());

  replica_.Start();
  scheduler::RecordDecoder decoder;
  TRY(ReadSnapshot(decoder));
  auto progress_at = std::chrono::steady_clock::now() + kProgressPeriod;
  const auto replay = [&](const store::Commit& commit) -> Result<void> {
    TRY(Replay(commit, decoder));
    if (settings_.on_progress && std::chrono::steady_clock::now() >= progress_at) {
      progress_at += kProgressPeriod;
      settings_.on_progress(commit.id, journal.Last());
    }
    return {};
  };
  TRY(journal.ReadFrom(kept + 1, replay));
  committed_.store(journal.Last(), std::memory_order_release);
  now_ = Now();
  scheduler_.Recovered(now_);
  liveness_changed_ = true;
  return {};
}

Result<void> Engine::ReadSnapshot(scheduler::RecordDecoder& decoder) {
  const auto& snapshot = store_.snapshots().Newest();
  if (!snapshot) return {};
  TRY(store_.snapshots().Read([&](std::string_view records) -> Result<void> {
    replica_.Apply(snapshot->commit,
                   snapshot->at,
                   std::make_shared<const std::string>(records),
                   Origin::kSnapshot);
    return ApplyLines(records, "snapshot", decoder, scheduler_);
  }));
  replica_.Apply(
      snapshot->commit, snapshot->at, std::make_shared<const std::string>(), Origin::kReplay);
  return {};
}

Result<void> Engine::Replay(const store::Commit& commit, scheduler::RecordDecoder& decoder) {
  replica_.Apply(
      commit.id, commit.at, std::make_shared<const std::string>(commit.records), Origin::kReplay);
  return ApplyLines(
      commit.records, "journal: commit " + std::to_string(commit.id), decoder, scheduler_);
}

}  // namespace headrace::engine
