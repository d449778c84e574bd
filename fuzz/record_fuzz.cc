// Lines of a journal that somebody may have written: a record or an error; what is a record is
// written in a form that is read as the same.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "scheduler/record_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headrace::scheduler;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  RecordDecoder decoder;
  const auto record = decoder.Decode(line);
  if (!record) {
    CHECK(!record.error().message.empty());
    return 0;
  }
  std::string first;
  EncodeRecord(*record, first);
  CHECK(first.ends_with('\n'));
  first.pop_back();
  CHECK(first.find('\n') == std::string::npos);
  const auto again = decoder.Decode(first);
  CHECK(again.has_value());
  std::string second;
  EncodeRecord(*again, second);
  second.pop_back();
  CHECK(first == second);
  return 0;
}
