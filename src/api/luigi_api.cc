// Luigi's methods: arguments in, commands out, and what they answer.

#include "api/luigi_api.h"

#include <array>
#include <random>
#include <utility>

#include "api/cors.h"
#include "api/luigi_task.h"
#include "base/json_writer.h"
#include "base/python_json.h"
#include "net/form.h"

namespace headrace::api {

using scheduler::Reply;

namespace {

// Replies that say nothing, and refusals.
net::HttpResponse Null(Reply&& reply) {
  if (const auto* refused = std::get_if<scheduler::Refused>(&reply)) {
    return LuigiRefusal(StatusOf(refused->kind), refused->detail);
  }
  return LuigiResponse("null");
}

// A render for one kind of reply.
template <class T, class Write>
Render For(Write write) {
  return [write](Reply&& reply) {
    const T* wanted = std::get_if<T>(&reply);
    if (wanted == nullptr) return Null(std::move(reply));
    std::string text;
    JsonWriter json(text, JsonStyle::kPython);
    write(json, *wanted);
    return LuigiResponse(text);
  };
}

void WriteCounts(JsonWriter& json, const scheduler::Counts& counts) {
  json.Field("n_pending_tasks", counts.pending);
  json.Key("running_tasks");
  json.BeginArray();
  for (const scheduler::RunningElsewhere& running : counts.running) {
    json.BeginObject();
    json.Field("task_id", running.task);
    json.Field("worker", running.worker);
    WriteMembers(json, running.info);
    json.EndObject();
  }
  json.EndArray();
}

void WriteWork(JsonWriter& json, const scheduler::Work& work) {
  json.BeginObject();
  WriteCounts(json, work.counts);
  json.Key("task_id");
  work.task.empty() ? json.Null() : json.String(work.task);
  json.Field("n_unique_pending", work.counts.unique);
  json.Field("worker_state", work.counts.disabled ? "disabled" : "active");
  if (!work.counts.disabled) json.Field("n_pending_last_scheduled", work.counts.last_scheduled);
  if (!work.task.empty() || !work.batch.empty()) {
    json.Field("task_family", work.family);
    json.Key("task_module");
    work.module_known ? json.String(work.module) : json.Null();
    json.Key("task_params");
    json.Raw(work.params);
  }
  if (!work.batch.empty()) {
    json.Field("batch_id", work.batch);
    json.Key("batch_task_ids");
    json.BeginArray();
    for (const std::string& task : work.batch_tasks) json.String(task);
    json.EndArray();
  }
  json.EndObject();
}

void WriteCountPending(JsonWriter& json, const scheduler::Counts& counts) {
  json.BeginObject();
  WriteCounts(json, counts);
  json.Field("n_unique_pending", counts.unique);
  json.Field("n_pending_last_scheduled", counts.last_scheduled);
  json.Field("worker_state", counts.disabled ? "disabled" : "active");
  json.EndObject();
}

void WriteMessages(JsonWriter& json, const scheduler::WorkerMessages& messages) {
  json.BeginObject();
  json.Key("rpc_messages");
  json.BeginArray();
  for (const scheduler::WorkerMessage& message : messages.messages) {
    json.BeginObject();
    json.Field("name", message.name);
    json.Key("kwargs");
    json.Raw(message.kwargs);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
}

void WriteTaskNow(JsonWriter& json, const scheduler::TaskNow& now) {
  json.BeginObject();
  json.Field("task_id", now.task);
  json.Key("status");
  now.status ? json.String(Name(*now.status)) : json.Null();
  json.EndObject();
}

// Version 4, as Python's uuid4.
std::string MakeUuid() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  std::array<uint64_t, 2> bits = {random(), random()};
  bits[0] = (bits[0] & ~0xF000ull) | 0x4000ull;
  bits[1] = (bits[1] & ~(0xC0ull << 56)) | (0x80ull << 56);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string uuid;
  for (size_t i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) uuid += '-';
    uuid += kDigits[(bits[i / 16] >> (60 - 4 * (i % 16))) & 15];
  }
  return uuid;
}

scheduler::RetryPolicy PolicyOf(Args& args) {
  scheduler::RetryPolicy policy;
  const boost::json::object* object = args.Object("retry_policy_dict");
  if (object == nullptr) return policy;
  Args inside(*object, "retry_policy_dict.");
  if (const auto count = inside.MaybeNumber("retry_count")) {
    policy.count = static_cast<int64_t>(*count);
  }
  policy.hard_timeout_s = inside.MaybeNumber("disable_hard_timeout");
  policy.window_s = inside.MaybeNumber("disable_window");
  if (!inside.ok()) args.Fail("retry_policy_dict", "numbers or null in it");
  return policy;
}

scheduler::AddTask AddTaskOf(Args& args) {
  scheduler::AddTask add;
  add.worker = args.Required("worker");
  add.task = args.Required("task_id");
  add.status = args.Text("status", "PENDING");
  add.family = args.Text("family");
  add.runnable = args.Bool("runnable", true);
  add.assistant = args.Bool("assistant", false);
  add.deps = args.Texts("deps");
  add.new_deps = args.Texts("new_deps").value_or(std::vector<std::string>{});
  scheduler::TaskFacts& facts = add.facts;
  facts.module = args.MaybeText("module");
  facts.params = args.MaybeObject("params");
  facts.visibility = args.MaybeObject("param_visibilities");
  facts.priority = args.Number("priority", 0);
  facts.resources = args.Amounts("resources");
  facts.retry = PolicyOf(args);
  facts.expl = args.MaybeText("expl");
  facts.tracking_url = args.MaybeText("tracking_url");
  facts.accepts_messages = args.MaybeJson("accepts_messages");
  if (args.Has("batchable")) facts.batchable = args.Bool("batchable", false);
  facts.batch = args.MaybeText("batch_id");
  if (args.Has("owners")) facts.owners = args.MaybeJson("owners");
  return add;
}

// [["salt", "1"], …] or an object, as an object.
std::string InfoOf(Args& args) {
  const boost::json::value* info = args.Find("info");
  if (info == nullptr) return "{}";
  if (info->is_object()) return CompactJson(*info);
  boost::json::object object;
  const boost::json::array* pairs = info->if_array();
  for (size_t i = 0; pairs != nullptr && i < pairs->size(); ++i) {
    const boost::json::array* pair = (*pairs)[i].if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string()) pairs = nullptr;
    if (pairs != nullptr) object[(*pair)[0].get_string()] = (*pair)[1];
  }
  if (pairs == nullptr) args.Fail("info", "an object, or a list of [name, value]");
  return CompactJson(object);
}

}  // namespace

