// When and how snapshots are written. See snapshot_keeper.h.

#include "engine/snapshot_keeper.h"

#include <algorithm>
#include <string>

#include "scheduler/record_codec.h"

namespace headrace::engine {

bool SnapshotKeeper::IsDue(bool at_end) const {
  const uint64_t last = snapshots_.Newest() ? snapshots_.Newest()->bytes : 0;
  return bytes_ >= (at_end ? bytes_min_ / 16 : std::max(bytes_min_, last));
}

bool SnapshotKeeper::Keep(const scheduler::State& state, store::CommitId at, Timestamp now) {
  bytes_ = 0;
  const Result<void> written = Write(state, at, now);
  if (!written) on_error_(written.error());
  return written.has_value();
}

Result<void> SnapshotKeeper::Write(const scheduler::State& state,
                                   store::CommitId at,
                                   Timestamp now) {
  const std::unique_ptr<store::SnapshotWriter> writer = TRY(snapshots_.Begin(at, now));
  constexpr size_t kBufferBytes = 64 << 10;
  std::string lines;
  Result<void> added;
  state.ForEachKept([&](const scheduler::Record& record) {
    if (!added) return;
    EncodeRecord(record, lines);
    if (lines.size() < kBufferBytes) return;
    added = writer->Add(lines);
    lines.clear();
  });
  TRY(std::move(added));
  if (!lines.empty()) TRY(writer->Add(lines));
  TRY(writer->Finish());
  return {};
}

}  // namespace headrace::engine
