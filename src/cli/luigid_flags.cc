// Flags into the configuration; the process into the background.

#include "cli/luigid_flags.h"

#include <csignal>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace headrace::cli {

namespace {

constexpr char kServes = '+';

// Is the process that wrote this file still there?
bool NamesLiveProcess(const std::string& pidfile) {
  std::ifstream file(pidfile);
  pid_t pid = 0;
  return (file >> pid) && pid > 0 && ::kill(pid, 0) == 0;
}

// luigid's names: luigi-server-2026-11-25.out
void SendOutputTo(const std::string& folder, int fd, std::string_view kind) {
  char day[16] = {};
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  (void)std::strftime(day, sizeof(day), "%Y-%m-%d", &local);
  const std::string path = fmt::format("{}/luigi-server-{}.{}", folder, day, kind);
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (file.get() >= 0) ::dup2(file.get(), fd);
}

// Waits for what the process behind says, and ends as it does.
int WaitUntilServing(int pipe, pid_t child) {
  char said = 0;
  if (::read(pipe, &said, 1) == 1 && said == kServes) return 0;
  int status = 0;
  if (::waitpid(child, &status, 0) == child && WIFEXITED(status)) return WEXITSTATUS(status);
  return 1;
}

}  // namespace

void ApplyFlags(const LuigidFlags& flags, config::Config& config) {
  config::SchedulerConfig& scheduler = config.scheduler;
  if (flags.address) scheduler.listen_host = *flags.address;
  if (flags.port) scheduler.listen_port = *flags.port;
  if (flags.any_place()) {
    const bool bare_v6 = scheduler.listen_host.contains(':') && scheduler.listen_host[0] != '[';
    const std::string& host = scheduler.listen_host;
    scheduler.listen =
        fmt::format("{}:{}", bare_v6 ? "[" + host + "]" : host, scheduler.listen_port);
  }
  if (!flags.unix_socket.empty()) scheduler.listen = "unix:" + flags.unix_socket;
  if (!flags.state_path.empty()) {
    std::error_code error;
    const auto path = std::filesystem::absolute(flags.state_path, error);
    scheduler.store_path = path.string() + ".headrace";
    scheduler.store = "sqlite://" + scheduler.store_path;
    scheduler.store_kind = config::StoreKind::kSqlite;
  }
}

std::unique_ptr<Background> Background::Enter(const LuigidFlags& flags, int& status) {
  status = 0;
  if (!flags.pidfile.empty() && NamesLiveProcess(flags.pidfile)) return nullptr;
  int ends[2] = {-1, -1};
  status = 1;
  if (::pipe2(ends, O_CLOEXEC) != 0) return nullptr;
  UniqueFd reads(ends[0]);
  UniqueFd writes(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) {
    std::perror("headrace: --background");
    return nullptr;
  }
  if (child > 0) {
    writes.Reset();
    status = WaitUntilServing(reads.get(), child);
    return nullptr;
  }
  ::setsid();
  std::unique_ptr<Background> background(new Background(flags, std::move(writes)));
  if (!flags.pidfile.empty()) {
    std::ofstream file(flags.pidfile);
    file << ::getpid() << '\n';
    background->has_pidfile_ = file.good();
    if (!file.good()) std::perror(("headrace: --pidfile " + flags.pidfile).c_str());
  }
  return background;
}

void Background::Ready() {
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (null.get() >= 0) ::dup2(null.get(), STDIN_FILENO);
  SendOutputTo(LogFolder(flags_), STDOUT_FILENO, "out");
  SendOutputTo(LogFolder(flags_), STDERR_FILENO, "err");
  (void)!::write(waits_.get(), &kServes, 1);
  waits_.Reset();
}

Background::~Background() {
  if (has_pidfile_) ::unlink(flags_.pidfile.c_str());
}

std::string LogFolder(const LuigidFlags& flags) {
  if (!flags.logdir.empty()) return flags.logdir;
  return flags.background ? "/var/log/luigi" : "";
}

}  // namespace headrace::cli