net::HttpResponse LuigiResponse(std::string_view json) {
  std::string body = "{\"response\": ";
  body += json;
  body += '}';
  net::HttpResponse response = net::JsonResponse(std::move(body));
  response.content_type = "application/json; charset=UTF-8";
  return response;
}

net::HttpResponse LuigiRefusal(int status, std::string reason) {
  return net::ErrorPage(status, std::move(reason));
}

LuigiApi::LuigiApi(Port& port) : port_(port) {
  AddWorkerCalls();
  AddMessageCalls();
  AddTaskCalls();
  AddOperatorCalls();
  AddReads();
}

void LuigiApi::Handle(std::string_view method,
                      const net::HttpRequest& request,
                      net::Responder&& responder) {
  HandleThrough(port_, method, request, std::move(responder));
}

void LuigiApi::HandleThrough(Port& port,
                             std::string_view method,
                             const net::HttpRequest& request,
                             net::Responder&& responder) {
  if (port.options().cors.enabled) {
    responder.AddHeaders(CorsHeaders(port.options().cors, request));
  }
  if (request.method == net::Method::kOptions) return responder.Send({.status = 204});
  const auto handler = handlers_.find(method);
  if (handler == handlers_.end()) {
    return responder.Send(net::ErrorPage(404, "Luigi has no method '" + std::string(method) + "'"));
  }
  if (request.method != net::Method::kGet && request.method != net::Method::kPost) {
    return responder.Send(net::MethodNotAllowed("GET, POST, OPTIONS"));
  }
  if (request.method == net::Method::kGet) responder.UseEtag(request);
  thread_local JsonParser parser;
  const std::string data = net::FindArgument(request, "data").value_or("{}");
  const auto value = parser.Parse(data.empty() ? "{}" : data);
  if (!value || !(*value)->is_object()) {
    std::string why = value ? "expected a JSON object" : value.error().message;
    return responder.Send(LuigiRefusal(400, std::string(method) + ": data: " + why));
  }
  Args args((*value)->get_object());
  handler->second(port, args, std::move(responder));
}

