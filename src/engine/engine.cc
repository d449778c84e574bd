// The engine thread: gathers commands, commits their records, releases their answers. See engine.h.

#include "engine/engine.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <pthread.h>
#include <utility>

#include "base/check.h"

namespace headrace::engine {

using scheduler::Answer;
using scheduler::Command;
using scheduler::RequestId;
using std::chrono::steady_clock;

namespace {

constexpr int kSinkShift = 64 - Engine::kSinkBits;
constexpr SinkId kCalls{0};  // Engine::Call()'s own
// A timer waits no longer than this, so that a clock that was set is noticed.
constexpr Duration kSleepMax = std::chrono::seconds(1);
// The shortest sleep before a timer: a deadline that is too early must not keep the thread busy.
constexpr Duration kSleepMin = std::chrono::milliseconds(1);
constexpr Duration kTrimPeriod = std::chrono::milliseconds(100);

Duration Since(steady_clock::time_point start) {
  return std::chrono::duration_cast<Duration>(steady_clock::now() - start);
}

}  // namespace

// The sink of Call(): one call at a time.
class Engine::CallSink final : public AnswerSink {
 public:
  void OnAnswers(std::vector<Answer> answers) override {
    for (Answer& answer : answers) CHECK(box_.Put(std::move(answer)));
  }
  void Close() { box_.Close(); }

  std::mutex calling;

  std::optional<scheduler::Reply> Wait() {
    std::vector<Answer> answers;
    if (!box_.Take(answers)) return std::nullopt;
    CHECK(answers.size() == 1);
    return std::move(answers.front().reply);
  }

 private:
  Mailbox<Answer> box_{1};
};

Engine::Engine(store::Store& store,
               const scheduler::Settings& scheduler_settings,
               const scheduler::TimeZones& zones,
               const Clock& clock,
               EngineSettings settings)
    : store_(store),
      clock_(clock),
      settings_(std::move(settings)),
      epoch_(store.journal().OpenedAs()),
      replica_(
          store,
          clock,
          settings_.snapshot_bytes_min,
          [this](const Error& error) { Fail(error); },
          settings_.on_snapshot_error ? settings_.on_snapshot_error : [](const Error&) {}),
      mailbox_(settings_.commands_max),
      calls_(std::make_unique<CallSink>()),
      scheduler_(scheduler_settings, zones) {
  CHECK(Attach(*calls_) == kCalls);
}

Engine::~Engine() {
  Stop();
}

SinkId Engine::Attach(AnswerSink& sink) {
  CHECK(!thread_.joinable());
  CHECK(sinks_.size() < size_t{1} << kSinkBits);
  sinks_.push_back(&sink);
  answers_.emplace_back();
  return SinkId{static_cast<uint32_t>(sinks_.size() - 1)};
}

void Engine::Start() {
  CHECK(!thread_.joinable());
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "engine");
    Run();
  });
}

void Engine::Stop() {
  mailbox_.Close();
  if (thread_.joinable()) thread_.join();
  calls_->Close();
  replica_.Stop();
}

bool Engine::Submit(SinkId sink, Command&& command) {
  CHECK(command.request <= kRequestMax);
  if (command.request != 0) command.request |= RequestId{sink.value} << kSinkShift;
  if (mailbox_.Put(std::move(command))) return true;
  // NOLINTNEXTLINE(bugprone-use-after-move): what is refused is left untouched
  command.request &= kRequestMax;
  return false;
}

Result<scheduler::Reply> Engine::Call(scheduler::Request body) {
  const std::lock_guard lock(calls_->calling);
  if (!Submit(kCalls, Command{.request = 1, .body = std::move(body)})) {
    return headrace::Fail(ErrorCode::kUnavailable, "the engine takes no commands");
  }
  std::optional<scheduler::Reply> reply = calls_->Wait();
  if (!reply) return headrace::Fail(ErrorCode::kUnavailable, "the engine has stopped");
  return *std::move(reply);
}

void Engine::Run() {
  std::vector<Command> commands;
  while (mailbox_.Take(commands, UntilNextWork())) {
    if (!Step(commands)) return;
  }
}

bool Engine::Step(std::vector<Command>& commands) {
  now_ = Now();
  if (!commands.empty()) metrics_.batch_commands.Add(commands.size());
  size_t released = 0;
  for (const Command& command : commands) {
    Handle(command);
    if (records_.size() < settings_.commit_bytes_max) continue;
    released += outcome_.answers.size();
    if (!Flush()) return false;
  }
  const auto deadline = scheduler_.NextDeadline();
  if (!settings_.test_clock && deadline && *deadline <= now_) {
    Handle(Command{.request = 0, .body = scheduler::Tick{}});
  }
  const bool committed = !records_.empty();
  released += outcome_.answers.size();
  if (!Flush()) return false;
  SendLiveness();
  if (committed) Linger(released);
  return true;
}

void Engine::Handle(const Command& command) {
  const bool has_time = command.at != Timestamp{};
  scheduler_.Handle(command, has_time ? command.at : now_, outcome_);
  for (const scheduler::Record& record : outcome_.records) EncodeRecord(record, records_);
  records_count_ += outcome_.records.size();
  outcome_.records.clear();
  liveness_changed_ = true;
}

