// The threads that talk to the scheduler.

#include "worker/scheduler_link.h"

#include <algorithm>
#include <spdlog/spdlog.h>
#include <utility>

#include "base/check.h"
#include "queue/embedded_queue.h"

namespace headrace::worker {
namespace {

constexpr Duration kPauseMin = std::chrono::milliseconds(100);
constexpr Duration kPauseMax = std::chrono::seconds(2);
constexpr Duration kHeartbeatTimeout = std::chrono::seconds(5);
constexpr Duration kCallTimeout = std::chrono::seconds(30);
constexpr Duration kLeaveTimeout = std::chrono::seconds(3);

std::string TextOf(const Error& error) {
  return error.remedy.empty() ? error.message : error.message + " (" + error.remedy + ")";
}

// What is left of a report that the scheduler cannot take (too large, say): enough to end the
// attempt with.
client::FinishReport Shortened(const client::FinishReport& report, const Error& refusal) {
  client::FinishReport shorter;
  shorter.worker = report.worker;
  shorter.outcome = report.outcome;
  shorter.log_bytes = report.log_bytes;
  const bool loses_meaning = report.outcome == client::Outcome::kNewDependencies ||
                             report.outcome == client::Outcome::kMissing;
  if (loses_meaning) shorter.outcome = client::Outcome::kFailed;
  if (shorter.outcome == client::Outcome::kFailed) {
    shorter.error = {.type = report.error ? report.error->type : "ReportRefused",
                     .message = "its report was refused: " + refusal.message,
                     .traceback = {},
                     .where = "run"};
  }
  return shorter;
}

}  // namespace

Result<std::unique_ptr<SchedulerLink>> SchedulerLink::Make(
    LinkOptions options, std::function<void(LinkEvent)> on_event) {
  std::unique_ptr<SchedulerLink> link(new SchedulerLink(std::move(options), std::move(on_event)));
  TRY(link->Start());
  return link;
}

SchedulerLink::SchedulerLink(LinkOptions options, std::function<void(LinkEvent)> on_event)
    : options_(std::move(options)), on_event_(std::move(on_event)) {}

SchedulerLink::~SchedulerLink() {
  BreakOff();
}

Result<std::unique_ptr<client::Client>> SchedulerLink::MakeClient(Duration patience,
                                                                  Duration timeout) const {
  client::ClientOptions options = options_.client;
  options.patience = patience;
  options.timeout = timeout;
  return client::Client::Make(std::move(options));
}

Result<void> SchedulerLink::Start() {
  queue_ = std::make_unique<queue::EmbeddedQueue>(TRY(MakeClient(Duration::zero(), kCallTimeout)),
                                                  options_.worker.id);
  beat_client_ = TRY(MakeClient(Duration::zero(), kHeartbeatTimeout));
  for (size_t i = 0; i < options_.finishers; ++i) {
    finishers_.push_back(
        std::make_unique<Finisher>(TRY(MakeClient(client::Client::kForever, kCallTimeout))));
  }
  receiver_ = std::thread([this] { ReceiveLoop(); });
  beater_ = std::thread([this] { BeatLoop(); });
  for (const auto& finisher : finishers_) {
    finisher->thread = std::thread([this, its = finisher.get()] { FinishLoop(*its); });
  }
  return {};
}

void SchedulerLink::BreakOff() {
  if (std::exchange(broken_off_, true) || !receiver_.joinable()) return;
  receives_.Close();
  beats_.Close();
  queue_->Cancel();
  beat_client_->Cancel();
  for (const auto& finisher : finishers_) {
    finisher->requests.Close();
    finisher->pause.Close();
    finisher->client->Cancel();
  }
  receiver_.join();
  beater_.join();
  for (const auto& finisher : finishers_) finisher->thread.join();
}

void SchedulerLink::Leave() {
  BreakOff();
  const auto client = MakeClient(Duration::zero(), kLeaveTimeout);
  const Result<void> left = (*client)->RemoveWorker(options_.worker.id);
  const bool known = left || left.error().code != ErrorCode::kNotFound;
  if (!left && known)
    spdlog::warn("could not tell the scheduler that it leaves: {}", left.error().message);
}

void SchedulerLink::Register() {
  CHECK(beats_.Put(RegisterRequest{}));
}

void SchedulerLink::Receive(int max, Duration wait) {
  CHECK(receives_.Put(ReceiveRequest{max, wait}));
}

void SchedulerLink::SendHeartbeat(client::Heartbeat heartbeat) {
  CHECK(beats_.Put(std::move(heartbeat)));
}

void SchedulerLink::Report(int64_t attempt, client::FinishReport report) {
  report.worker = options_.worker.id;
  // An idle one if there is one; else they take turns.
  Finisher* chosen = finishers_[next_finisher_++ % finishers_.size()].get();
  for (const auto& finisher : finishers_) {
    if (finisher->requests.Size() < chosen->requests.Size()) chosen = finisher.get();
  }
  CHECK(chosen->requests.Put(ReportRequest{attempt, std::move(report)}));
}

void SchedulerLink::ReceiveLoop() {
  std::vector<ReceiveRequest> requests;
  Duration pause = kPauseMin;
  while (receives_.Take(requests)) {
    if (requests.empty()) continue;
    const LeaseTime sent = LeaseClock::now();
    Result<std::vector<queue::Received>> received = queue_->Receive(
        {.pools = options_.worker.pools, .max = requests.back().max, .wait = requests.back().wait});
    if (received) {
      pause = kPauseMin;
      MessagesReceived event{.messages = {}, .sent = sent};
      for (queue::Received& one : *received) event.messages.push_back(std::move(one.message));
      on_event_(std::move(event));
      continue;
    }
    // While the scheduler is away the beater says so.
    const bool unknown = received.error().code == ErrorCode::kNotFound;
    if (!unknown && received.error().code != ErrorCode::kUnavailable) {
      spdlog::error("receive: {}", TextOf(received.error()));
    }
    if (!receives_.Take(requests, pause)) return;  // nothing is asked for meanwhile
    pause = std::min(pause * 2, kPauseMax);
    on_event_(ReceiveFailed{unknown});
  }
}

void SchedulerLink::BeatLoop() {
  std::vector<Telling> tellings;
  while (beats_.Take(tellings)) {
    for (const Telling& telling : tellings) {
      if (const auto* heartbeat = std::get_if<client::Heartbeat>(&telling)) {
        TellHeartbeat(*heartbeat);
      } else {
        RegisterWorker();
      }
    }
  }
}

void SchedulerLink::RegisterWorker() {
  std::vector<Telling> ignored;
  for (Duration pause = kPauseMin;; pause = std::min(pause * 2, kPauseMax)) {
    const Result<client::Registration> registration = beat_client_->RegisterWorker(options_.worker);
    if (registration) {
      spdlog::info("worker {} is registered at {}", options_.worker.id, beat_client_->url());
      reachable_ = true;
      return on_event_(WorkerRegistered{*registration});
    }
    if (beat_client_->IsCancelled()) return;
    if (std::exchange(reachable_, false)) {
      spdlog::warn("cannot register at the scheduler, trying on: {}", TextOf(registration.error()));
    }
    if (!beats_.Take(ignored, pause)) return;
  }
}

void SchedulerLink::TellHeartbeat(const client::Heartbeat& heartbeat) {
  const LeaseTime sent = LeaseClock::now();
  Result<client::HeartbeatAnswer> answer =
      beat_client_->SendHeartbeat(options_.worker.id, heartbeat);
  if (answer) {
    if (!std::exchange(reachable_, true)) spdlog::info("the scheduler is reachable again");
    return on_event_(HeartbeatAnswered{*std::move(answer), sent});
  }
  if (beat_client_->IsCancelled()) return;
  if (std::exchange(reachable_, false)) {
    spdlog::warn("heartbeat, trying on: {}", TextOf(answer.error()));
  }
  on_event_(HeartbeatFailed{answer.error().code == ErrorCode::kNotFound});
}

void SchedulerLink::FinishLoop(Finisher& finisher) {
  std::vector<ReportRequest> requests;
  while (finisher.requests.Take(requests)) {
    for (ReportRequest& request : requests) {
      if (!Deliver(finisher, request)) return;
      on_event_(ReportSettled{request.attempt});
    }
  }
}

// False: broken off.
bool SchedulerLink::Deliver(Finisher& finisher, ReportRequest& request) {
  bool shortened = false;
  for (;;) {
    const Result<void> sent = finisher.client->FinishAttempt(request.attempt, request.report);
    if (sent) return true;
    if (finisher.client->IsCancelled()) return false;
    const Error& error = sent.error();
    switch (error.code) {
      case ErrorCode::kConflict:
      case ErrorCode::kNotFound:
        spdlog::info("attempt {}: its report came too late: {}", request.attempt, TextOf(error));
        return true;
      case ErrorCode::kInvalid:
        spdlog::error("attempt {}: {}", request.attempt, TextOf(error));
        if (std::exchange(shortened, true)) return true;
        request.report = Shortened(request.report, error);
        break;
      default:
        spdlog::error("attempt {}: {}", request.attempt, TextOf(error));
        if (std::vector<char> none; !finisher.pause.Take(none, kPauseMax)) return false;
    }
  }
}

}  // namespace headrace::worker