// Makes the command, refuses what is wrong, submits it.
template <class Make>
void LuigiApi::AddCommand(std::string_view method, Make make, Render render) {
  handlers_[method] = [method, make, render](Port& port, Args& args, net::Responder&& responder) {
    scheduler::Request body = make(args);
    if (!args.ok()) {
      return responder.Send(LuigiRefusal(400, std::string(method) + ": " + args.error()));
    }
    port.Command(std::move(responder), std::move(body), render);
  };
}

void LuigiApi::AddWorkerCalls() {
  const auto command = [this](std::string_view method, auto make, Render render = Null) {
    AddCommand(method, make, std::move(render));
  };
  command("add_worker", [](Args& args) {
    return scheduler::AddWorker{.worker = args.Required("worker"), .info = InfoOf(args)};
  });
  command(
      "ping",
      [](Args& args) { return scheduler::Ping{args.Required("worker")}; },
      For<scheduler::WorkerMessages>(WriteMessages));
  command("add_task", AddTaskOf, [this](Reply&& reply) {
    const auto* done = std::get_if<scheduler::Done>(&reply);
    const auto& notice = port_.options().notice;
    if (done != nullptr && !done->note.empty() && notice) notice(done->note);
    return Null(std::move(reply));
  });
  command("add_task_batcher", [](Args& args) {
    scheduler::AddTaskBatcher batcher{
        .worker = args.Required("worker"),
        .family = args.Required("task_family"),
        .params = args.Texts("batched_args").value_or(std::vector<std::string>{}),
        .size_max = args.Number("max_batch_size", 0)};
    if (batcher.size_max > 1e15) batcher.size_max = 0;  // Infinity
    return batcher;
  });
  command(
      "get_work",
      [](Args& args) {
        return scheduler::GetWork{.worker = args.Required("worker"),
                                  .host = args.Text("host"),
                                  .assistant = args.Bool("assistant", false),
                                  .current_tasks = args.Texts("current_tasks")};
      },
      For<scheduler::Work>(WriteWork));
  command(
      "count_pending",
      [](Args& args) { return scheduler::CountPending{args.Required("worker")}; },
      For<scheduler::Counts>(WriteCountPending));
  command("disable_worker",
          [](Args& args) { return scheduler::DisableWorker{args.Required("worker")}; });
}

void LuigiApi::AddMessageCalls() {
  const auto command = [this](std::string_view method, auto make, Render render = Null) {
    AddCommand(method, make, std::move(render));
  };
  command("set_worker_processes", [](Args& args) {
    return scheduler::SetWorkerProcesses{.worker = args.Required("worker"),
                                         .n = args.Int("n", 1, 0, 1'000'000)};
  });
  command(
      "send_scheduler_message",
      [](Args& args) {
        return scheduler::SendSchedulerMessage{.worker = args.Required("worker"),
                                               .task = args.Required("task"),
                                               .content = args.Text("content"),
                                               .message_id = MakeUuid()};
      },
      For<scheduler::MessageSent>([](JsonWriter& json, const scheduler::MessageSent& sent) {
        json.BeginObject();
        json.Key("message_id");
        sent.message_id.empty() ? json.Null() : json.String(sent.message_id);
        json.EndObject();
      }));
  command("add_scheduler_message_response", [](Args& args) {
    return scheduler::AddSchedulerMessageResponse{
        .task = args.Required("task_id"),
        .message_id = args.Required("message_id"),
        .response = args.MaybeJson("response").value_or("null")};
  });
  command(
      "get_scheduler_message_response",
      [](Args& args) {
        return scheduler::TakeSchedulerMessageResponse{.task = args.Required("task_id"),
                                                       .message_id = args.Required("message_id")};
      },
      For<scheduler::MessageResponse>(
          [](JsonWriter& json, const scheduler::MessageResponse& response) {
            json.BeginObject();
            json.Key("response");
            json.Raw(response.response.value_or("null"));
            json.EndObject();
          }));
}