// Makes what was gathered durable and lets its answers go. The replica gets the commit before the
// answers go out: whoever reads after an answer is behind it in the replica's mailbox.
bool Engine::Flush() {
  if (!records_.empty()) {
    if (!Append()) return false;
    replica_.Apply(committed_.load(std::memory_order_relaxed),
                   now_,
                   std::make_shared<const std::string>(records_),
                   Origin::kNow);
    records_.clear();
    records_count_ = 0;
  }
  Release();
  if (const Result<void> maintained = store_.journal().Maintain(); !maintained) {
    return Fail(maintained.error());
  }
  return Trim();
}

// Some of what a snapshot has made superfluous. Little at a time, since the next commit waits.
bool Engine::Trim() {
  const store::CommitId kept = replica_.Kept();
  if (trimmed_to_ >= kept || now_ < trim_at_) return true;
  trim_at_ = now_ + kTrimPeriod;
  const Result<size_t> trimmed = store_.journal().Trim(kept + 1);
  if (!trimmed && trimmed.error().code == ErrorCode::kFull) return true;  // later
  if (!trimmed) return Fail(trimmed.error());
  if (*trimmed < store::Journal::kTrimRowsMax) trimmed_to_ = kept;
  return true;
}

// One commit. A full disk is waited out with the very same commit, for its records are in the
// scheduler's state already; every other error is the end.
bool Engine::Append() {
  bool waited = false;
  for (;;) {
    const steady_clock::time_point start = steady_clock::now();
    const Result<store::CommitId> commit = store_.journal().Append(records_, now_);
    if (commit) {
      commit_time_ = Since(start);
      committed_.store(*commit, std::memory_order_release);
      break;
    }
    if (commit.error().code != ErrorCode::kFull) return Fail(commit.error());
    waited = true;
    if (!WaitForRoom(commit.error())) return false;
  }
  metrics_.commit_us.Add(static_cast<uint64_t>(commit_time_.count()));
  metrics_.commit_bytes.Add(records_.size());
  metrics_.records.fetch_add(records_count_, std::memory_order_relaxed);
  if (waited) {
    // Heartbeats were refused meanwhile; nobody shall lose a lease over that.
    metrics_.disk_full.store(false, std::memory_order_relaxed);
    now_ = Now();
    scheduler_.Recovered(now_);
  }
  return true;
}

// Refuses what comes in until it is time to try again. False: the engine is being stopped; what was
// not written was not answered either.
bool Engine::WaitForRoom(const Error& full) {
  metrics_.disk_full.store(true, std::memory_order_relaxed);
  const steady_clock::time_point start = steady_clock::now();
  std::vector<Command> commands;
  for (Duration waited{}; waited < settings_.full_disk_retry; waited = Since(start)) {
    if (!mailbox_.Take(commands, settings_.full_disk_retry - waited)) return false;
    for (const Command& command : commands) Refuse(command, full);
  }
  return true;
}

void Engine::Refuse(const Command& command, const Error& error) {
  if (command.request == 0) return;
  const auto sink = static_cast<size_t>(command.request >> kSinkShift);
  std::vector<Answer> answers(1);
  answers[0].request = command.request & kRequestMax;
  answers[0].reply = scheduler::Refused{
      .kind = scheduler::Refusal::kUnavailable, .detail = error.message, .remedy = error.remedy};
  sinks_[sink]->OnAnswers(std::move(answers));
}

void Engine::Release() {
  for (Answer& answer : outcome_.answers) {
    const auto sink = static_cast<size_t>(answer.request >> kSinkShift);
    answer.request &= kRequestMax;
    answers_[sink].push_back(std::move(answer));
  }
  outcome_.answers.clear();
  for (size_t sink = 0; sink < sinks_.size(); ++sink) {
    if (answers_[sink].empty()) continue;
    sinks_[sink]->OnAnswers(std::exchange(answers_[sink], {}));
  }
}

// After a slow commit, those just answered are about to ask again: waiting for them makes one
// commit of what would be two halves taking turns (decisions/0003).
void Engine::Linger(size_t released) {
  if (commit_time_ <= settings_.linger_above) return;
  const Duration share =
      std::chrono::duration_cast<Duration>(commit_time_ * settings_.linger_share);
  mailbox_.Linger(released + mailbox_.Size(), share);
}

void Engine::SendLiveness() {
  if (!liveness_changed_ || now_ < liveness_at_ + settings_.liveness_period) return;
  liveness_changed_ = false;
  liveness_at_ = now_;
  replica_.Hear(Liveness(scheduler_.LastActives()));
  if (const Result<uint64_t> bytes = store_.journal().Bytes()) {
    metrics_.journal_bytes.store(*bytes, std::memory_order_relaxed);
  }
}

Duration Engine::UntilNextWork() const {
  Timestamp next = now_ + kSleepMax;
  if (const auto deadline = scheduler_.NextDeadline()) next = std::min(next, *deadline);
  if (liveness_changed_) next = std::min(next, liveness_at_ + settings_.liveness_period);
  return std::clamp(next - std::max(now_, clock_.Now()), kSleepMin, kSleepMax);
}

Timestamp Engine::Now() {
  return std::max(now_, clock_.Now());
}

// Nothing more is answered: what was not durable has not happened.
bool Engine::Fail(const Error& error) {
  if (!settings_.on_failure) {
    std::fprintf(stderr, "headrace stops: %s. %s\n", error.message.c_str(), error.remedy.c_str());
    std::abort();
  }
  settings_.on_failure(error);
  mailbox_.Close();
  calls_->Close();
  return false;
}

}  // namespace headrace::engine
