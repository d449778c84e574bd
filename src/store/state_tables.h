// The state tables: what the journal comes to, one row a task, attempt, run, ..., for people to
// query and for history. A copy, some seconds behind, that can always be made again.
//
// Each row lists its columns once, in Columns(): schema and statements follow from it. Times are
// epoch milliseconds as in /v1 (zero: none), lists and objects JSON, other rows are named by what
// people know them by, and "" is none.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace headrace::store {

struct TaskRow {
  std::string id = {};
  std::string family = {};
  std::string module = {};
  std::string params = {};
  std::string status = {};
  std::string phase = {};
  std::string pipeline = {};
  int64_t run = 0;
  std::string pool = {};
  std::string worker = {};
  double priority = 0;
  int64_t attempts = 0;
  int64_t created_at = 0;
  int64_t updated_at = 0;
  int64_t started_at = 0;
  int64_t retry_at = 0;
  std::string error = {};

  static constexpr const char* kTable = "task";
  template <class Visit>
  void Columns(Visit&& visit) const {
    visit("id", id), visit("family", family), visit("module", module), visit("params", params);
    visit("status", status), visit("phase", phase), visit("pipeline", pipeline), visit("run", run);
    visit("pool", pool), visit("worker", worker), visit("priority", priority);
    visit("attempts", attempts), visit("created_at", created_at), visit("updated_at", updated_at);
    visit("started_at", started_at), visit("retry_at", retry_at), visit("error", error);
  }
};

struct AttemptRow {
  int64_t id = 0;
  std::string task = {};
  int64_t number = 0;
  std::string worker = {};
  std::string pool = {};
  std::string pipeline = {};
  int64_t run = 0;
  std::string outcome = {};  // "" while it runs
  int64_t started_at = 0;
  int64_t ended_at = 0;
  std::string details = {};

  static constexpr const char* kTable = "attempt";
  template <class Visit>
  void Columns(Visit&& visit) const {
    visit("id", id), visit("task", task), visit("number", number), visit("worker", worker);
    visit("pool", pool), visit("pipeline", pipeline), visit("run", run);
    visit("outcome", outcome), visit("started_at", started_at), visit("ended_at", ended_at);
    visit("details", details);
  }
};

struct RunRow {
  int64_t id = 0;
  std::string pipeline = {};
  int64_t interval_start = 0;
  int64_t interval_end = 0;
  std::string trigger_kind = {};
  std::string state = {};
  std::string root = {};
  int64_t created_at = 0;
  int64_t started_at = 0;
  int64_t ended_at = 0;
  std::string error = {};

  static constexpr const char* kTable = "run";
  template <class Visit>
  void Columns(Visit&& visit) const {
    visit("id", id), visit("pipeline", pipeline), visit("interval_start", interval_start);
    visit("interval_end", interval_end), visit("trigger_kind", trigger_kind);
    visit("state", state), visit("root", root), visit("created_at", created_at);
    visit("started_at", started_at), visit("ended_at", ended_at), visit("error", error);
  }
};

struct PipelineRow {
  std::string name = {};
  std::string module = {};
  std::string family = {};
  std::string params = {};
  std::string schedule = {};
  std::string timezone = {};
  std::string pool = {};
  std::string unit = {};
  double weight = 1;
  int64_t paused = 0;
  int64_t retired = 0;

  static constexpr const char* kTable = "pipeline";
  template <class Visit>
  void Columns(Visit&& visit) const {
    visit("name", name), visit("module", module), visit("family", family);
    visit("params", params), visit("schedule", schedule), visit("timezone", timezone);
    visit("pool", pool), visit("unit", unit), visit("weight", weight), visit("paused", paused);
    visit("retired", retired);
  }
};

struct WorkerRow {
  std::string id = {};
  std::string kind = {};  // headrace, luigi
  std::string pools = {};
  int64_t slots = 0;
  int64_t started_at = 0;
  int64_t disabled = 0;
  int64_t draining = 0;
  std::string info = {};

  static constexpr const char* kTable = "worker";
  template <class Visit>
  void Columns(Visit&& visit) const {
    visit("id", id), visit("kind", kind), visit("pools", pools), visit("slots", slots);
    visit("started_at", started_at), visit("disabled", disabled), visit("draining", draining);
    visit("info", info);
  }
};

struct ResourceRow {
  std::string name = {};
  double total = 0;

  static constexpr const char* kTable = "resource";
  template <class Visit>
  void Columns(Visit&& visit) const {
    visit("name", name), visit("total", total);
  }
};

// One transaction's worth. Removals come first: a removed id may be back among the rows.
struct TableChanges {
  std::vector<std::string> tasks_removed;
  std::vector<std::string> workers_removed;
  std::vector<TaskRow> tasks;
  std::vector<AttemptRow> attempts;
  std::vector<RunRow> runs;
  std::vector<PipelineRow> pipelines;
  std::vector<WorkerRow> workers;
  std::vector<ResourceRow> resources;
  // With these changes the tables hold everything up to this commit; zero: not yet, more follows.
  uint64_t complete_to = 0;
};

// Lives on one thread at a time.
class StateTables {
 public:
  virtual ~StateTables() = default;

  // Writes all of it or, with an error, nothing. Repeating what was written before does no harm.
  // An error kFull: nothing was written, the same call may succeed later.
  virtual Result<void> Write(const TableChanges& changes) = 0;

  // Everything up to this commit is in the tables; zero: nothing yet.
  virtual uint64_t CompleteTo() const = 0;

  // Empties them, for when they hold what the journal does not know.
  virtual Result<void> Clear() = 0;
};

}  // namespace headrace::store
