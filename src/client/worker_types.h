// What a worker and the scheduler tell each other. Values only.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "client/common.h"

namespace headrace::client {

struct WorkerInfo {
  std::string id;  // "vm1-4711-9f3a"
  std::vector<std::string> pools;
  int slots = 1;
  std::string host;
  int64_t pid = 0;
  std::string version;
};

struct Registration {
  Duration lease = std::chrono::seconds(30);  // an attempt that is not renewed for so long is lost
  Duration heartbeat = std::chrono::seconds(5);
};

// One attempt to be made, claimed for the worker that received it.
struct Message {
  int64_t attempt = 0;
  int64_t number = 1;  // the task's first, second, … attempt
  TaskName task;
  std::vector<std::pair<std::string, std::vector<std::string>>> batch;  // params that are lists
  std::string pool;
  std::string pipeline;  // empty: an ad-hoc run, or none
  std::optional<int64_t> run;
  bool pipeline_unit = false;       // run the whole tree below `task` with a stock Luigi worker
  std::optional<Duration> timeout;  // unset: the worker's own
  Duration lease = std::chrono::seconds(30);

  friend bool operator==(const Message&, const Message&) = default;
};

// What is new about a running attempt since the last heartbeat that got through.
struct AttemptNews {
  int64_t attempt = 0;
  std::optional<std::string> status_message;
  std::optional<double> progress;  // percent
  std::optional<std::string> tracking_url;
  std::map<std::string, double> decrease_resources;  // given back early, since the last heartbeat
};

struct Heartbeat {
  bool draining = false;
  std::vector<AttemptNews> attempts;  // their leases are renewed
};

// A scheduler message for a task that accepts them.
struct TaskMessage {
  int64_t attempt = 0;
  std::string id;
  std::string content;
};

struct HeartbeatAnswer {
  std::vector<int64_t> lost;    // no longer this worker's: kill, do not report
  std::vector<int64_t> cancel;  // an operator wants them ended: kill, report as cancelled
  std::vector<TaskMessage> messages;
};

enum class Outcome : uint8_t {
  kDone,
  kFailed,           // `error`
  kNewDependencies,  // `new_deps`
  kMissing,          // `missing`
  kReturned,         // not started, given back
  kLost,             // its host died under it
  kCancelled,
};

std::string_view OutcomeName(Outcome outcome);  // "new_dependencies", as on the wire

struct FinishReport {
  std::string worker;
  Outcome outcome = Outcome::kDone;
  std::optional<TaskError> error;
  std::vector<TaskName> new_deps;
  std::vector<std::string> missing;  // texts

  std::string expl;  // what on_success() or on_failure() returned, as JSON; empty: nothing
  std::optional<int> exit_code;
  std::optional<int> signal;
  std::optional<double> cpu_s;
  std::optional<int64_t> max_rss_kb;
  std::optional<int64_t> log_bytes;
  std::map<std::string, std::string> tasks;  // unit pipeline: task id → last Luigi status
};

}  // namespace headrace::client
