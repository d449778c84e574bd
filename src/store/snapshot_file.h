// The snapshot as one file, `snapshot` in the store's folder. Text, so that people can read it:
//
//   {"headrace_snapshot":1,"commit":4711,"at":1795569502824552,"epoch":3}
//   part 1048713 6f0c2a…   of so many bytes, with this XXH3-64
//   {"r":"RowsReserved",…}
//   …
//   end 57 91ab30…         after so many parts; XXH3-64 of the first line and of all parts' lines
//
// A new one is written beside it (`snapshot.new`), synced, and takes its name: whenever the process
// or the machine dies, there is the old one or the new one.

#pragma once

#include <memory>
#include <string>

#include "store/store.h"

namespace headrace::store {

class SnapshotFile final : public Snapshots {
 public:
  static constexpr int kFormat = 1;
  static constexpr size_t kPartBytesMax = 256 << 20;

  // Refuses a file that is not a snapshot, or of a newer format. `epoch` is the journal's.
  static Result<std::unique_ptr<SnapshotFile>> Open(const std::string& folder, Epoch epoch);

  const std::optional<SnapshotInfo>& Newest() const override { return newest_; }
  Result<void> Read(const Visitor& visitor) override;
  Result<std::unique_ptr<SnapshotWriter>> Begin(CommitId commit, Timestamp at) override;

 private:
  class Writer;

  SnapshotFile(std::string folder, Epoch epoch)
      : folder_(std::move(folder)), path_(folder_ + "/snapshot"), epoch_(epoch) {}

  Result<void> Adopt();

  const std::string folder_;
  const std::string path_;
  const Epoch epoch_;
  std::optional<SnapshotInfo> newest_;
};

}  // namespace headrace::store
