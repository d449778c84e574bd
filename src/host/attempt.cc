// Reading, killing and judging one attempt.

#include "host/attempt.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/check.h"
#include "host/run_json.h"

namespace headrace::host {
namespace {

constexpr size_t kReadBytes = size_t{64} << 10;
constexpr int kReadsMax = 16;  // for one look at one stream: the others get their turn
constexpr Duration kDrain = std::chrono::milliseconds(200);

}  // namespace

Attempt::Attempt(RunRequest request, std::vector<RunEvent>& events)
    : request_(std::move(request)), events_(events) {}

Result<std::array<UniqueFd, 3>> Attempt::OpenStreams() {
  auto out = TRY(MakePipe());
  auto err = TRY(MakePipe());
  auto report = TRY(MakeSocketPair());
  fcntl(out.first.get(), F_SETFL, O_NONBLOCK);
  fcntl(err.first.get(), F_SETFL, O_NONBLOCK);
  outputs_ = {std::move(out.first), std::move(err.first)};
  report_ = std::make_unique<LineSocket>(std::move(report.first));
  parser_ = std::make_unique<JsonParser>();
  phase_ = Phase::kStarting;
  return std::array{std::move(out.second), std::move(err.second), std::move(report.second)};
}

void Attempt::OnStarted(pid_t pid, Time now) {
  CHECK(phase_ == Phase::kStarting);
  CHECK(pid > 1);
  phase_ = Phase::kRunning;
  pid_ = pid;
  if (request_.time_limit) limit_end_ = now + *request_.time_limit;
  Emit(Started{.pid = pid, .fresh_interpreter = fresh});
  if (!killed_) return;
  SignalGroup(SIGTERM);  // Kill() came first
  kill_at_ = now + kill_grace_;
}

void Attempt::OnExited(ExitStatus exit, const ProcessUsage& usage, Time now) {
  phase_ = Phase::kDraining;
  exit_ = exit;
  usage_ = usage;
  drain_end_ = now + kDrain;
}

void Attempt::OnLost(std::string why, Time now) {
  phase_ = Phase::kDraining;
  lost_ = std::move(why);
  drain_end_ = now + kDrain;
}

void Attempt::ReadOutput(Stream stream) {
  UniqueFd& fd = outputs_[static_cast<size_t>(stream)];
  std::array<char, kReadBytes> buffer;
  for (int reads = 0; fd && reads < kReadsMax; ++reads) {
    const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return fd.Reset();
    if (request_.sink) request_.sink(stream, {buffer.data(), static_cast<size_t>(got)});
    if (static_cast<size_t>(got) < buffer.size()) return;
  }
}

void Attempt::ReadReport(Time now) {
  if (!report_) return;
  std::vector<std::string> lines;
  const LineSocket::Got got = report_->Read(lines);
  for (const std::string& line : lines) TakeReport(line, now);
  if (got == LineSocket::Got::kEnd) report_.reset();
}

// A line that is none of ours came from the task itself, which found our descriptor: ignored.
void Attempt::TakeReport(const std::string& line, Time now) {
  const Result<const boost::json::value*> parsed = parser_->Parse(line);
  const boost::json::object* object = parsed ? (*parsed)->if_object() : nullptr;
  if (object == nullptr) return;
  if (IsOutcome(*object)) {
    if (result_) return;
    result_ = ParseOutcome(*object);
    killed_before_result_ = killed_.has_value();
    exit_end_ = now + request_.exit_grace;
    limit_end_.reset();
    return;
  }
  if (auto report = ParseReport(*object)) Emit(std::move(*report));
}

void Attempt::Kill(Reason reason, std::string why, Duration grace, Time now) {
  if (phase_ == Phase::kDraining) return;
  const bool first = !killed_;
  if (!first && grace >= kill_grace_) return;
  kill_grace_ = grace;
  if (first) {
    killed_ = reason;
    kill_words_ = std::move(why);
  }
  if (phase_ != Phase::kRunning) return;
  if (first || grace == Duration::zero()) SignalGroup(grace > Duration::zero() ? SIGTERM : SIGKILL);
  kill_at_ = std::min(kill_at_.value_or(Time::max()), now + grace);
}

std::optional<Attempt::Time> Attempt::deadline() const {
  std::optional<Time> first = drain_end_;
  if (phase_ != Phase::kRunning) return first;
  for (const auto& end : {limit_end_, exit_end_, kill_at_}) {
    if (end && (!first || *end < *first)) first = end;
  }
  return first;
}

void Attempt::OnTime(Time now) {
  if (phase_ != Phase::kRunning) return;
  const auto due = [now](const std::optional<Time>& end) { return end && *end <= now; };
  if (due(kill_at_)) {
    SignalGroup(SIGKILL);
    kill_at_.reset();
  }
  if (due(limit_end_)) {
    limit_end_.reset();
    const double limit =
        std::chrono::duration<double>(request_.time_limit.value_or(Duration::zero())).count();
    Kill(Reason::kTimeLimit, fmt::format("timed out after {} s", limit), request_.grace, now);
  }
  if (due(exit_end_)) {
    exit_end_.reset();
    Kill(Reason::kExitGrace, "did not exit after its result", request_.grace, now);
  }
}

bool Attempt::Over(Time now) const {
  if (phase_ != Phase::kDraining) return false;
  return (!report_ && !outputs_[0] && !outputs_[1]) || (drain_end_ && now >= *drain_end_);
}

Outcome Attempt::Conclude() {
  // A task that is DONE is done, however it ends. One that failed of our signal was killed.
  const bool told = result_ && (!killed_before_result_ || result_->status == OutcomeStatus::kDone);
  Outcome outcome = told ? std::move(*result_) : WithoutResult();
  outcome.exit = exit_;
  outcome.cpu_s = usage_.cpu_s;
  outcome.max_rss_kb = usage_.max_rss_kb;
  outcome.output_cut = outputs_[0] || outputs_[1];
  return outcome;
}

Outcome Attempt::WithoutResult() const {
  Outcome outcome;
  const auto because = [&](OutcomeStatus status, const char* where, std::string message) {
    outcome.status = status;
    outcome.error = TaskError{.where = where, .message = std::move(message)};
    return outcome;
  };
  if (killed_ == Reason::kTimeLimit) {
    return because(OutcomeStatus::kFailed, "timeout", kill_words_);
  }
  if (killed_ == Reason::kAsked) return because(OutcomeStatus::kKilled, "killed", kill_words_);
  if (lost_) return because(OutcomeStatus::kLost, "host", *lost_);
  CHECK(exit_.has_value());
  const bool by_itself = exit_->signal == 0;
  return because(
      OutcomeStatus::kFailed, "exit", exit_->Text() + (by_itself ? " without a result" : ""));
}

void Attempt::Emit(decltype(RunEvent::what) what) {
  events_.push_back({request_.attempt, std::move(what)});
}

void Attempt::SignalGroup(int signal) const {
  if (pid_ > 1) kill(-pid_, signal);
}

}  // namespace headrace::host
