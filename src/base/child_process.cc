// posix_spawn, pidfds, and the list of children that /proc keeps for each thread.

#include "base/child_process.h"

#include <chrono>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/check.h"

namespace headrace {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int kChildFdMax = 64;
constexpr int kPollMs = 1;  // between two looks at a group that is dying

// Everything posix_spawn needs, released at the end.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // False: out of descriptors.
  bool Prepare(const ChildOptions& options) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (options.new_session) flags |= POSIX_SPAWN_SETSID;
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));

    if (!options.cwd.empty()) {
      posix_spawn_file_actions_addchdir_np(&actions_, options.cwd.c_str());
    }
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    std::set<int> kept = {0, 1, 2};
    for (const auto& [ours, theirs] : options.descriptors) {
      CHECK(theirs >= 0 && theirs < kChildFdMax);
      // Moved out of the way first: one of ours may have a number that another gets in the child.
      UniqueFd& high = copies_.emplace_back(fcntl(ours, F_DUPFD_CLOEXEC, kChildFdMax));
      if (!high) return false;
      posix_spawn_file_actions_adddup2(&actions_, high.get(), theirs);
      kept.insert(theirs);
    }
    const int first_closed = *kept.rbegin() + 1;
    for (int fd = 3; fd < first_closed; ++fd) {
      if (!kept.contains(fd)) posix_spawn_file_actions_addclose(&actions_, fd);
    }
    posix_spawn_file_actions_addclosefrom_np(&actions_, first_closed);
    return true;
  }

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  std::vector<UniqueFd> copies_;
};

std::vector<std::string> Environment(const ChildOptions& options) {
  std::map<std::string, std::string> values;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string::npos) values[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : options.environment) values[name] = value;
  std::vector<std::string> lines;
  lines.reserve(values.size());
  for (const auto& [name, value] : values)
    lines.push_back(std::string(name).append("=").append(value));
  return lines;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A path that is relative means relative to us, not to the child's working directory.
std::string AbsoluteProgram(const std::string& program) {
  if (program.starts_with('/') || program.find('/') == std::string::npos) return program;
  char* const here = get_current_dir_name();
  std::string path = here != nullptr ? std::string(here) + "/" + program : program;
  std::free(here);
  return path;
}

std::vector<pid_t> ChildrenOfThisProcess() {
  std::vector<pid_t> pids;
  DIR* const tasks = opendir("/proc/self/task");
  if (tasks == nullptr) return pids;
  while (const dirent* entry = readdir(tasks)) {
    if (entry->d_name[0] == '.') continue;
    std::ifstream file(std::string("/proc/self/task/") + entry->d_name + "/children");
    pid_t pid = 0;
    while (file >> pid) pids.push_back(pid);
  }
  closedir(tasks);
  return pids;
}

void WaitMs(int ms) {
  poll(nullptr, 0, ms);
}

}  // namespace

std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  if (name == nullptr) return "signal " + std::to_string(signal);
  return std::string("SIG") + name;
}

std::string ExitStatus::Text() const {
  if (signal == 0) return "exited with code " + std::to_string(code);
  return "killed by signal " + std::to_string(signal) + " (" + SignalName(signal) + ")";
}

ChildProcess::ChildProcess(Children& owner, pid_t pid, UniqueFd pidfd)
    : owner_(&owner), pid_(pid), pidfd_(std::move(pidfd)) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      pid_(std::exchange(other.pid_, 0)),
      pidfd_(std::move(other.pidfd_)),
      status_(std::exchange(other.status_, std::nullopt)),
      usage_(other.usage_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  KillAndReap();
  owner_ = std::exchange(other.owner_, nullptr);
  pid_ = std::exchange(other.pid_, 0);
  pidfd_ = std::move(other.pidfd_);
  status_ = std::exchange(other.status_, std::nullopt);
  usage_ = other.usage_;
  return *this;
}

ChildProcess::~ChildProcess() {
  KillAndReap();
}

void ChildProcess::KillAndReap() {
  if (!running()) return;
  Signal(SIGKILL);
  SignalGroup(SIGKILL);
  WaitFor(std::chrono::seconds(10));
}

