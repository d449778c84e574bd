// Calls of /v1: a path, a body, an answer; and the patience with a scheduler that is away.

#include "client/client.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/python_json.h"
#include "client/decode.h"
#include "client/encode.h"
#include "client/json_fields.h"
#include "net/form.h"
#include "net/http_client.h"

namespace headrace::client {
namespace {

using boost::json::object;
using net::Method;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr Duration kLogSilenceMax = std::chrono::hours(24);  // a task may print nothing for long

std::string Join(std::string_view path, std::string_view query) {
  std::string joined(path);
  if (!query.empty()) joined.append("?").append(query);
  return joined;
}

std::string WorkerPath(std::string_view worker, std::string_view call) {
  return "/v1/workers/" + net::PercentEncode(worker) + std::string(call);
}

std::string TaskPath(std::string_view task, std::string_view call) {
  return "/v1/tasks/" + net::PercentEncode(task) + std::string(call);
}

std::string NumberPath(std::string_view kind, int64_t number, std::string_view call) {
  return "/v1/" + std::string(kind) + "/" + std::to_string(number) + std::string(call);
}

std::string LogPath(int64_t attempt, const LogRange& range) {
  return NumberPath("attempts", attempt, "/log?stream=") + net::PercentEncode(range.stream) +
         "&offset=" + std::to_string(range.offset) + "&limit=" + std::to_string(range.limit);
}

bool IsTemporary(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kTimeout;
}

template <class T>
Page<T> DecodePage(const object& answer, T (*read)(const object&)) {
  return {
      .items = Items(answer, "items", read), .next = Text(answer, "next"), .at = Int(answer, "at")};
}

}  // namespace

struct Client::Impl {
  Impl(ClientOptions given, std::unique_ptr<net::HttpClient> connection)
      : options(std::move(given)), http(std::move(connection)) {}

  // One try. An answer of 400 and above is an error.
  Result<net::HttpResponse> TryOnce(const net::HttpCall& call) {
    net::HttpResponse response = TRY(http->Send(call));
    if (response.status < 400) return response;
    const std::string what = std::string(net::MethodName(call.method)) + " " + call.path;
    return std::unexpected(DecodeProblem(response.status, response.body, what));
  }

  // Tries until it gets through or `patience` is over.
  Result<net::HttpResponse> Send(const net::HttpCall& call) {
    const SteadyTime end = std::chrono::steady_clock::now() + options.patience;
    for (Duration pause = options.pause_min;; pause = std::min(pause * 2, options.pause_max)) {
      Result<net::HttpResponse> response = TryOnce(call);
      if (response || !IsTemporary(response.error())) return response;
      if (std::chrono::steady_clock::now() + pause > end || Pause(pause)) return response;
    }
  }

  // Waits; true when Cancel() ended it.
  bool Pause(Duration span) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, span, [&] { return cancelled; });
  }

  // The answer's object, which lives until the next call.
  Result<const object*> Ask(const net::HttpCall& call) {
    const net::HttpResponse response = TRY(Send(call));
    const Result<const boost::json::value*> value = parser.Parse(response.body);
    if (value && (*value)->is_object()) return &(*value)->get_object();
    const std::string why = value ? "not an object" : value.error().message;
    return Fail(ErrorCode::kInvalid, call.path + ": the answer is not what was expected: " + why);
  }

  Result<const object*> Post(std::string path, std::string body, Duration wait = {}) {
    return Ask({.method = Method::kPost,
                .path = std::move(path),
                .content_type = "application/json",
                .body = std::move(body),
                .headers = {},
                .timeout = options.timeout + wait});
  }

  Result<const object*> Read(std::string path) { return Ask(GetCall(std::move(path))); }

  net::HttpCall GetCall(std::string path) const {
    return {.method = Method::kGet,
            .path = std::move(path),
            .content_type = {},
            .body = {},
            .headers = {},
            .timeout = options.timeout};
  }

  Result<std::string> PostForText(std::string path, std::string_view field) {
    return Text(*TRY(Post(std::move(path), "{}")), field);
  }

  template <class T>
  Result<Page<T>> List(std::string path, T (*read)(const object&)) {
    return DecodePage<T>(*TRY(Read(std::move(path))), read);
  }

  const ClientOptions options;
  const std::unique_ptr<net::HttpClient> http;
  JsonParser parser;

  std::mutex mutex;  // over `cancelled` alone
  std::condition_variable changed;
  bool cancelled = false;
};

