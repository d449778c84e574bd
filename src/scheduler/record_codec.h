// Records as JSON lines, and back. The format of the journal (docs/journal.md).

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "scheduler/records.h"

namespace headrace::scheduler {

// Appends one line, with its newline.
void EncodeRecord(const Record& record, std::string& out);

// Reads lines. Keeps its memory from line to line; one thread at a time.
class RecordDecoder {
 public:
  RecordDecoder();
  ~RecordDecoder();

  // `line` without its newline. kCorrupt with what is wrong: no JSON, an unknown record, a field of
  // a wrong type. Unknown fields are ignored.
  Result<Record> Decode(std::string_view line);

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace headrace::scheduler
