// A zygote: a Python interpreter that has imported one user module and from then on only forks,
// sessions (for the planner) and tasks (for the worker).
//
//   Start ──▶ importing ──▶ ready ──▶ gone            every state may go to `gone`
//                   └─────▶ failed ──▶ gone
//
// Thread-safe. Sessions may be opened from many threads while one TaskRunner runs tasks in it. It
// is shared: HostPool drops an outdated one, and it ends when its last user lets go (shared_ptr is
// that count; there is no cycle).

#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/child_process.h"
#include "base/error.h"
#include "base/time.h"
#include "host/host_log.h"
#include "host/host_settings.h"
#include "host/node.h"

namespace headrace::host {

class LineSocket;
class Session;

// Why there is no zygote to work with.
struct HostError {
  std::string message =
      {};  // one sentence: "importing search.ctr: ModuleNotFoundError: No module …"
  std::optional<TaskError> import = {};  // the exception, when the import raised one
  std::string log_tail = {};             // the end of what the host printed
};

class Zygote : public std::enable_shared_from_this<Zygote> {
 public:
  // kFailed: the module cannot be imported. kGone: the interpreter has died, or was killed by
  // somebody else while it imported.
  enum class State : uint8_t { kImporting, kReady, kFailed, kGone };

  // Starts the interpreter; does not wait for the import. `children` outlives it.
  static Result<std::shared_ptr<Zygote>> Start(Children& children,
                                               const HostSettings& settings,
                                               const std::string& module);
  ~Zygote();  // kills what it has forked
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;

  const HostSettings& settings() const { return settings_; }
  const std::string& module() const { return module_; }
  State state() const;

  // Blocks until the import is over, and kills it when its limit is. nullptr: error() says why.
  const HostInfo* WaitReady();
  const HostInfo* info() const;  // nullptr unless it has been ready; stays valid afterwards
  HostError error() const;       // kFailed or kGone

  // True when a source, a luigi.cfg or the calendar has changed since the import.
  bool Outdated(Timestamp now) const;

  // Opens a session (blocks for WaitReady, then some milliseconds; a fresh interpreter's whole
  // import where forking is unsafe).
  Result<std::unique_ptr<Session>> OpenSession(Duration limit = std::chrono::seconds(60));

  // For TaskRunner, which is the only caller of these.
  struct Control {
    int fd = -1;          // readable: call ReadEvents()
    int settled_fd = -1;  // readable once the import is over, whoever has read the answer
    int process_fd = -1;  // readable once the interpreter has ended
  };
  Control control() const;
  std::vector<std::string> ReadEvents();  // does not block; state() is kGone after the last
  bool Send(std::string_view line, std::span<const int> descriptors);  // false: it is gone
  void EnforceImportLimit();            // fails an import that takes too long
  std::optional<ExitStatus> TryWait();  // of the interpreter itself
  const ProcessUsage& usage() const { return process_.usage(); }  // after TryWait()

 private:
  Zygote(Children& children, HostSettings settings, std::string module);
  Result<void> Spawn();
  ChildOptions Command(int control_fd) const;
  void ReadLocked();
  void TakeLine(std::string line);
  void Settle(State state, HostError error);
  HostError Death();

  Children& children_;
  const HostSettings settings_;
  const std::string module_;
  const std::chrono::steady_clock::time_point import_end_;
  UniqueFd settled_;  // an eventfd
  HostLog log_;

  mutable std::mutex mutex_;  // over all below, and over reading and writing the socket
  ChildProcess process_;
  std::unique_ptr<LineSocket> socket_;
  State state_ = State::kImporting;
  std::optional<HostInfo> info_;  // set once, never changed
  HostError error_;
  std::vector<std::string> inbox_;  // lines for the runner
};

}  // namespace headrace::host
