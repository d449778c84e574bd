// /v1: which path is which, and what changes something.

#include "api/v1_api.h"

#include <charconv>
#include <utility>

#include "api/v1_bodies.h"
#include "base/json_writer.h"
#include "base/python_json.h"
#include "net/form.h"

namespace headrace::api {

using scheduler::Refused;
using scheduler::Reply;

namespace {

// A render for one kind of reply; a refusal becomes its problem.
template <class T, class Write>
Render For(Write write) {
  return [write](Reply&& reply) {
    if (const auto* refused = std::get_if<Refused>(&reply)) return ProblemOf(*refused);
    std::string text;
    JsonWriter json(text, JsonStyle::kStrict);
    json.BeginObject();
    if (const T* wanted = std::get_if<T>(&reply)) write(json, *wanted);
    json.EndObject();
    return net::JsonResponse(std::move(text));
  };
}

Render Empty() {
  return For<scheduler::Done>([](JsonWriter&, const scheduler::Done&) {});
}

Render Status() {
  return For<scheduler::TaskNow>([](JsonWriter& json, const scheduler::TaskNow& now) {
    if (now.status) json.Field("status", Name(*now.status));
  });
}

Render RunStateNow() {
  return For<scheduler::RunNow>(
      [](JsonWriter& json, const scheduler::RunNow& now) { json.Field("state", Name(now.state)); });
}

struct Write {
  scheduler::Request body;
  Render render;
};

Write WorkerWrite(const Segments& path, Args& args) {
  if (path.size() == 1) {
    return {RegisterWorkerOf(args),
            For<scheduler::WorkerRegistered>([](JsonWriter& json, const auto& registered) {
              json.Field("lease_s", SecondsOf(registered.lease));
              json.Field("heartbeat_s", SecondsOf(registered.lease) / 6);
            })};
  }
  if (path.size() == 3 && path[2] == "receive") {
    return {ReceiveWorkOf(path[1], args), For<scheduler::Messages>(WriteMessages)};
  }
  if (path.size() == 3 && path[2] == "heartbeat") {
    return {HeartbeatOf(path[1], args), For<scheduler::HeartbeatTaken>(WriteHeartbeat)};
  }
  return {};
}

Write PlanWrite(const Segments& path, Args& args) {
  if (path.size() == 2 && path[1] == "claim") {
    return {ClaimPlansOf(args), For<scheduler::PlanOffers>(WriteOffers)};
  }
  if (path.size() != 3) return {};
  const scheduler::PlanId plan{NumberOf(path[1])};
  if (path[2] == "tasks") {
    return {RegisterTasksOf(plan, args),
            For<scheduler::TasksRegistered>([](JsonWriter& json, const auto& registered) {
              json.Field("registered", registered.registered);
              json.Field("changed", registered.changed);
            })};
  }
  if (path[2] == "heartbeat") {
    return {scheduler::PlanHeartbeat{.plan = plan, .planner = args.Required("planner")}, Empty()};
  }
  if (path[2] == "finish") return {FinishPlanOf(plan, args), Empty()};
  return {};
}

Write RunWrite(const Segments& path, Args& args) {
  if (path.size() == 1) {
    return {CreateRunOf(args), For<scheduler::RunMade>([](JsonWriter& json, const auto& made) {
              json.Field("run", made.run.value);
              json.Field("created", made.created);
            })};
  }
  if (path.size() != 3) return {};
  const scheduler::RunId run{NumberOf(path[1])};
  if (path[2] == "cancel") return {scheduler::CancelRun{run}, RunStateNow()};
  if (path[2] == "retry") return {scheduler::RetryRun{run}, RunStateNow()};
  return {};
}

Write TaskWrite(const Segments& path) {
  if (path.size() != 3) return {};
  if (path[2] == "retry") return {scheduler::RetryTask{path[1]}, Status()};
  if (path[2] == "cancel") return {scheduler::CancelTask{path[1]}, Status()};
  if (path[2] == "mark-done") return {scheduler::MarkAsDone{path[1]}, Status()};
  return {};
}

Write PipelineWrite(const Segments& path) {
  if (path.size() != 3 || (path[2] != "pause" && path[2] != "resume")) return {};
  const bool paused = path[2] == "pause";
  return {scheduler::PausePipeline{.pipeline = path[1], .paused = paused},
          For<scheduler::Done>([paused](JsonWriter& json, const scheduler::Done&) {
            json.Field("paused", paused);
          })};
}

// What a POST asks for; without a render where there is no such path.
Write WriteOf(const Segments& path, Args& args) {
  const std::string& first = path.front();
  if (first == "workers") return WorkerWrite(path, args);
  if (first == "plans") return PlanWrite(path, args);
  if (first == "runs") return RunWrite(path, args);
  if (first == "tasks") return TaskWrite(path);
  if (first == "pipelines") return PipelineWrite(path);
  if (first == "attempts" && path.size() == 3 && path[2] == "finish") {
    const scheduler::AttemptId attempt{NumberOf(path[1])};
    return {FinishAttemptOf(attempt, args),
            For<scheduler::Done>(
                [](JsonWriter& json, const scheduler::Done&) { json.Field("accepted", true); })};
  }
  return {};
}

}  // namespace

uint32_t NumberOf(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

void V1Api::Handle(const Segments& path,
                   const net::HttpRequest& request,
                   net::Responder&& responder) {
  const bool reads = request.method == net::Method::kGet || request.method == net::Method::kHead;
  if (path.empty()) {
    return responder.Send(Problem(404, "nothing at /v1", "GET /v1/openapi.json lists what is"));
  }
  if (reads) return Get(path, request, std::move(responder));
  if (request.method == net::Method::kDelete && path.size() == 2 && path[0] == "workers") {
    return context_.Command(std::move(responder), scheduler::RemoveWorker{path[1]}, Empty());
  }
  if (request.method != net::Method::kPost) {
    net::HttpResponse response = Problem(405, "only GET and POST here");
    response.headers.Add("Allow", "GET, HEAD, POST");
    return responder.Send(std::move(response));
  }
  thread_local JsonParser parser;
  const auto body = parser.Parse(request.body.empty() ? "{}" : std::string_view(request.body));
  if (!body || !(*body)->is_object()) {
    return responder.Send(Problem(400,
                                  body ? "the body is not a JSON object" : body.error().message,
                                  "a JSON object, as docs/protocol.md shows it"));
  }
  Args args((*body)->get_object());
  Write write = WriteOf(path, args);
  if (!write.render) return responder.Send(Problem(404, "no such path: " + request.path));
  if (!args.ok()) return responder.Send(Problem(400, args.error()));
  context_.Command(std::move(responder), std::move(write.body), std::move(write.render));
}

void V1Api::Get(const Segments& path, const net::HttpRequest& request, net::Responder&& responder) {
  if (path[0] == "events" && path.size() == 1) {
    return events_.Open(request, std::move(responder));
  }
  if (path[0] == "attempts" && path.size() == 3 && path[2] == "log") {
    return ReadLog(path[1], request, std::move(responder));
  }
  Show show = ShowOf(path, request);
  if (!show) return responder.Send(Problem(404, "no such path: " + request.path));
  context_.Read(std::move(responder), std::move(show));
}

void V1Api::ReadLog(const std::string& number,
                    const net::HttpRequest& request,
                    net::Responder&& responder) {
  const scheduler::AttemptId attempt{NumberOf(number)};
  LogQuery query;
  const std::string stream = net::FindFormField(request.query, "stream").value_or("all");
  if (stream != "all" && stream != "stdout" && stream != "stderr") {
    return responder.Send(
        Problem(400, "stream: '" + stream + "' is none", "all, stdout or stderr"));
  }
  query.stream = stream == "stdout" ? 'O' : stream == "stderr" ? 'E' : 'A';
  const auto number_of = [&](std::string_view name, uint64_t fallback) {
    const auto text = net::FindFormField(request.query, name);
    uint64_t value = fallback;
    if (text) std::from_chars(text->data(), text->data() + text->size(), value);
    return value;
  };
  query.offset = number_of("offset", 0);
  query.limit = std::min<uint64_t>(number_of("limit", 65'536), 4 << 20);
  query.follow = net::FindFormField(request.query, "follow").value_or("") == "true";
  // Whether there is such an attempt, and whether it runs, is the replica's to say.
  auto shared = std::make_shared<net::Responder>(std::move(responder));
  const bool taken = context_.engine().replica().Read([=, this](const engine::View& view) {
    const scheduler::Attempt* found = view.state.FindAttempt(attempt);
    if (found == nullptr) return shared->Send(Problem(404, "no attempt " + number));
    LogQuery asked = query;
    asked.running = found->outcome == scheduler::AttemptOutcome::kRunning;
    logs_.Serve(attempt.value, asked, std::move(*shared));
  });
  if (!taken) shared->Send(Problem(503, "too many reads wait", "try again in a second"));
}

}  // namespace headrace::api
