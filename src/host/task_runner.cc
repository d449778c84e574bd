// The runner's loop: one poll over every zygote in use and every attempt's three descriptors.

#include "host/task_runner.h"

#include <algorithm>
#include <boost/json.hpp>
#include <poll.h>
#include <sys/eventfd.h>
#include <unordered_map>

#include "base/check.h"
#include "host/attempt.h"
#include "host/json_field.h"
#include "host/node_json.h"
#include "host/run_json.h"

namespace headrace::host {
namespace {

using Steady = std::chrono::steady_clock;
using Phase = Attempt::Phase;

constexpr Duration kTreeLimit = std::chrono::seconds(2);

}  // namespace

class TaskRunner::Impl {
 public:
  Impl(Children& children, HostPool& pool)
      : children_(children), pool_(pool), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  void Start(RunRequest request);
  void Kill(std::string_view attempt, std::string why, Duration grace);
  void Renew(std::string_view attempt, Duration lease_end);
  bool SendMessage(std::string_view attempt, std::string_view id, std::string_view content);
  std::vector<RunEvent> Poll(Duration wait);
  void Wake() { eventfd_write(wake_.get(), 1); }
  size_t running() const { return attempts_.size(); }
  void KillAll();

 private:
  enum class Kind : uint8_t { kWake, kControl, kSettled, kProcess, kOut, kErr, kReport };
  struct Source {
    Kind kind;
    Attempt* attempt;
    Zygote* host;
  };

  Attempt* Find(std::string_view name);
  Result<void> FindHost(Attempt& attempt);
  void Proceed(Attempt& attempt);
  void Launch(Attempt& attempt);
  void End(Attempt& attempt, Outcome outcome);
  void EndFailedImport(Attempt& attempt);
  void LoseHost(Zygote& host);
  void TakeControl(const std::string& line);
  void TakeExit(Attempt& attempt, const boost::json::object& line);
  void LookAtFreshProcess(Attempt& attempt);

  void Advance();
  bool WaitAndRead(Steady::time_point end);  // true: woken
  void Watch(int fd, Source source);
  void WatchHosts();
  void WatchAttempt(Attempt& attempt);
  void Dispatch(const Source& source);
  Steady::time_point NextDeadline(Steady::time_point end) const;

