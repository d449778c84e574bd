// The worker's loop: what happened to the state, what it decides to the hands.

#include "worker/worker.h"

#include <algorithm>
#include <charconv>
#include <spdlog/spdlog.h>
#include <utility>
#include <variant>

#include "base/check.h"

namespace headrace::worker {
namespace {

// Luigi's client knows user and password in the URL alone; a token may stand for the password.
std::string UrlForLuigi(const client::ClientOptions& options) {
  const size_t scheme = options.url.find("://");
  const bool has_user = options.url.find('@') != std::string::npos;
  if (options.token.empty() || has_user || scheme == std::string::npos) return options.url;
  std::string url = options.url;
  return url.insert(scheme + 3, "token:" + options.token + "@");
}

constexpr size_t kEventsMax = 1 << 16;                      // all calls of a worker at once
constexpr Duration kPollMax = std::chrono::seconds(1);      // also bounds how late Stop() is seen
constexpr Duration kGiveUpAfter = std::chrono::seconds(5);  // of the second Stop()

WorkerLimits WithSlots(WorkerLimits limits, int slots) {
  limits.slots = std::max(slots, 1);
  return limits;
}

int64_t NumberOf(std::string_view attempt) {
  int64_t number = 0;
  std::from_chars(attempt.data(), attempt.data() + attempt.size(), number);
  return number;
}

double Seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

}  // namespace

Worker::Worker(WorkerOptions options, Children& children, host::HostPool& pool, const Clock& clock)
    : options_(std::move(options)),
      pool_(pool),
      clock_(clock),
      state_(WithSlots(options_.limits, options_.worker.slots)),
      inbox_(kEventsMax),
      runner_(children, pool) {}

Worker::~Worker() = default;

Result<void> Worker::Run() {
  const auto on_event = [this](LinkEvent event) {
    CHECK(inbox_.Put(std::move(event)));
    runner_.Wake();
  };
  link_ =
      TRY(SchedulerLink::Make({.client = options_.client, .worker = options_.worker}, on_event));

  std::vector<LinkEvent> events;
  while (!ObeyStop() && !state_.Over()) {
    Perform(state_.TakeActions(LeaseClock::now()));
    const Duration until_due = state_.NextDeadline() - LeaseClock::now();
    for (const host::RunEvent& event :
         runner_.Poll(std::clamp(until_due, Duration::zero(), kPollMax))) {
      On(event);
    }
    inbox_.Take(events, Duration::zero());
    for (LinkEvent& event : events) On(event);
    state_.OnTime(LeaseClock::now());
  }

  link_->Leave();
  link_.reset();
  return {};
}

void Worker::Stop() {
  ++stops_;
  runner_.Wake();
}

bool Worker::ObeyStop() {
  const LeaseTime now = LeaseClock::now();
  const int stops = stops_.load();
  if (stops > 0 && stops_obeyed_ == 0) {
    spdlog::info("worker stops: {} attempts may end within {:.0f} s",
                 state_.running(),
                 Seconds(options_.limits.drain_grace));
    state_.Drain(now);
  }
  if (stops > 1 && stops_obeyed_ < 2) {
    spdlog::warn("worker stops at once: {} attempts are killed", state_.running());
    state_.KillAll(now);
    give_up_at_ = now + kGiveUpAfter;
  }
  stops_obeyed_ = std::min(stops, 2);
  return give_up_at_ && now >= *give_up_at_;
}

// ---- what the state decided

void Worker::Perform(std::vector<Action> actions) {
  for (Action& action : actions) {
    std::visit([this](auto& what) { Do(what); }, action);
  }
}

void Worker::Do(const Register&) {
  link_->Register();
}

void Worker::Do(const Receive& action) {
  link_->Receive(action.max, action.wait);
}

void Worker::Do(SendHeartbeat& action) {
  link_->SendHeartbeat(std::move(action.heartbeat));
}

void Worker::Do(Launch& action) {
  const int64_t attempt = action.message.attempt;
  Running running{.message = std::move(action.message), .log = {}, .since = LeaseClock::now()};
  if (!options_.log.dir.empty()) {
    Result<std::unique_ptr<AttemptLog>> log = AttemptLog::Open(options_.log, attempt, clock_);
    if (log) running.log = *std::move(log);
    if (!log) spdlog::error("attempt {} runs without a log: {}", attempt, log.error().message);
  }
  const auto [place, is_new] = running_.try_emplace(attempt, std::move(running));
  CHECK(is_new);
  host::RunRequest request = MakeRequest(place->second.message, place->second.log.get());
  request.lease_end = action.guard_end.time_since_epoch();
  runner_.Start(std::move(request));
}

void Worker::Do(const Renew& action) {
  runner_.Renew(std::to_string(action.attempt), action.guard_end.time_since_epoch());
}

void Worker::Do(const Kill& action) {
  runner_.Kill(std::to_string(action.attempt), action.why, action.grace);
}

void Worker::Do(Report& action) {
  CloseLog(action.attempt, action.report);
  const auto found = running_.find(action.attempt);
  if (found != running_.end()) {
    Running& running = found->second;
    if (running.log != nullptr) action.report.log_bytes = running.log->bytes();
    const std::string summary = Summary(action.report);
    spdlog::info("attempt {} {} {} ({:.2f} s)",
                 action.attempt,
                 running.message.task.id,
                 summary.substr(0, summary.find('\n')),
                 Seconds(LeaseClock::now() - running.since));
    running_.erase(found);
  }
  link_->Report(action.attempt, std::move(action.report));
}

void Worker::Do(const Forget& action) {
  const auto found = running_.find(action.attempt);
  if (found == running_.end()) return;
  spdlog::warn("attempt {} {} was given to another worker; killed here",
               action.attempt,
               found->second.message.task.id);
  if (found->second.log != nullptr) found->second.log->Close("lost: given to another worker");
  running_.erase(found);
}

void Worker::Do(const Deliver& action) {
  const client::TaskMessage& message = action.message;
  runner_.SendMessage(std::to_string(message.attempt), message.id, message.content);
}

// ---- what happened

void Worker::On(LinkEvent& event) {
  const LeaseTime now = LeaseClock::now();
  if (const auto* registered = std::get_if<WorkerRegistered>(&event)) {
    state_.OnRegistered(registered->registration, now);
  } else if (auto* received = std::get_if<MessagesReceived>(&event)) {
    state_.OnReceived(std::move(received->messages), received->sent, now);
  } else if (const auto* failed = std::get_if<ReceiveFailed>(&event)) {
    state_.OnReceiveFailed(failed->unknown_worker);
  } else if (const auto* answered = std::get_if<HeartbeatAnswered>(&event)) {
    state_.OnHeartbeat(answered->answer, answered->sent, now);
  } else if (const auto* unanswered = std::get_if<HeartbeatFailed>(&event)) {
    state_.OnHeartbeatFailed(unanswered->unknown_worker, now);
  } else if (const auto* settled = std::get_if<ReportSettled>(&event)) {
    state_.OnReported(settled->attempt);
  }
}

void Worker::On(const host::RunEvent& event) {
  const int64_t attempt = NumberOf(event.attempt);
  const auto found = running_.find(attempt);
  if (found == running_.end()) return;
  client::AttemptNews news;
  news.attempt = attempt;
  if (const auto* started = std::get_if<host::Started>(&event.what)) {
    if (started->fresh_interpreter) NoteFreshInterpreter(found->second);
    return;
  }
  if (const auto* ended = std::get_if<host::Ended>(&event.what)) {
    if (ended->outcome.output_cut && found->second.log != nullptr) {
      found->second.log->Note("a process that outlived the task still holds its output open");
    }
    state_.OnEnded(attempt, ended->outcome, LeaseClock::now());
    return;
  }
  if (const auto* status = std::get_if<host::StatusMessage>(&event.what)) {
    news.status_message = status->text;
  } else if (const auto* progress = std::get_if<host::Progress>(&event.what)) {
    news.progress = progress->percentage;
  } else if (const auto* tracking = std::get_if<host::TrackingUrl>(&event.what)) {
    news.tracking_url = tracking->url;
  } else if (const auto* decreased = std::get_if<host::ResourcesDecreased>(&event.what)) {
    news.decrease_resources = decreased->resources;
  }
  state_.OnNews(news);
}

void Worker::NoteFreshInterpreter(Running& running) {
  const auto zygote = pool_.Get(HostOf(running.message), running.message.task.module);
  const host::HostInfo* info = zygote ? (*zygote)->info() : nullptr;
  if (running.log == nullptr || info == nullptr || info->fork_unsafe.empty()) return;
  running.log->Note("this attempt got a fresh interpreter, which starts slower than a fork: " +
                    info->fork_unsafe);
}

host::RunRequest Worker::MakeRequest(const client::Message& message, AttemptLog* log) const {
  host::RunRequest request;
  request.attempt = std::to_string(message.attempt);
  request.host = HostOf(message);
  request.task = {
      .module = message.task.module, .family = message.task.family, .params = message.task.params};
  for (const auto& [name, values] : message.batch) request.batch.emplace(name, values);
  request.worker = options_.worker.id;
  request.env = {{"HEADRACE_ATTEMPT", request.attempt}, {"HEADRACE_TASK_ID", message.task.id}};
  if (message.run) request.env.emplace_back("HEADRACE_RUN", std::to_string(*message.run));
  if (!message.pipeline.empty()) request.env.emplace_back("HEADRACE_PIPELINE", message.pipeline);
  if (options_.memory_bytes_max > 0) {
    request.limits["RLIMIT_AS"] = {options_.memory_bytes_max, options_.memory_bytes_max};
  }
  request.pipeline = message.pipeline_unit;
  if (message.pipeline_unit) request.scheduler_url = UrlForLuigi(options_.client);
  request.fresh_interpreter = options_.unforked.contains(message.pipeline);
  request.skip_dependency_check = options_.skip_dependency_check;
  request.time_limit = message.timeout ? message.timeout : options_.timeout;
  if (request.time_limit == Duration::zero()) request.time_limit.reset();
  request.grace = options_.limits.grace;
  request.exit_grace = options_.exit_grace;
  if (log != nullptr) {
    request.sink = [log](host::Stream stream, std::string_view bytes) {
      const bool is_out = stream == host::Stream::kOut;
      log->Write(is_out ? AttemptLog::Stream::kOut : AttemptLog::Stream::kErr, bytes);
    };
  }
  return request;
}

const host::HostSettings& Worker::HostOf(const client::Message& message) const {
  const auto found = options_.host_by_pipeline.find(message.pipeline);
  return found == options_.host_by_pipeline.end() ? options_.host : found->second;
}

// What the log says last: how it ended, and what nobody else would print.
void Worker::CloseLog(int64_t attempt, const client::FinishReport& report) {
  const auto found = running_.find(attempt);
  if (found == running_.end() || found->second.log == nullptr) return;
  AttemptLog& log = *found->second.log;
  if (report.error && report.error->where == "load") {  // before Luigi's own logging
    log.Write(AttemptLog::Stream::kErr, report.error->traceback);
  }
  log.Close(Summary(report));
  if (!log.error().empty()) spdlog::error("attempt {}: {}", attempt, log.error());
}

}  // namespace headrace::worker