Result<std::unique_ptr<Client>> Client::Make(ClientOptions options) {
  net::HttpClientOptions connection;
  connection.base_url = options.url;
  connection.bearer_token = options.token;
  connection.ca_file = options.ca_file;
  connection.timeout = options.timeout;
  connection.stream_silence_max = kLogSilenceMax;
  std::unique_ptr<net::HttpClient> http = TRY(net::HttpClient::Make(std::move(connection)));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(http));
  return std::unique_ptr<Client>(new Client(std::move(impl)));
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Client::~Client() = default;

void Client::Cancel() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->cancelled = true;
  }
  impl_->changed.notify_all();
  impl_->http->Cancel();
}

bool Client::IsCancelled() const {
  return impl_->http->IsCancelled();
}

const std::string& Client::url() const {
  return impl_->http->base_url();
}

// ---- workers

Result<Registration> Client::RegisterWorker(const WorkerInfo& worker) {
  return DecodeRegistration(*TRY(impl_->Post("/v1/workers", EncodeWorker(worker))));
}

Result<std::vector<Message>> Client::Receive(std::string_view worker,
                                             std::span<const std::string> pools,
                                             int max,
                                             Duration wait) {
  const object* answer =
      TRY(impl_->Post(WorkerPath(worker, "/receive"), EncodeReceive(pools, max, wait), wait));
  return Items(*answer, "messages", &DecodeMessage);
}

Result<HeartbeatAnswer> Client::SendHeartbeat(std::string_view worker, const Heartbeat& heartbeat) {
  return DecodeHeartbeatAnswer(
      *TRY(impl_->Post(WorkerPath(worker, "/heartbeat"), EncodeHeartbeat(heartbeat))));
}

Result<void> Client::FinishAttempt(int64_t attempt, const FinishReport& report) {
  (void)TRY(impl_->Post(NumberPath("attempts", attempt, "/finish"), EncodeFinish(report)));
  return {};
}

Result<void> Client::RemoveWorker(std::string_view worker) {
  net::HttpCall call = impl_->GetCall(WorkerPath(worker, ""));
  call.method = Method::kDelete;
  (void)TRY(impl_->Send(call));
  return {};
}

// ---- planners

Result<std::vector<Plan>> Client::ClaimPlans(std::string_view planner, int max, Duration wait) {
  const object* answer = TRY(impl_->Post("/v1/plans/claim", EncodeClaim(planner, max, wait), wait));
  return Items(*answer, "plans", &DecodePlan);
}

Result<Registered> Client::RegisterTasks(int64_t plan,
                                         std::string_view planner,
                                         std::span<const PlannedTask> tasks) {
  const object* answer =
      TRY(impl_->Post(NumberPath("plans", plan, "/tasks"), EncodeTasks(planner, tasks)));
  return Registered{.registered = Int(*answer, "registered"), .changed = Int(*answer, "changed")};
}

Result<void> Client::RenewPlan(int64_t plan, std::string_view planner) {
  (void)TRY(impl_->Post(NumberPath("plans", plan, "/heartbeat"), EncodePlanner(planner)));
  return {};
}

Result<void> Client::FinishPlan(int64_t plan,
                                std::string_view planner,
                                std::span<const std::string> roots,
                                const std::optional<TaskError>& error) {
  (void)TRY(
      impl_->Post(NumberPath("plans", plan, "/finish"), EncodePlanEnd(planner, roots, error)));
  return {};
}

// ---- operators

Result<RunCreated> Client::CreateRun(const NewRun& run) {
  const object* answer = TRY(impl_->Post("/v1/runs", EncodeNewRun(run)));
  return RunCreated{.run = Int(*answer, "run"), .created = Bool(*answer, "created")};
}

