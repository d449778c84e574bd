// Starting an interpreter, waiting for its import, and telling why it failed.

#include "host/zygote.h"

#include <algorithm>
#include <boost/json.hpp>
#include <csignal>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "base/python_json.h"
#include "host/json_field.h"
#include "host/line_socket.h"
#include "host/node_json.h"
#include "host/session.h"

namespace headrace::host {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int kControlFd = 3;
constexpr Duration kStopLimit = std::chrono::seconds(2);  // then it is killed
constexpr Duration kDeathLimit = std::chrono::seconds(2);

int MillisecondsUntil(Steady::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Steady::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 60'000));
}

double InSeconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Result<std::shared_ptr<Zygote>> Zygote::Start(Children& children,
                                              const HostSettings& settings,
                                              const std::string& module) {
  std::shared_ptr<Zygote> zygote(new Zygote(children, settings, module));
  TRY(zygote->Spawn());
  return zygote;
}

Zygote::Zygote(Children& children, HostSettings settings, std::string module)
    : children_(children),
      settings_(std::move(settings)),
      module_(std::move(module)),
      import_end_(Steady::now() + settings_.import_limit),
      settled_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Zygote::~Zygote() {
  socket_.reset();  // tells it to stop, and to take what it has forked with it
  const Duration limit = state_ == State::kReady ? kStopLimit : Duration::zero();
  const std::optional<ExitStatus> ended = process_.WaitFor(limit);
  if (ended && ended->Succeeded()) return;
  process_.SignalGroup(SIGKILL);
  process_ = {};
  children_.KillOrphans(kDeathLimit);
}

Result<void> Zygote::Spawn() {
  const std::lock_guard lock(mutex_);
  TRY(log_.Open(settings_.log_file));
  auto ends = MakeSocketPair();
  if (!ends) return std::unexpected(ends.error());
  Result<ChildProcess> process = children_.Start(Command(ends->second.get()));
  if (!process) {
    Error error = std::move(process).error();
    error.remedy = "set [host] python to an interpreter that has luigi, and cwd to a folder";
    return std::unexpected(std::move(error));
  }
  process_ = std::move(*process);
  socket_ = std::make_unique<LineSocket>(std::move(ends->first));
  return {};
}

ChildOptions Zygote::Command(int control_fd) const {
  ChildOptions options;
  options.arguments = {settings_.python,
                       settings_.package_dir + "/headrace/host/__main__.py",
                       "--fd=" + std::to_string(kControlFd),
                       "--module=" + module_,
                       "--log-level=" + settings_.log_level};
  for (const std::string& path : settings_.path) options.arguments.push_back("--path=" + path);
  if (!settings_.logging_conf_file.empty()) {
    options.arguments.push_back("--logging-conf-file=" + settings_.logging_conf_file);
  }
  options.environment = settings_.env;
  options.cwd = settings_.cwd;
  options.descriptors = {{control_fd, kControlFd}, {log_.fd(), 1}, {log_.fd(), 2}};
  return options;
}

Zygote::State Zygote::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

const HostInfo* Zygote::info() const {
  const std::lock_guard lock(mutex_);
  return info_ ? &*info_ : nullptr;
}

HostError Zygote::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

const HostInfo* Zygote::WaitReady() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (state_ == State::kImporting) ReadLocked();
      if (state_ != State::kImporting) break;
    }
    // Whoever else reads the answer makes settled_ readable.
    pollfd waiting[] = {{.fd = socket_->fd(), .events = POLLIN, .revents = 0},
                        {.fd = settled_.get(), .events = POLLIN, .revents = 0}};
    poll(waiting, 2, MillisecondsUntil(import_end_));
    EnforceImportLimit();
  }
  const std::lock_guard lock(mutex_);
  return state_ == State::kReady ? &*info_ : nullptr;
}

void Zygote::EnforceImportLimit() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kImporting || Steady::now() < import_end_) return;
  ReadLocked();
  if (state_ != State::kImporting) return;
  HostError error{
      .message = fmt::format(
          "importing {} took longer than {} s", module_, InSeconds(settings_.import_limit)),
      .import = std::nullopt,
      .log_tail = log_.Tail()};
  process_.SignalGroup(SIGKILL);
  process_.WaitFor(kDeathLimit);
  Settle(State::kFailed, std::move(error));
}

