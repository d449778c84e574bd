// What people may be told of: an event, made of records, and the addresses it goes to.
//
// Value types.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace headrace::notify {

enum class EventKind : uint8_t {
  kFailed,            // a task failed; it comes back after its delay
  kDisabled,          // it failed too often: it does not come back by itself for a while
  kRecovered,         // it is done, after somebody was told that it had failed
  kSchedulingFailed,  // Luigi's: complete() or deps() raised, the task was not scheduled
};
inline constexpr size_t kEventKinds = 4;
// "failed", "disabled", "recovered", "scheduling_failed".
const char* Name(EventKind kind);

// Luigi's batched mails count what its workers report, everybody else what became of the task.
enum class Audience : uint8_t { kBatchMail, kAll };

struct Event {
  EventKind kind = EventKind::kFailed;
  Audience audience = Audience::kAll;
  Timestamp at;
  std::string task;  // id; "" with kSchedulingFailed
  std::string name;  // "Family(a=1, b=2)"
  std::string family;
  std::string module;
  std::vector<std::pair<std::string, std::string>> params;  // those that are not batched
  std::string explanation;                                  // the traceback, mostly; may be empty
  std::vector<std::string> owners;
  std::string pipeline;      // "" for none
  std::string worker;        // that ran it; "" for none
  bool by_headrace = false;  // an attempt of headrace's own worker
  int64_t failures_max = 0;  // these two with kDisabled: the policy that was overstepped
  std::string window;        // seconds, as Luigi writes them
};

// A mail before it is a message: what is said to whom.
struct Mail {
  std::string subject;
  std::string body;
  std::vector<std::string> recipients;
  bool operator==(const Mail&) const = default;
};

}  // namespace headrace::notify
