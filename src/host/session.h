// A session: one process, forked from a zygote for one plan, that describes tasks and asks them
// whether they are complete. What the user's code does in it (hang, leak, crash) hurts it alone.
//
// Plain blocking calls with a time limit, for a planner's own thread; one thread at a time. A call
// that fails has ended the session (but for kInvalid: the request itself was wrong): its process is
// killed, every later call fails at once, and the caller opens a new one. Keep it for one plan
// only: Luigi's caches live as long as it does.

#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/python_json.h"
#include "base/time.h"
#include "base/unique_fd.h"
#include "host/node.h"

namespace headrace::host {

class LineSocket;
class Zygote;

struct ExpandOptions {
  int depth = 1;  // levels; 0: the whole tree
  std::vector<std::string> complete =
      {};  // ids known to be complete: not described, nothing below them
  Duration limit = std::chrono::minutes(10);
};

struct Expansion {
  std::vector<Node> nodes;            // each task once a session; roots that could not be loaded
                                      // have an error, a family and no id
  std::vector<std::string> frontier;  // ids seen as dependencies and not described yet
};

// An event of Luigi (luigi.Event) whose handlers run in the stock worker's own process.
struct TaskEvent {
  std::string name = {};               // "event.core.timeout"
  std::string id = {};                 // of a task of this session
  std::vector<std::string> args = {};  // texts, as the handler gets them
  std::optional<std::string> dependency =
      {};  // DEPENDENCY_DISCOVERED: an id, handed over as the task
};

class Session {
 public:
  ~Session();  // ends its process
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The roots, and what is below them, level by level.
  Result<Expansion> Expand(std::span<const TaskName> roots, const ExpandOptions& options);
  // The same for tasks that this session has seen (a frontier): nothing is parsed again.
  Result<Expansion> ExpandIds(std::span<const std::string> ids, const ExpandOptions& options);

  // In the order asked; one that could not be loaded has an error.
  Result<std::vector<Node>> Describe(std::span<const TaskName> tasks, Duration limit);

  // Calls complete() of tasks that this session has seen, or bulk_complete() where the class has
  // one of its own. Each may take `each`; the whole call is limited by the sum.
  Result<std::unordered_map<std::string, Completeness>> Complete(std::span<const std::string> ids,
                                                                 Duration each);

  // Runs the handlers; an exception of one is in the answer's place of its event.
  Result<std::vector<std::optional<TaskError>>> Fire(std::span<const TaskEvent> events,
                                                     Duration limit);

  // Any thread, while it lives: kills its process, so that the call that runs fails.
  void Kill() const;

  pid_t pid() const { return pid_; }
  bool ended() const { return ended_; }

 private:
  friend class Zygote;
  using Take = std::function<void(const boost::json::object& line)>;

  Session(std::unique_ptr<LineSocket> socket, std::shared_ptr<Zygote> host);
  Result<void> Greet(Duration limit);  // waits for the line that names the process
  Result<Expansion> ExpandWith(const std::string& request, const ExpandOptions& options);
  Result<void> Ask(const std::string& request, Duration limit, const Take& take);
  Result<bool> TakeLine(const std::string& line, const Take& take);  // true: it was the last one
  std::unexpected<Error> End(ErrorCode code, std::string why);

  std::unique_ptr<LineSocket> socket_;
  std::shared_ptr<Zygote> host_;  // shared with its other users: it lives while one of them does
  JsonParser parser_;
  pid_t pid_ = 0;
  UniqueFd pidfd_;
  int64_t requests_ = 0;
  bool ended_ = false;
};

}  // namespace headrace::host
