// Recovery: the journal, replayed into the scheduler here and into the replica on its own thread.
//
// Both read the same text, so they end up equal, and a recovery takes as long as the slower of
// them. To come: start from the state tables and replay only the rest; Replay() is then called from
// the commit on that they are complete to.

#include <chrono>
#include <utility>

#include "base/check.h"
#include "engine/engine.h"

namespace headrace::engine {
namespace {

constexpr std::chrono::seconds kProgressPeriod{1};

}  // namespace

Result<void> Engine::Recover() {
  CHECK(!thread_.joinable());
  store::Journal& journal = store_.journal();
  // Durability "os" and a loss of power: the tables may know what the journal has lost.
  if (store_.tables().CompleteTo() > journal.Last()) TRY(store_.tables().Clear());

  replica_.Start();
  scheduler::RecordDecoder decoder;
  auto progress_at = std::chrono::steady_clock::now() + kProgressPeriod;
  const auto replay = [&](const store::Commit& commit) -> Result<void> {
    TRY(Replay(commit, decoder));
    if (settings_.on_progress && std::chrono::steady_clock::now() >= progress_at) {
      progress_at += kProgressPeriod;
      settings_.on_progress(commit.id, journal.Last());
    }
    return {};
  };
  TRY(journal.ReadFrom(1, replay));
  committed_.store(journal.Last(), std::memory_order_release);
  now_ = Now();
  scheduler_.Recovered(now_);
  liveness_changed_ = true;
  return {};
}

Result<void> Engine::Replay(const store::Commit& commit, scheduler::RecordDecoder& decoder) {
  replica_.Apply(
      commit.id, commit.at, std::make_shared<const std::string>(commit.records), Origin::kReplay);
  std::string_view rest = commit.records;
  for (size_t line = 1; !rest.empty(); ++line) {
    const size_t end = rest.find('\n');
    Result<scheduler::Record> record = decoder.Decode(rest.substr(0, end));
    if (!record) {
      return std::unexpected(Error{ErrorCode::kCorrupt,
                                   "journal: commit " + std::to_string(commit.id) + ": line " +
                                       std::to_string(line) + " (byte " +
                                       std::to_string(commit.records.size() - rest.size()) +
                                       "): " + record.error().message,
                                   "Use the headrace that wrote it, or restore a backup."});
    }
    scheduler_.Apply(*record);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return {};
}

}  // namespace headrace::engine