void LuigiApi::AddTaskCalls() {
  const auto command = [this](std::string_view method, auto make, Render render = Null) {
    AddCommand(method, make, std::move(render));
  };
  command("set_task_status_message", [](Args& args) {
    return scheduler::SetTaskProgress{.task = args.Required("task_id"),
                                      .status_message = args.Text("status_message"),
                                      .progress = {}};
  });
  command("set_task_progress_percentage", [](Args& args) {
    return scheduler::SetTaskProgress{
        .task = args.Required("task_id"),
        .status_message = {},
        .progress = args.MaybeJson("progress_percentage").value_or("")};
  });
  command("decrease_running_task_resources", [](Args& args) {
    return scheduler::DecreaseRunningResources{.task = args.Required("task_id"),
                                               .amounts = args.Amounts("decrease_resources")};
  });
  command(
      "forgive_failures",
      [](Args& args) { return scheduler::ForgiveFailures{args.Text("task_id")}; },
      For<scheduler::TaskNow>(WriteTaskNow));
  command(
      "mark_as_done",
      [](Args& args) { return scheduler::MarkAsDone{args.Text("task_id")}; },
      For<scheduler::TaskNow>(WriteTaskNow));
  handlers_["re_enable_task"] = [this](Port& port, Args& args, net::Responder&& responder) {
    const std::string task = args.Required("task_id");
    if (!args.ok()) return responder.Send(LuigiRefusal(400, "re_enable_task: " + args.error()));
    port.CommandThen(std::move(responder),
                     scheduler::ReEnableTask{task},
                     [this](Reply&& reply, net::Responder&& asked) {
                       const auto* done = std::get_if<scheduler::ReEnabled>(&reply);
                       if (done == nullptr || done->task.empty())
                         return asked.Send(LuigiResponse("{}"));
                       port_.Read(std::move(asked), [key = done->task](const engine::View& view) {
                         std::string text;
                         JsonWriter json(text, JsonStyle::kPython);
                         WriteLuigiTask(json, view.state, view.state.FindTask(key), {.deps = true});
                         return LuigiResponse(text);
                       });
                     });
  };
}

void LuigiApi::AddOperatorCalls() {
  const auto command = [this](std::string_view method, auto make, Render render = Null) {
    AddCommand(method, make, std::move(render));
  };
  const auto constant = [this](std::string_view method, std::string text) {
    handlers_[method] = [text = std::move(text)](Port&, Args&, net::Responder&& responder) {
      responder.Send(LuigiResponse(text));
    };
  };
  command("pause", [](Args&) { return scheduler::SetPaused{.paused = true}; });
  command("unpause", [](Args&) { return scheduler::SetPaused{.paused = false}; });
  command("prune", [](Args&) { return scheduler::Prune{}; });
  command("update_resources",
          [](Args& args) { return scheduler::UpdateResources{.totals = args.AllNumbers()}; });
  handlers_["update_resource"] = [](Port& port, Args& args, net::Responder&& responder) {
    const std::string name = args.Required("resource");
    const boost::json::value* amount = args.Find("amount");
    if (!args.ok()) return responder.Send(LuigiRefusal(400, "update_resource: " + args.error()));
    const bool whole = amount != nullptr && (amount->is_int64() || amount->is_uint64());
    if (!whole || amount->to_number<double>() < 0) return responder.Send(LuigiResponse("false"));
    port.Command(std::move(responder),
                 scheduler::UpdateResources{.totals = {{name, amount->to_number<double>()}}},
                 [](Reply&&) { return LuigiResponse("true"); });
  };
  constant("is_pause_enabled",
           port_.options().pause_enabled ? R"({"enabled": true})" : R"({"enabled": false})");
  constant("has_task_history", port_.options().record_task_history ? "true" : "false");
  command("announce_scheduling_failure", [](Args& args) {
    return scheduler::AnnounceSchedulingFailure{.worker = args.Required("worker"),
                                                .task_name = args.Text("task_name"),
                                                .family = args.Text("family"),
                                                .params = args.MaybeObject("params").value_or("{}"),
                                                .expl = args.Text("expl"),
                                                .owners = args.MaybeJson("owners").value_or("[]")};
  });
  constant("report_task_statistics", "null");
  constant("update_metrics_task_started", "null");
}

}  // namespace headrace::api
