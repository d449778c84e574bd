// Child processes: started with exactly the descriptors they are meant to have, waited for through
// a pidfd, killed by group, and none left behind.
//
// A process that its parent has left behind (a daemon of a task that is over) is adopted by the
// nearest "sub-reaper" above it. Children makes this process one: whatever turns up among its
// children without having been started here is an orphan, and KillOrphans() ends it.
//
// Everything here is safe from every thread. A child must be started and waited for through
// Children; another fork in this process would be taken for an orphan.

#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "base/unique_fd.h"

namespace headrace {

// How a process ended: by a signal, or with a code.
struct ExitStatus {
  int signal = 0;  // 0: it ended by itself, with `code`
  int code = 0;
  bool core_dumped = false;

  bool Succeeded() const { return signal == 0 && code == 0; }

  // "killed by signal 11 (SIGSEGV)" or "exited with code 3".
  std::string Text() const;

  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

// "SIGTERM"; "signal 77" for one that has no name.
std::string SignalName(int signal);

// What a process and the children it waited for have used.
struct ProcessUsage {
  double cpu_s = 0;
  int64_t max_rss_kb = 0;
};

struct ChildOptions {
  std::vector<std::string> arguments =
      {};  // the first is the program: a path (ours), or a name for PATH
  std::vector<std::pair<std::string, std::string>> environment = {};  // added to this process's own
  std::string cwd = {};                                               // empty: this process's

  // (ours, its number in the child, below 64). Standard input is /dev/null, standard output and
  // error are ours unless named here; nothing else is inherited.
  std::vector<std::pair<int, int>> descriptors = {};

  bool new_session = true;  // setsid: it leads a group of its own, and ^C does not reach it
};

class Children;

// One child. Destroying it while it runs kills its group and waits. Movable; one owner.
class ChildProcess {
 public:
  ChildProcess() = default;
  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess& operator=(ChildProcess&&) noexcept;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }  // readable once it has ended
  bool running() const { return pid_ > 0 && !status_; }

  // The process alone; nothing happens when it has ended already.
  void Signal(int signal);
  // Its whole group (new_session). Also after it has ended: others may still be in the group.
  void SignalGroup(int signal);

  // nullopt: still running. Reaps it the first time, and answers the same from then on.
  std::optional<ExitStatus> TryWait();
  const ProcessUsage& usage() const { return usage_; }  // once it has been reaped
  // Blocks; nullopt when `limit` is over first.
  std::optional<ExitStatus> WaitFor(Duration limit);

 private:
  friend class Children;
  ChildProcess(Children& owner, pid_t pid, UniqueFd pidfd);
  void KillAndReap();

  Children* owner_ = nullptr;
  pid_t pid_ = 0;
  UniqueFd pidfd_;
  std::optional<ExitStatus> status_;
  ProcessUsage usage_;
};

// All children of this process. One instance a process, made in main (or by a test), handed by
// reference to whoever starts processes; outlives every ChildProcess.
class Children {
 public:
  Children();  // makes this process a sub-reaper

  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  // Does not wait for anything but exec: a program that does not exist is an error here.
  Result<ChildProcess> Start(const ChildOptions& options);

  // Kills and reaps every orphan, with all that hangs below it, until there is none or `limit` is
  // over. Returns how many were ended.
  int KillOrphans(Duration limit);

  // SIGKILL to process group `group` until it has no member, reaping those that are ours by now;
  // false when `limit` was over first (a process in an uninterruptible system call).
  bool KillGroup(pid_t group, Duration limit);

 private:
  friend class ChildProcess;
  std::optional<ExitStatus> Reap(pid_t pid, ProcessUsage& usage);
  int KillOrphansOnce();
  void ReapOrphansOf(pid_t group);

  std::mutex mutex_;         // held over fork and note, so that no new child looks like an orphan
  std::set<pid_t> started_;  // started here and not reaped yet
};

}  // namespace headrace
