// What the scheduler shows: rows of its lists as values, for programs. (`--json` hands the answers
// themselves on: Client::Get().) Fields as in docs/protocol.md; what is not known there is unset or
// empty here.

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

using Counts = std::map<std::string, int64_t>;  // phase → number, zero ones left out

inline int64_t CountOf(const Counts& counts, const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

struct RunRow {
  int64_t id = 0;
  std::string pipeline;  // empty: ad hoc
  std::optional<Timestamp> interval_start, interval_end;
  std::string trigger;  // schedule, catchup, manual, adhoc, backfill
  std::string state;    // queued, planning, running, done, failed, cancelled
  std::string root;     // its task id; empty until it is planned
  std::optional<Timestamp> created_at, started_at, ended_at;
  Counts counts;
  std::optional<TaskError> error;

  // No planning or running will come by itself.
  bool Over() const { return state == "done" || state == "failed" || state == "cancelled"; }
};

struct TaskRow {
  std::string id, family, label, status, phase, pipeline;
  std::optional<int64_t> run;
  std::string pool, worker;
  std::optional<Timestamp> created_at, updated_at, started_at;
  std::optional<int64_t> attempt;  // the latest
  int64_t attempts = 0;
  std::optional<double> progress;
  std::string status_message, tracking_url;
  std::optional<Timestamp> retry_at, check_at;
  std::string error_message;
};

struct AttemptRow {
  int64_t attempt = 0;
  int64_t number = 0;
  std::string worker, host, pool;
  std::optional<int64_t> run;
  std::optional<Timestamp> started_at, ended_at;
  std::string outcome;  // empty: it runs
  std::optional<TaskError> error;
  std::optional<int64_t> exit_code;
  std::optional<int64_t> signal;
  std::optional<double> cpu_s;
  std::optional<int64_t> max_rss_kb;
  int64_t log_bytes = 0;
};

struct WhyPart {
  std::string kind, text, task, pool, resource, worker;
  std::optional<Timestamp> since, until;
  std::optional<int64_t> position;
};

// Why a task is where it is, in words made by the scheduler.
struct Why {
  std::string task, kind, words;
  std::vector<WhyPart> parts;
};

struct WorkerRow {
  std::string worker, kind, host;
  int64_t pid = 0;
  std::vector<std::string> pools;
  int64_t slots = 0, busy = 0;
  bool draining = false;
  std::optional<Timestamp> started_at, last_seen_at;
  std::string state;
  int64_t tasks_done = 0;
  std::string version;
};

struct PoolRow {
  std::string name;
  int64_t slots = 0, busy = 0, ready = 0, workers = 0;
  std::vector<std::string> families;
};

struct PipelineRow {
  std::string name, module, family, schedule, timezone;
  Params params;
  std::optional<Timestamp> next_due_at;
  bool paused = false;
  double weight = 1;
  std::string unit, pool;
  Counts counts_of_runs;
};

struct Overview {
  Counts counts;
  Counts runs;  // state → number
  int64_t due_runs = 0;
  double rate_per_min = 0;
  int64_t workers = 0;
  double uptime_s = 0;
  std::string version;
};

// A piece of an attempt's log.
struct LogPart {
  std::string bytes;
  int64_t size = 0;       // of the whole log so far, unframed
  bool complete = false;  // the attempt has ended: nothing will be added
};

}  // namespace headrace::client
