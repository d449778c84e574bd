// /v1's bodies: read with Args, written with JsonWriter.

#include "api/v1_bodies.h"

#include <array>

#include "api/context.h"
#include "api/luigi_task.h"

namespace headrace::api {

namespace {

constexpr Duration kWaitMost = std::chrono::seconds(60);

// Texts as the workers' `expl` are JSON strings of their own, as with Luigi's clients.
scheduler::TaskSpec SpecOf(const boost::json::value& value, Args& args, std::string_view name) {
  scheduler::TaskSpec spec;
  if (!value.is_object()) {
    args.Fail(name, "objects with module, family, params and id");
    return spec;
  }
  Args inside(value.get_object(), std::string(name) + ".");
  spec.module = inside.Text("module");
  spec.family = inside.Required("family");
  spec.params = inside.MaybeObject("params").value_or("{}");
  spec.key = inside.Text("id");
  if (!inside.ok()) args.Fail(name, "objects with module, family, params and id");
  return spec;
}

std::optional<scheduler::AttemptOutcome> OutcomeOf(std::string_view text) {
  for (uint8_t i = 1; i <= static_cast<uint8_t>(scheduler::AttemptOutcome::kCancelled); ++i) {
    const auto outcome = static_cast<scheduler::AttemptOutcome>(i);
    if (Name(outcome) == text) return outcome;
  }
  return std::nullopt;
}

// What is kept with the attempt, of what was reported.
std::string DetailsOf(Args& args) {
  static constexpr std::array<std::string_view, 6> kKept = {
      "error", "exit_code", "signal", "cpu_s", "max_rss_kb", "log_bytes"};
  std::string text;
  JsonWriter json(text, JsonStyle::kCompact);
  json.BeginObject();
  for (std::string_view name : kKept) {
    if (const boost::json::value* value = args.Find(name)) {
      json.Key(name);
      json.Value(*value);
    }
  }
  json.EndObject();
  return text;
}

scheduler::PlannedTask PlannedTaskOf(const boost::json::value& value, Args& args, size_t at) {
  scheduler::PlannedTask task;
  if (!value.is_object()) {
    args.Fail("tasks", "a list of objects");
    return task;
  }
  Args inside(value.get_object(), "tasks[" + std::to_string(at) + "].");
  task.key = inside.Required("id");
  task.deps = inside.Texts("deps").value_or(std::vector<std::string>{});
  task.complete = inside.Bool("complete", false);
  task.disabled = inside.Bool("disabled", false);
  task.checked_at = inside.Millis("checked_at");
  task.error = inside.MaybeObject("error").value_or("");
  scheduler::TaskFacts& facts = task.facts;
  facts.family = inside.Required("family");
  facts.module = inside.MaybeText("module");
  facts.params = inside.MaybeObject("params").value_or("{}");
  facts.visibility = inside.MaybeObject("visibility");
  facts.priority = inside.MaybeNumber("priority");
  facts.resources = inside.Amounts("resources");
  facts.external = inside.Bool("external", false);
  facts.timeout_s = inside.Number("timeout_s", 0);
  facts.owners = inside.MaybeJson("owners");
  facts.targets = inside.MaybeJson("targets");
  if (inside.Text("unit") == "pipeline") facts.unit = scheduler::Unit::kPipeline;
  if (const boost::json::object* retry = inside.Object("retry")) {
    Args policy(*retry, "tasks[" + std::to_string(at) + "].retry.");
    facts.retry = scheduler::RetryPolicy{.count = {},
                                         .hard_timeout_s = policy.MaybeNumber("hard_timeout"),
                                         .window_s = policy.MaybeNumber("window")};
    if (const auto count = policy.MaybeNumber("count")) {
      facts.retry->count = static_cast<int64_t>(*count);
    }
  }
  args.Join(inside);
  return task;
}

}  // namespace

scheduler::RegisterWorker RegisterWorkerOf(Args& args) {
  scheduler::RegisterWorker body;
  body.worker = args.Required("worker");
  body.pools = args.Texts("pools").value_or(std::vector<std::string>{"default"});
  body.slots = static_cast<uint32_t>(args.Int("slots", 1, 1, 100'000));
  std::string info;
  JsonWriter json(info, JsonStyle::kCompact);
  json.BeginObject();
  json.Field("workers", body.slots);
  for (std::string_view name : {"host", "pid", "version"}) {
    if (const boost::json::value* value = args.Find(name)) {
      json.Key(name);
      json.Value(*value);
    }
  }
  json.EndObject();
  body.info = std::move(info);
  return body;
}

scheduler::ReceiveWork ReceiveWorkOf(const std::string& worker, Args& args) {
  return {.worker = worker,
          .pools = args.Texts("pools").value_or(std::vector<std::string>{"default"}),
          .max = static_cast<uint32_t>(args.Int("max", 1, 1, 1'000)),
          .wait = args.Span("wait_s", kWaitMost)};
}

scheduler::Heartbeat HeartbeatOf(const std::string& worker, Args& args) {
  scheduler::Heartbeat body{.worker = worker, .draining = args.Bool("draining", false)};
  const boost::json::array* attempts = args.List("attempts");
  for (size_t i = 0; attempts != nullptr && i < attempts->size(); ++i) {
    const boost::json::value& value = (*attempts)[i];
    if (!value.is_object()) {
      args.Fail("attempts", "a list of objects");
      break;
    }
    Args inside(value.get_object(), "attempts[" + std::to_string(i) + "].");
    scheduler::AttemptNews news;
    news.attempt.value = static_cast<uint32_t>(inside.Int("attempt", 0, 1, 4'000'000'000));
    news.status_message = inside.MaybeText("status_message");
    if (inside.MaybeNumber("progress")) news.progress = inside.MaybeJson("progress");
    news.tracking_url = inside.MaybeText("tracking_url");
    news.decrease_resources = inside.Amounts("decrease_resources");
    args.Join(inside);
    body.attempts.push_back(std::move(news));
  }
  return body;
}

scheduler::FinishAttempt FinishAttemptOf(scheduler::AttemptId attempt, Args& args) {
  scheduler::FinishAttempt body{.attempt = attempt, .worker = args.Required("worker")};
  const auto outcome = OutcomeOf(args.Required("outcome"));
  if (!outcome) {
    args.Fail("outcome", "done, failed, new_dependencies, missing, returned, lost or cancelled");
  }
  body.outcome = outcome.value_or(scheduler::AttemptOutcome::kLost);
  body.details = DetailsOf(args);
  body.error = args.MaybeObject("error").value_or("");
  if (const boost::json::value* expl = args.Find("expl")) {
    body.expl = expl->is_string() ? std::string(expl->get_string()) : CompactJson(*expl);
  }
  const boost::json::array* deps = args.List("new_deps");
  for (size_t i = 0; deps != nullptr && i < deps->size(); ++i) {
    body.new_deps.push_back(SpecOf((*deps)[i], args, "new_deps"));
    if (body.new_deps.back().key.empty()) args.Fail("new_deps", "an id in each of them");
  }
  if (const boost::json::object* tasks = args.Object("tasks")) {
    for (const auto& member : *tasks) {
      body.tasks.emplace_back(member.key(), CompactJson(member.value()));
    }
  }
  return body;
}

scheduler::ClaimPlans ClaimPlansOf(Args& args) {
  return {.planner = args.Required("planner"),
          .max = static_cast<uint32_t>(args.Int("max", 1, 1, 1'000)),
          .wait = args.Span("wait_s", kWaitMost)};
}

scheduler::RegisterTasks RegisterTasksOf(scheduler::PlanId plan, Args& args) {
  constexpr size_t kTasksMax = 5'000;
  scheduler::RegisterTasks body{.plan = plan, .planner = args.Required("planner")};
  const boost::json::array* tasks = args.List("tasks");
  if (tasks != nullptr && tasks->size() > kTasksMax) args.Fail("tasks", "at most 5,000 of them");
  for (size_t i = 0; tasks != nullptr && args.ok() && i < tasks->size(); ++i) {
    body.tasks.push_back(PlannedTaskOf((*tasks)[i], args, i));
  }
  return body;
}

scheduler::FinishPlan FinishPlanOf(scheduler::PlanId plan, Args& args) {
  return {.plan = plan,
          .planner = args.Required("planner"),
          .roots = args.Texts("roots").value_or(std::vector<std::string>{}),
          .error = args.MaybeObject("error").value_or("")};
}

scheduler::CreateRun CreateRunOf(Args& args) {
  scheduler::CreateRun body;
  body.pipeline = args.Text("pipeline");
  body.interval_start = args.Millis("interval_start");
  body.root = {.module = args.Text("module"),
               .family = args.Text("family"),
               .params = args.MaybeObject("params").value_or("{}"),
               .key = {}};
  body.pool = args.Text("pool");
  body.priority = args.Number("priority", 0);
  return body;
}

void WriteMessages(JsonWriter& json, const scheduler::Messages& messages) {
  json.Key("messages");
  json.BeginArray();
  for (const scheduler::Message& message : messages.messages) {
    json.BeginObject();
    json.Field("attempt", message.attempt.value);
    json.Field("number", message.number);
    json.Field("task_id", message.task);
    json.Field("module", message.module);
    json.Field("family", message.family);
    json.Key("params");
    json.Raw(message.params);
    json.Field("pool", message.pool);
    json.Field("pipeline", message.pipeline);
    json.Key("run");
    message.run.value == 0 ? json.Null() : json.Unsigned(message.run.value);
    json.Field("unit", Name(message.unit));
    json.Key("timeout_s");
    message.timeout_s <= 0 ? json.Null() : WriteNumber(json, message.timeout_s);
    json.Field("lease_s", SecondsOf(message.lease));
    json.EndObject();
  }
  json.EndArray();
}

void WriteHeartbeat(JsonWriter& json, const scheduler::HeartbeatTaken& taken) {
  const auto list = [&](std::string_view name, const std::vector<scheduler::AttemptId>& ids) {
    json.Key(name);
    json.BeginArray();
    for (scheduler::AttemptId id : ids) json.Unsigned(id.value);
    json.EndArray();
  };
  list("lost", taken.lost);
  list("cancel", taken.cancel);
  json.Key("messages");
  json.BeginArray();
  for (const scheduler::MessageForTask& message : taken.messages) {
    json.BeginObject();
    json.Field("attempt", message.attempt.value);
    json.Field("id", message.id);
    json.Field("content", message.content);
    json.EndObject();
  }
  json.EndArray();
}

void WriteOffers(JsonWriter& json, const scheduler::PlanOffers& offers) {
  json.Key("plans");
  json.BeginArray();
  for (const scheduler::PlanOffer& offer : offers.plans) {
    json.BeginObject();
    json.Field("plan", offer.plan.value);
    json.Field("kind", Name(offer.kind));
    json.Key("run");
    offer.run.value == 0 ? json.Null() : json.Unsigned(offer.run.value);
    json.Field("pipeline", offer.pipeline);
    json.Field("unit", Name(offer.unit));
    json.Key("roots");
    json.BeginArray();
    for (const scheduler::TaskSpec& root : offer.roots) {
      json.BeginObject();
      json.Field("module", root.module);
      json.Field("family", root.family);
      json.Key("params");
      json.Raw(root.params.empty() ? "{}" : root.params);
      json.Key("id");
      root.key.empty() ? json.Null() : json.String(root.key);
      json.EndObject();
    }
    json.EndArray();
    json.Field("lease_s", SecondsOf(offer.lease));
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace headrace::api