Result<std::string> Client::RetryTask(std::string_view task) {
  return impl_->PostForText(TaskPath(task, "/retry"), "status");
}

Result<std::string> Client::CancelTask(std::string_view task) {
  return impl_->PostForText(TaskPath(task, "/cancel"), "status");
}

Result<std::string> Client::MarkTaskDone(std::string_view task) {
  return impl_->PostForText(TaskPath(task, "/mark-done"), "status");
}

Result<std::string> Client::RetryRun(int64_t run) {
  return impl_->PostForText(NumberPath("runs", run, "/retry"), "state");
}

Result<std::string> Client::CancelRun(int64_t run) {
  return impl_->PostForText(NumberPath("runs", run, "/cancel"), "state");
}

Result<bool> Client::PausePipeline(std::string_view pipeline) {
  const std::string path = "/v1/pipelines/" + net::PercentEncode(pipeline) + "/pause";
  return Bool(*TRY(impl_->Post(path, "{}")), "paused");
}

Result<bool> Client::ResumePipeline(std::string_view pipeline) {
  const std::string path = "/v1/pipelines/" + net::PercentEncode(pipeline) + "/resume";
  return Bool(*TRY(impl_->Post(path, "{}")), "paused");
}

// ---- reads

Result<RunRow> Client::GetRun(int64_t run) {
  return DecodeRun(*TRY(impl_->Read(NumberPath("runs", run, ""))));
}

Result<TaskRow> Client::GetTask(std::string_view task) {
  return DecodeTask(*TRY(impl_->Read(TaskPath(task, ""))));
}

Result<Why> Client::GetWhy(std::string_view task) {
  return DecodeWhy(*TRY(impl_->Read(TaskPath(task, "/why"))));
}

Result<Overview> Client::GetOverview() {
  return DecodeOverview(*TRY(impl_->Read("/v1/overview")));
}

Result<Page<RunRow>> Client::ListRuns(std::string_view query) {
  return impl_->List(Join("/v1/runs", query), &DecodeRun);
}

Result<Page<TaskRow>> Client::ListTasks(std::string_view query) {
  return impl_->List(Join("/v1/tasks", query), &DecodeTask);
}

Result<Page<TaskRow>> Client::ListRunTasks(int64_t run, std::string_view query) {
  return impl_->List(Join(NumberPath("runs", run, "/tasks"), query), &DecodeTask);
}

Result<Page<AttemptRow>> Client::ListAttempts(std::string_view task, std::string_view query) {
  return impl_->List(Join(TaskPath(task, "/attempts"), query), &DecodeAttempt);
}

Result<Page<WorkerRow>> Client::ListWorkers() {
  return impl_->List("/v1/workers", &DecodeWorker);
}

Result<Page<PoolRow>> Client::ListPools() {
  return impl_->List("/v1/pools", &DecodePool);
}

Result<Page<PipelineRow>> Client::ListPipelines() {
  return impl_->List("/v1/pipelines", &DecodePipeline);
}

Result<LogPart> Client::ReadLog(int64_t attempt, const LogRange& range) {
  net::HttpResponse response = TRY(impl_->Send(impl_->GetCall(LogPath(attempt, range))));
  LogPart part;
  const std::string_view size = response.headers.Find("X-Log-Size").value_or("0");
  std::from_chars(size.data(), size.data() + size.size(), part.size);
  part.complete = response.headers.Find("X-Log-Complete") == "true";
  part.bytes = std::move(response.body);
  return part;
}

Result<void> Client::FollowLog(int64_t attempt,
                               const LogRange& range,
                               const std::function<bool(std::string_view bytes)>& on_bytes) {
  const net::HttpCall call = impl_->GetCall(LogPath(attempt, range) + "&follow=true");
  const net::HttpResponse response = TRY(impl_->http->Stream(call, on_bytes));
  if (response.status < 400) return {};
  return std::unexpected(DecodeProblem(response.status, response.body, "GET " + call.path));
}

Result<std::string> Client::Get(std::string_view path_and_query) {
  return TRY(impl_->Send(impl_->GetCall(std::string(path_and_query)))).body;
}

}  // namespace headrace::client