Zygote::Control Zygote::control() const {
  return {.fd = socket_->fd(), .settled_fd = settled_.get(), .process_fd = process_.pidfd()};
}

std::vector<std::string> Zygote::ReadEvents() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::kImporting || state_ == State::kReady) ReadLocked();
  return std::exchange(inbox_, {});
}

bool Zygote::Send(std::string_view line, std::span<const int> descriptors) {
  const std::lock_guard lock(mutex_);
  return state_ == State::kReady && socket_->Send(line, descriptors);
}

std::optional<ExitStatus> Zygote::TryWait() {
  const std::lock_guard lock(mutex_);
  return process_.TryWait();
}

void Zygote::ReadLocked() {
  std::vector<std::string> lines;
  LineSocket::Got got{};
  do {
    got = socket_->Read(lines);
  } while (got == LineSocket::Got::kSomething);
  for (std::string& line : lines) TakeLine(std::move(line));
  if (got != LineSocket::Got::kEnd) return;
  if (state_ == State::kImporting) {
    HostError error = Death();
    const std::optional<ExitStatus> status = process_.TryWait();
    // The kernel, short of memory, or a person: that says nothing about the module.
    const bool killed = status && status->signal == SIGKILL;
    Settle(killed ? State::kGone : State::kFailed, std::move(error));
  } else if (state_ == State::kReady) {
    state_ = State::kGone;
    error_ = Death();
  }
}

// The first line is the import's result; all others are the runner's.
void Zygote::TakeLine(std::string line) {
  if (state_ != State::kImporting) {
    inbox_.push_back(std::move(line));
    return;
  }
  const Result<boost::json::value> parsed = ParseJson(line);
  const boost::json::object* object = parsed ? parsed->if_object() : nullptr;
  if (object == nullptr) return;
  if (Text(*object, "ev") == "ready") {
    info_ = ParseHostInfo(*object);
    Settle(State::kReady, {});
    return;
  }
  if (Text(*object, "ev") != "import_error") return;
  HostError error;
  if (const boost::json::object* found = Object(*object, "error")) {
    error.import = ParseTaskError(*found);
  }
  error.message = "importing " + module_ + ": " + (error.import ? error.import->Text() : "failed");
  error.log_tail = log_.Tail();
  Settle(State::kFailed, std::move(error));
}

void Zygote::Settle(State state, HostError error) {
  state_ = state;
  error_ = std::move(error);
  eventfd_write(settled_.get(), 1);
}

HostError Zygote::Death() {
  const std::optional<ExitStatus> status = process_.WaitFor(kDeathLimit);
  std::string how = status ? status->Text() : "closed its connection";
  const std::string when = info_ ? "the task host of " + module_ + " was "
                                 : "the task host ended while importing " + module_ + ": ";
  if (info_ && status && status->signal == 0) how = "ended, " + how;
  return {.message = when + how, .import = std::nullopt, .log_tail = log_.Tail()};
}

bool Zygote::Outdated(Timestamp now) const {
  const HostInfo* const known = info();
  if (known == nullptr) return false;
  if (known->valid_until && now >= *known->valid_until) return true;
  return !std::ranges::all_of(known->files, &FileStamp::Unchanged);
}

Result<std::unique_ptr<Session>> Zygote::OpenSession(Duration limit) {
  const HostInfo* const known = WaitReady();
  if (known == nullptr) {
    const HostError why = error();
    return Fail(ErrorCode::kUnavailable, why.message);
  }
  // Where forking is unsafe, an interpreter of its own serves the session.
  std::shared_ptr<Zygote> server = shared_from_this();
  const bool fresh = !known->fork_unsafe.empty();
  if (fresh) {
    server = TRY(Start(children_, settings_, module_));
    if (server->WaitReady() == nullptr) {
      return Fail(ErrorCode::kUnavailable, server->error().message);
    }
  }
  auto ends = TRY(MakeSocketPair());
  const int theirs = ends.second.get();
  const std::string_view request =
      fresh ? R"({"op":"session","nofork":true})" : R"({"op":"session"})";
  if (!server->Send(request, std::span(&theirs, 1))) {
    return Fail(ErrorCode::kUnavailable, "the task host of " + module_ + " is gone");
  }
  ends.second.Reset();
  std::unique_ptr<Session> session(
      new Session(std::make_unique<LineSocket>(std::move(ends.first)), std::move(server)));
  TRY(session->Greet(limit));
  return session;
}

}  // namespace headrace::host