  Children& children_;
  HostPool& pool_;
  const UniqueFd wake_;
  std::unordered_map<std::string, std::unique_ptr<Attempt>> attempts_;
  std::vector<RunEvent> events_;
  JsonParser parser_;
  std::vector<pollfd> polled_;  // these two: side by side, made anew by every WaitAndRead
  std::vector<Source> sources_;
};

void TaskRunner::Impl::Start(RunRequest request) {
  CHECK(!attempts_.contains(request.attempt));
  auto owned = std::make_unique<Attempt>(std::move(request), events_);
  Attempt& attempt = *owned;
  attempts_.emplace(attempt.name(), std::move(owned));
  if (const Result<void> found = FindHost(attempt); !found) {
    TaskError error{.where = "host", .message = found.error().message};
    End(attempt, {.status = OutcomeStatus::kLost, .error = std::move(error)});
    return;
  }
  Proceed(attempt);
}

Result<void> TaskRunner::Impl::FindHost(Attempt& attempt) {
  const RunRequest& request = attempt.request();
  attempt.fresh = request.fresh_interpreter;
  attempt.host = TRY(attempt.fresh ? Zygote::Start(children_, request.host, request.task.module)
                                   : pool_.Get(request.host, request.task.module));
  return {};
}

// Sends an attempt on once its host has finished importing.
void TaskRunner::Impl::Proceed(Attempt& attempt) {
  if (attempt.phase() != Phase::kImporting) return;
  attempt.host->EnforceImportLimit();
  switch (attempt.host->state()) {
    case Zygote::State::kImporting: return;
    case Zygote::State::kReady: return Launch(attempt);
    case Zygote::State::kFailed: return EndFailedImport(attempt);
    case Zygote::State::kGone: return attempt.OnLost(attempt.host->error().message, Steady::now());
  }
}

void TaskRunner::Impl::Launch(Attempt& attempt) {
  if (!attempt.fresh && !attempt.host->info()->fork_unsafe.empty()) {
    const RunRequest& request = attempt.request();
    auto own = Zygote::Start(children_, request.host, request.task.module);
    if (!own) return attempt.OnLost(own.error().message, Steady::now());
    attempt.host = std::move(*own);
    attempt.fresh = true;
    return;  // until it has imported, too
  }
  auto streams = attempt.OpenStreams();
  if (!streams) return attempt.OnLost(streams.error().message, Steady::now());
  const std::array descriptors = {(*streams)[0].get(), (*streams)[1].get(), (*streams)[2].get()};
  if (!attempt.host->Send(WriteRun(attempt.request(), attempt.fresh), descriptors)) {
    attempt.OnLost("its task host is gone", Steady::now());
  }
}

void TaskRunner::Impl::EndFailedImport(Attempt& attempt) {
  HostError why = attempt.host->error();
  TaskError error = why.import.value_or(
      TaskError{.where = "import", .message = why.message, .traceback = why.log_tail});
  End(attempt, {.status = OutcomeStatus::kFailed, .error = std::move(error)});
}

void TaskRunner::Impl::End(Attempt& attempt, Outcome outcome) {
  events_.push_back({attempt.name(), Ended{std::move(outcome)}});
  attempts_.erase(attempts_.find(attempt.name()));
}

Attempt* TaskRunner::Impl::Find(std::string_view name) {
  const auto found = attempts_.find(std::string(name));
  return found == attempts_.end() ? nullptr : found->second.get();
}

void TaskRunner::Impl::Kill(std::string_view name, std::string why, Duration grace) {
  Attempt* const attempt = Find(name);
  if (attempt == nullptr) return;
  if (attempt->phase() == Phase::kImporting) {
    TaskError error{.where = "killed", .message = std::move(why)};
    End(*attempt, {.status = OutcomeStatus::kKilled, .error = std::move(error)});
    return;
  }
  attempt->Kill(Attempt::Reason::kAsked, std::move(why), grace, Steady::now());
}

void TaskRunner::Impl::KillAll() {
  for (const auto& [name, attempt] : attempts_) {
    if (attempt->pid() > 1) children_.KillGroup(attempt->pid(), kTreeLimit);
  }
  attempts_.clear();
}

void TaskRunner::Impl::Renew(std::string_view name, Duration lease_end) {
  Attempt* const attempt = Find(name);
  if (attempt == nullptr) return;
  attempt->Renew(lease_end);
  const bool sent = attempt->phase() == Phase::kStarting || attempt->phase() == Phase::kRunning;
  if (sent) attempt->host->Send(WriteLease(attempt->name(), lease_end), {});
}

bool TaskRunner::Impl::SendMessage(std::string_view name,
                                   std::string_view id,
                                   std::string_view content) {
  Attempt* const attempt = Find(name);
  return attempt != nullptr && attempt->Send(WriteMessage(id, content));
}

std::vector<RunEvent> TaskRunner::Impl::Poll(Duration wait) {
  const auto end = Steady::now() + wait;
  bool woken = false;
  Advance();
  while (events_.empty() && !woken) {
    woken = WaitAndRead(NextDeadline(end));
    Advance();
    if (Steady::now() >= end) break;
  }
  return std::exchange(events_, {});
}

// What needs no reading: hosts that have settled, time that is over, attempts that are.
void TaskRunner::Impl::Advance() {
  const auto now = Steady::now();
  std::vector<Attempt*> all;
  all.reserve(attempts_.size());
  for (const auto& [name, attempt] : attempts_) all.push_back(attempt.get());
  for (Attempt* attempt : all) {
    attempt->OnTime(now);
    if (attempt->Over(now)) {
      Outcome outcome = attempt->Conclude();
      End(*attempt, std::move(outcome));
    } else {
      Proceed(*attempt);
    }
  }
}

Steady::time_point TaskRunner::Impl::NextDeadline(Steady::time_point end) const {
  for (const auto& [name, attempt] : attempts_) {
    if (const auto deadline = attempt->deadline()) end = std::min(end, *deadline);
    // An import has a limit of its own, which Proceed() looks at.
    if (attempt->phase() == Phase::kImporting) {
      end = std::min(end, Steady::now() + std::chrono::seconds(1));
    }
  }
  return end;
}

bool TaskRunner::Impl::WaitAndRead(Steady::time_point end) {
  polled_.clear();
  sources_.clear();
  Watch(wake_.get(), {Kind::kWake, nullptr, nullptr});
  WatchHosts();
  for (const auto& [name, attempt] : attempts_) WatchAttempt(*attempt);

  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Steady::now());
  const int64_t timeout = std::clamp<int64_t>(left.count(), 0, 60'000);
  if (poll(polled_.data(), polled_.size(), static_cast<int>(timeout)) <= 0) return false;
  bool woken = false;
  for (size_t i = 0; i < polled_.size(); ++i) {
    if (polled_[i].revents == 0) continue;
    if (sources_[i].kind == Kind::kWake) {
      eventfd_t value = 0;
      eventfd_read(wake_.get(), &value);
      woken = true;
      continue;
    }
    Dispatch(sources_[i]);
  }
  return woken;
}

void TaskRunner::Impl::Watch(int fd, Source source) {
  if (fd < 0) return;
  polled_.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  sources_.push_back(source);
}

void TaskRunner::Impl::WatchHosts() {
  std::vector<Zygote*> hosts;
  for (const auto& [name, attempt] : attempts_) {
    Zygote* const host = attempt->host.get();
    if (std::ranges::find(hosts, host) != hosts.end()) continue;
    hosts.push_back(host);
    const Zygote::State state = host->state();
    if (state == Zygote::State::kFailed || state == Zygote::State::kGone) continue;
    Watch(host->control().fd, {Kind::kControl, nullptr, host});
    if (state == Zygote::State::kImporting) {
      Watch(host->control().settled_fd, {Kind::kSettled, nullptr, host});
    }
  }
}

void TaskRunner::Impl::WatchAttempt(Attempt& attempt) {
  Watch(attempt.output_fd(Stream::kOut), {Kind::kOut, &attempt, nullptr});
  Watch(attempt.output_fd(Stream::kErr), {Kind::kErr, &attempt, nullptr});
  Watch(attempt.report_fd(), {Kind::kReport, &attempt, nullptr});
  if (attempt.fresh && attempt.phase() == Phase::kRunning) {
    Watch(attempt.host->control().process_fd, {Kind::kProcess, &attempt, nullptr});
  }
}

// Attempts are erased by Advance() alone, so the pointers of one round stay good.
void TaskRunner::Impl::Dispatch(const Source& source) {
  switch (source.kind) {
    case Kind::kWake:
    case Kind::kSettled: return;  // Advance() looks
    case Kind::kControl:
      for (const std::string& line : source.host->ReadEvents()) TakeControl(line);
      if (source.host->state() == Zygote::State::kGone) LoseHost(*source.host);
      return;
    case Kind::kProcess: return LookAtFreshProcess(*source.attempt);
    case Kind::kOut: return source.attempt->ReadOutput(Stream::kOut);
    case Kind::kErr: return source.attempt->ReadOutput(Stream::kErr);
    case Kind::kReport: return source.attempt->ReadReport(Steady::now());
  }
}

void TaskRunner::Impl::TakeControl(const std::string& line) {
  const Result<const boost::json::value*> parsed = parser_.Parse(line);
  const boost::json::object* object = parsed ? (*parsed)->if_object() : nullptr;
  if (object == nullptr) return;
  Attempt* const attempt = Find(Text(*object, "attempt"));
  if (attempt == nullptr) return;
  const std::string event = Text(*object, "ev");
  if (event == "started" && attempt->phase() == Phase::kStarting) {
    attempt->OnStarted(static_cast<pid_t>(Int(*object, "pid").value_or(0)), Steady::now());
  } else if (event == "exited" && attempt->phase() == Phase::kRunning) {
    TakeExit(*attempt, *object);
  } else if (event == "fork_failed") {
    attempt->OnLost("no process for it: " + Text(*object, "message"), Steady::now());
  }
}

void TaskRunner::Impl::TakeExit(Attempt& attempt, const boost::json::object& line) {
  const ExitStatus exit{.signal = static_cast<int>(Int(line, "signal").value_or(0)),
                        .code = static_cast<int>(Int(line, "code").value_or(0)),
                        .core_dumped = Bool(line, "core")};
  const ProcessUsage usage{.cpu_s = Number(line, "cpu_s").value_or(0),
                           .max_rss_kb = Int(line, "max_rss_kb").value_or(0)};
  if (!Bool(line, "tree_gone")) children_.KillGroup(attempt.pid(), kTreeLimit);
  attempt.OnExited(exit, usage, Steady::now());
}

// The kernel kills the tasks of a zygote with it; what those have left behind is ours now.
void TaskRunner::Impl::LoseHost(Zygote& host) {
  const std::string why = host.error().message;
  for (const auto& [name, attempt] : attempts_) {
    if (attempt->host.get() != &host) continue;
    const bool running = attempt->phase() == Phase::kRunning;
    // A fresh interpreter closes its control socket when it becomes the task.
    if (running ? attempt->fresh : attempt->phase() != Phase::kStarting) continue;
    if (attempt->pid() > 1) children_.KillGroup(attempt->pid(), kTreeLimit);
    attempt->OnLost(why, Steady::now());
  }
  children_.KillOrphans(kTreeLimit);
}

void TaskRunner::Impl::LookAtFreshProcess(Attempt& attempt) {
  const std::optional<ExitStatus> exit = attempt.host->TryWait();
  if (!exit || attempt.phase() != Phase::kRunning) return;
  children_.KillGroup(attempt.pid(), kTreeLimit);
  children_.KillOrphans(kTreeLimit);
  attempt.OnExited(*exit, attempt.host->usage(), Steady::now());
}

TaskRunner::TaskRunner(Children& children, HostPool& pool)
    : impl_(std::make_unique<Impl>(children, pool)) {}

TaskRunner::~TaskRunner() {
  impl_->KillAll();
}

void TaskRunner::Start(RunRequest request) {
  impl_->Start(std::move(request));
}

void TaskRunner::Kill(std::string_view attempt, std::string why, Duration grace) {
  impl_->Kill(attempt, std::move(why), grace);
}

void TaskRunner::Renew(std::string_view attempt, Duration lease_end) {
  impl_->Renew(attempt, lease_end);
}

bool TaskRunner::SendMessage(std::string_view attempt,
                             std::string_view id,
                             std::string_view content) {
  return impl_->SendMessage(attempt, id, content);
}

std::vector<RunEvent> TaskRunner::Poll(Duration wait) {
  return impl_->Poll(wait);
}

void TaskRunner::Wake() {
  impl_->Wake();
}

size_t TaskRunner::running() const {
  return impl_->running();
}

}  // namespace headrace::host
