// What a planner and the scheduler tell each other. Values only.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "client/common.h"

namespace headrace::client {

enum class PlanKind : uint8_t {
  kRun,      // expand a run's root
  kDynamic,  // expand what a running task yielded
  kRecheck,  // look again whether these are complete
};

// Work for a planner: load the roots, find what is incomplete below them, register it, finish.
struct Plan {
  int64_t plan = 0;
  PlanKind kind = PlanKind::kRun;
  std::optional<int64_t> run;
  std::string pipeline;
  bool pipeline_unit = false;  // the root is run whole: nothing below it is registered
  std::vector<TaskName> roots;
  Duration lease = std::chrono::seconds(60);
};

struct RetryPolicy {  // unset: the scheduler's setting
  std::optional<int64_t> count;
  std::optional<Duration> hard_timeout;
  std::optional<Duration> window;

  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

// A task as planning found it.
struct PlannedTask {
  TaskName task;  // with its id
  std::map<std::string, int> visibility;
  std::vector<std::string> deps;  // ids; may be registered later than this one
  bool complete = false;
  std::optional<Timestamp> checked_at;  // when `complete` was looked at
  bool external = false;                // nobody here makes it
  double priority = 0;
  std::map<std::string, double> resources;
  std::optional<Duration> timeout;
  std::optional<RetryPolicy> retry;
  std::vector<std::string> owners;
  bool disabled = false;
  std::vector<std::pair<std::string, std::string>> targets;  // (kind, URI)
  std::string problem;             // why it cannot be made from its name; empty: it can
  std::optional<TaskError> error;  // describing or checking it raised
};

constexpr size_t kTasksInABatchMax = 5000;  // of RegisterTasks

struct Registered {
  int64_t registered = 0;
  int64_t changed = 0;
};

}  // namespace headrace::client