void ChildProcess::Signal(int signal) {
  if (running()) syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
}

void ChildProcess::SignalGroup(int signal) {
  if (pid_ > 0) kill(-pid_, signal);
}

std::optional<ExitStatus> ChildProcess::TryWait() {
  if (running()) status_ = owner_->Reap(pid_, usage_);
  return status_;
}

std::optional<ExitStatus> ChildProcess::WaitFor(Duration limit) {
  const auto end = Steady::now() + limit;
  while (!TryWait() && pid_ > 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Steady::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd ended{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    poll(&ended, 1, static_cast<int>(std::min<int64_t>(left.count(), 60'000)));
  }
  return status_;
}

Children::Children() {
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

Result<ChildProcess> Children::Start(const ChildOptions& options) {
  CHECK(!options.arguments.empty());
  std::vector<std::string> arguments = options.arguments;
  const std::string program = AbsoluteProgram(arguments.front());
  std::vector<std::string> environment = Environment(options);
  SpawnPlan plan;
  if (!plan.Prepare(options)) {
    return Fail(ErrorCode::kUnavailable, program + ": no descriptor left to start it with");
  }

  const std::lock_guard lock(mutex_);
  pid_t pid = 0;
  const int failed = posix_spawnp(&pid,
                                  program.c_str(),
                                  plan.actions(),
                                  plan.attributes(),
                                  Pointers(arguments).data(),
                                  Pointers(environment).data());
  if (failed != 0) {
    const ErrorCode code = failed == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable;
    std::string where = options.cwd.empty() ? "" : " in " + options.cwd;
    return Fail(code, "starting " + program + where + ": " + std::strerror(failed));
  }
  started_.insert(pid);
  UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  return ChildProcess(*this, pid, std::move(pidfd));
}

std::optional<ExitStatus> Children::Reap(pid_t pid, ProcessUsage& usage) {
  const std::lock_guard lock(mutex_);
  int status = 0;
  rusage used{};
  const pid_t got = wait4(pid, &status, WNOHANG, &used);
  if (got == 0) return std::nullopt;
  started_.erase(pid);
  if (got < 0) return ExitStatus{.signal = 0, .code = -1};  // somebody else has reaped it
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  usage = {.cpu_s = seconds(used.ru_utime) + seconds(used.ru_stime),
           .max_rss_kb = int64_t{used.ru_maxrss}};
  if (WIFSIGNALED(status)) {
    return ExitStatus{.signal = WTERMSIG(status), .core_dumped = WCOREDUMP(status) != 0};
  }
  return ExitStatus{.code = WEXITSTATUS(status)};
}

int Children::KillOrphans(Duration limit) {
  const auto end = Steady::now() + limit;
  int ended = 0;
  while (true) {
    const std::lock_guard lock(mutex_);
    const int living = KillOrphansOnce();
    ended = std::max(ended, living);
    if (living == 0 || Steady::now() >= end) return ended;
    WaitMs(kPollMs);
  }
}

// What hung below an orphan becomes ours when it dies, so this is repeated until none is left.
int Children::KillOrphansOnce() {
  int living = 0;
  for (const pid_t pid : ChildrenOfThisProcess()) {
    if (started_.contains(pid)) continue;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, WNOHANG);
    ++living;
  }
  return living;
}

bool Children::KillGroup(pid_t group, Duration limit) {
  CHECK(group > 1);
  const auto end = Steady::now() + limit;
  while (kill(-group, SIGKILL) == 0 || errno != ESRCH) {
    ReapOrphansOf(group);
    if (Steady::now() >= end) return false;
    WaitMs(kPollMs);
  }
  return true;
}

// A dead process counts as a member of its group until its parent, now us, has reaped it.
void Children::ReapOrphansOf(pid_t group) {
  const std::lock_guard lock(mutex_);
  for (const pid_t pid : ChildrenOfThisProcess()) {
    if (!started_.contains(pid) && getpgid(pid) == group) waitpid(pid, nullptr, WNOHANG);
  }
}

}  // namespace headrace
