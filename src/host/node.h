// What a task host tells about tasks: values only, copied freely between threads.
//
// Strings are what Python had, as UTF-8; a lone surrogate stays the three bytes that UTF-8 would
// give it, and goes back unchanged. Compare them as bytes.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace headrace::host {

// Parameters as text, in the order of the class (Luigi's to_str_params()).
using Params = std::vector<std::pair<std::string, std::string>>;

// A task by name, as `luigi --module module family --params` names it.
struct TaskName {
  std::string module = {};
  std::string family = {};
  Params params = {};

  friend bool operator==(const TaskName&, const TaskName&) = default;
};

// An exception of the user's code, or what stands for one.
struct TaskError {
  std::string where =
      {};  // import, load, describe, complete, run, dynamic dependency; exit, timeout
  std::string type = {};  // "ValueError"
  std::string message = {};
  std::string traceback = {};  // may be empty

  std::string Text() const;  // "ValueError: bad"

  friend bool operator==(const TaskError&, const TaskError&) = default;
};

struct Target {
  std::string kind = {};  // "file", "s3", …; "opaque": only the host can tell whether it exists
  std::string uri =
      {};  // an absolute path, s3://…; for opaque ones a path if there is one, or empty
  std::map<std::string, std::string> options =
      {};                 // of its own client: endpoint_url, …; no secrets
  std::string type = {};  // for opaque ones: the class

  friend bool operator==(const Target&, const Target&) = default;
};

// How to learn whether a task is complete.
enum class CompleteKind : uint8_t {
  kOutputs,   // all of `outputs` exist; each is of a known kind
  kRequires,  // all of `deps` are complete
  kCustom,    // ask the host
  kNever,     // it has no outputs and no complete() of its own: always false
};

struct RetryPolicy {  // absent: the scheduler's setting
  std::optional<int64_t> count = {};
  std::optional<Duration> hard_timeout = {};
  std::optional<Duration> window = {};

  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

struct Node {
  std::string id = {};
  std::string family = {};
  std::string module = {};
  Params params = {};                          // private ones are never here
  std::map<std::string, int> visibility = {};  // parameters that are not public: 1 hidden

  std::vector<std::string> deps = {};  // ids
  std::vector<Target> outputs =
      {};  // only for kOutputs, and kCustom for the sake of opaque targets
  CompleteKind complete = CompleteKind::kCustom;
  bool external = false;  // nothing here makes it

  double priority = 0;
  std::map<std::string, double> resources = {};
  std::optional<Duration> timeout = {};  // zero: none, whatever the setting says
  std::optional<RetryPolicy> retry = {};
  bool batchable = false;
  std::vector<std::string> batch_params = {};
  std::optional<int64_t> max_batch_size = {};
  std::vector<std::string> owners = {};
  bool accepts_messages = false;
  bool disabled = false;

  // Not empty: this task cannot be made again from its name in another process, and why. The root
  // above it runs as unit "pipeline", or is refused with this sentence.
  std::string problem = {};
  std::optional<TaskError> error = {};  // describing it raised; what is above may be partly unset

  friend bool operator==(const Node&, const Node&) = default;
};

// The answer of complete().
struct Completeness {
  bool complete = false;
  std::optional<TaskError> error = {};  // it raised, took too long or returned no bool

  friend bool operator==(const Completeness&, const Completeness&) = default;
};

}  // namespace headrace::host
