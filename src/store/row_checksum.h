// The checksum over one row of the journal. SQLite has none for its pages, so this is what tells a
// record that the disk changed from one that we wrote.
//
//   XXH3-64 of | commit id, 8 | at (us), 8 | epoch, 8 | records ... |   integers little-endian

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

struct XXH3_state_s;

namespace headrace::store {

// Keeps the hash's working memory between rows.
class RowChecksum {
 public:
  RowChecksum();

  uint64_t Of(uint64_t commit, int64_t at, uint64_t epoch, std::string_view records);

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

}  // namespace headrace::store
