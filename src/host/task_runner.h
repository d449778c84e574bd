// Runs attempts, each in a fresh runtime: a fork of a zygote, or a new interpreter where forking is
// unsafe. One thread drives any number of them:
//
//   runner.Start(request);  …  for (RunEvent& event : runner.Poll(50ms)) …
//
//   Start ──▶ waits for the zygote ──▶ Started ──▶ reports… ──▶ Ended      (or at once to Ended)
//
// Every attempt that was started ends with exactly one Ended, and only after its process tree is
// gone (its group, and the daemons it left) and its output is read. All functions but Wake() belong
// to one thread, which must live as long as the runner. Outputs are written by Poll() on it.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/child_process.h"
#include "base/error.h"
#include "base/time.h"
#include "host/host_pool.h"
#include "host/node.h"

namespace headrace::host {

enum class Stream : uint8_t { kOut, kErr };

// Takes what the task prints, in pieces, as it comes. May drop; must not block for long.
using OutputSink = std::function<void(Stream, std::string_view bytes)>;

struct RunRequest {
  std::string attempt = {};  // unique among the running ones
  HostSettings host = {};
  TaskName task = {};
  // Parameters given as lists of values (a batch): Luigi parses each and applies batch_method.
  std::map<std::string, std::vector<std::string>> batch = {};
  std::string worker = "headrace";  // the name that Luigi's messages show
  // Added in the task alone. Luigi's own settings are read at the import: they belong to `host`.
  std::vector<std::pair<std::string, std::string>> env = {};
  std::map<std::string, std::pair<int64_t, int64_t>> limits = {};  // "RLIMIT_AS" → soft, hard

  bool pipeline = false;  // run the whole tree with a stock Luigi worker in this one process…
  std::string scheduler_url = {};  // …against this scheduler; empty: Luigi's local one
  int pipeline_workers = 1;

  // Dependencies were just proved complete: do not ask each for complete() again in the child.
  bool skip_dependency_check = false;
  bool fresh_interpreter = false;  // do not fork, even where it is safe

  // Since the machine was started (CLOCK_BOOTTIME): then the task host kills it by itself, should
  // this process stand still. See TaskRunner::Renew.
  std::optional<Duration> lease_end = {};

  std::optional<Duration> time_limit = {};  // from Started on; then SIGTERM, `grace`, SIGKILL
  Duration grace = std::chrono::seconds(10);
  Duration exit_grace = std::chrono::seconds(30);  // between the result and the exit

  OutputSink sink = {};  // empty: output is dropped
};

struct Dependency {  // one that a running task has asked for
  TaskName task = {};
  std::string id = {};
};

enum class OutcomeStatus : uint8_t {
  kDone,
  kFailed,           // `error`
  kNewDependencies,  // `new_deps`: run it again once they are done
  kMissing,          // `missing`: dependencies were not complete when it was to run
  kKilled,           // by Kill()
  kLost,             // its host died under it, or could not start: not the task's fault
};

struct Outcome {
  OutcomeStatus status = OutcomeStatus::kLost;
  std::optional<TaskError> error = {};  // kFailed, kLost; `where` may be "exit" or "timeout"
  std::string expl = {};                // as JSON: what on_success() or on_failure() returned
  std::vector<std::string> missing = {};
  std::vector<Dependency> new_deps = {};

  std::optional<ExitStatus> exit = {};  // unset: never started, or not known
  double cpu_s = 0;
  int64_t max_rss_kb = 0;
  bool output_cut = false;  // something outside its tree still held its output open

  // `pipeline` only.
  std::map<std::string, std::string> tasks = {};  // task id → its last Luigi status
  std::string summary = {};                       // Luigi's execution summary, lines
};

// What happened, in the order in which it did.
struct Started {
  pid_t pid = 0;
  bool fresh_interpreter = false;
};
struct Loaded {
  std::string id;
};  // Luigi's task id, as the child computed it
struct StatusMessage {
  std::string text;
};
struct Progress {
  double percentage = 0;
};
struct TrackingUrl {
  std::string url;
};
struct ResourcesDecreased {
  std::map<std::string, double> resources;
};
struct Statistics {
  std::string json;
};
struct MessageResponse {
  std::string message_id;
  std::string response;
};
struct Ended {
  Outcome outcome;
};

struct RunEvent {
  std::string attempt;
  std::variant<Started,
               Loaded,
               StatusMessage,
               Progress,
               TrackingUrl,
               ResourcesDecreased,
               Statistics,
               MessageResponse,
               Ended>
      what;
};

class TaskRunner {
 public:
  // Both outlive it. The pool may be shared with a planner.
  TaskRunner(Children& children, HostPool& pool);
  ~TaskRunner();  // kills what still runs
  TaskRunner(const TaskRunner&) = delete;
  TaskRunner& operator=(const TaskRunner&) = delete;

  // Never fails: what goes wrong is the attempt's Ended.
  void Start(RunRequest request);

  // SIGTERM to its group, SIGKILL after `grace` (zero: at once). Ends as kKilled with `why` as
  // message, unless its result was there before. A second call can only shorten the grace (also of
  // a time limit). Unknown attempts are ignored.
  void Kill(std::string_view attempt, std::string why, Duration grace);

  // Moves its lease_end. Unknown attempts are ignored.
  void Renew(std::string_view attempt, Duration lease_end);

  // A scheduler message for a task that accepts them. False: it does not run (any more).
  bool SendMessage(std::string_view attempt, std::string_view id, std::string_view content);

  // Waits until something has happened, at most `wait`, and returns it.
  std::vector<RunEvent> Poll(Duration wait);

  void Wake();  // from any thread: Poll returns soon

  size_t running() const;  // started and not ended

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace headrace::host
