// The checksum over one row of the journal. See row_checksum.h.

#include "store/row_checksum.h"

#include <bit>
#include <xxhash.h>

#include "base/check.h"

namespace headrace::store {

static_assert(std::endian::native == std::endian::little, "the head of a row is hashed as it lies");

void RowChecksum::Free::operator()(XXH3_state_s* state) const {
  XXH3_freeState(state);
}

RowChecksum::RowChecksum() : state_(XXH3_createState()) {
  CHECK(state_ != nullptr);
}

uint64_t RowChecksum::Of(uint64_t commit, int64_t at, uint64_t epoch, std::string_view records) {
  struct {
    uint64_t commit;
    int64_t at;
    uint64_t epoch;
  } const head = {commit, at, epoch};
  static_assert(sizeof head == 24);

  CHECK(XXH3_64bits_reset(state_.get()) == XXH_OK);
  CHECK(XXH3_64bits_update(state_.get(), &head, sizeof head) == XXH_OK);
  CHECK(XXH3_64bits_update(state_.get(), records.data(), records.size()) == XXH_OK);
  return XXH3_64bits_digest(state_.get());
}

}  // namespace headrace::store
