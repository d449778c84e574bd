// The objects that the scheduler sends, read leniently.

#include "client/decode.h"

#include <utility>

#include "base/python_json.h"
#include "client/json_fields.h"

namespace headrace::client {
namespace {

using boost::json::object;
using boost::json::value;

Params DecodeParams(const object& from) {
  Params params;
  const object* fields = FindObject(from, "params");
  if (fields == nullptr) return params;
  for (const auto& [name, text] : *fields) {
    if (text.is_string()) params.emplace_back(name, AsText(text));
  }
  return params;
}

Counts DecodeCounts(const object& from, std::string_view name) {
  Counts counts;
  const object* fields = FindObject(from, name);
  if (fields == nullptr) return counts;
  for (const auto& [phase, number] : *fields) counts.emplace(phase, AsInt(number).value_or(0));
  return counts;
}

std::optional<TaskError> MaybeTaskError(const object& from) {
  const object* error = FindObject(from, "error");
  if (error == nullptr) return std::nullopt;
  return DecodeTaskError(*error);
}

ErrorCode CodeOf(int status) {
  switch (status) {
    case 401:
    case 403: return ErrorCode::kDenied;
    case 404:
    case 410: return ErrorCode::kNotFound;
    case 409: return ErrorCode::kConflict;
    case 408:
    case 429: return ErrorCode::kUnavailable;
    default: return status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInvalid;
  }
}

TaskMessage DecodeTaskMessage(const object& from) {
  return {
      .attempt = Int(from, "attempt"), .id = Text(from, "id"), .content = Text(from, "content")};
}

WhyPart DecodeWhyPart(const object& from) {
  return {
      .kind = Text(from, "kind"),
      .text = Text(from, "text"),
      .task = Text(from, "task"),
      .pool = Text(from, "pool"),
      .resource = Text(from, "resource"),
      .worker = Text(from, "worker"),
      .since = MaybeTime(from, "since"),
      .until = MaybeTime(from, "until"),
      .position = MaybeInt(from, "position"),
  };
}

std::vector<int64_t> Numbers(const object& from, std::string_view name) {
  std::vector<int64_t> numbers;
  const value* list = Find(from, name);
  if (list == nullptr || !list->is_array()) return numbers;
  for (const value& item : list->get_array()) {
    if (const std::optional<int64_t> number = AsInt(item)) numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace

Error DecodeProblem(int status, std::string_view body, std::string_view what) {
  Error error{CodeOf(status), std::string(what) + ": "};
  const Result<value> problem = ParseJson(body);
  if (!problem || !problem->is_object()) {
    error.message += "answered " + std::to_string(status);
    return error;
  }
  const object& fields = problem->get_object();
  std::string detail = Text(fields, "detail");
  if (detail.empty()) detail = Text(fields, "title");
  error.message += detail.empty() ? "answered " + std::to_string(status) : detail;
  error.remedy = Text(fields, "remedy");
  return error;
}

TaskName DecodeTaskName(const object& from) {
  return {
      .module = Text(from, "module"),
      .family = Text(from, "family"),
      .params = DecodeParams(from),
      .id = Text(from, "id"),
  };
}

TaskError DecodeTaskError(const object& from) {
  return {
      .type = Text(from, "type"),
      .message = Text(from, "message"),
      .traceback = Text(from, "traceback"),
      .where = Text(from, "where"),
  };
}

Registration DecodeRegistration(const object& from) {
  Registration registration;
  registration.lease = MaybeSpan(from, "lease_s").value_or(registration.lease);
  registration.heartbeat = MaybeSpan(from, "heartbeat_s").value_or(registration.lease / 6);
  return registration;
}

Message DecodeMessage(const object& from) {
  Message message;
  message.attempt = Int(from, "attempt");
  message.number = MaybeInt(from, "number").value_or(1);
  message.task = DecodeTaskName(from);
  message.task.id = Text(from, "task_id");
  if (const object* params = FindObject(from, "params")) {
    for (const auto& [name, text] : *params) {
      if (text.is_array()) message.batch.emplace_back(name, Texts(*params, name));
    }
  }
  message.pool = Text(from, "pool");
  message.pipeline = Text(from, "pipeline");
  message.run = MaybeInt(from, "run");
  message.pipeline_unit = Text(from, "unit") == "pipeline";
  message.timeout = MaybeSpan(from, "timeout_s");
  message.lease = MaybeSpan(from, "lease_s").value_or(message.lease);
  return message;
}

HeartbeatAnswer DecodeHeartbeatAnswer(const object& from) {
  return {
      .lost = Numbers(from, "lost"),
      .cancel = Numbers(from, "cancel"),
      .messages = Items(from, "messages", &DecodeTaskMessage),
  };
}

Plan DecodePlan(const object& from) {
  Plan plan;
  plan.plan = Int(from, "plan");
  const std::string kind = Text(from, "kind");
  if (kind == "dynamic") plan.kind = PlanKind::kDynamic;
  if (kind == "recheck") plan.kind = PlanKind::kRecheck;
  plan.run = MaybeInt(from, "run");
  plan.pipeline = Text(from, "pipeline");
  plan.pipeline_unit = Text(from, "unit") == "pipeline";
  plan.roots = Items(from, "roots", &DecodeTaskName);
  plan.lease = MaybeSpan(from, "lease_s").value_or(plan.lease);
  return plan;
}

RunRow DecodeRun(const object& from) {
  return {
      .id = Int(from, "id"),
      .pipeline = Text(from, "pipeline"),
      .interval_start = MaybeTime(from, "interval_start"),
      .interval_end = MaybeTime(from, "interval_end"),
      .trigger = Text(from, "trigger"),
      .state = Text(from, "state"),
      .root = Text(from, "root"),
      .created_at = MaybeTime(from, "created_at"),
      .started_at = MaybeTime(from, "started_at"),
      .ended_at = MaybeTime(from, "ended_at"),
      .counts = DecodeCounts(from, "counts"),
      .error = MaybeTaskError(from),
  };
}

TaskRow DecodeTask(const object& from) {
  return {
      .id = Text(from, "id"),
      .family = Text(from, "family"),
      .label = Text(from, "label"),
      .status = Text(from, "status"),
      .phase = Text(from, "phase"),
      .pipeline = Text(from, "pipeline"),
      .run = MaybeInt(from, "run"),
      .pool = Text(from, "pool"),
      .worker = Text(from, "worker"),
      .created_at = MaybeTime(from, "created_at"),
      .updated_at = MaybeTime(from, "updated_at"),
      .started_at = MaybeTime(from, "started_at"),
      .attempt = MaybeInt(from, "attempt"),
      .attempts = Int(from, "attempts"),
      .progress = MaybeDouble(from, "progress"),
      .status_message = Text(from, "status_message"),
      .tracking_url = Text(from, "tracking_url"),
      .retry_at = MaybeTime(from, "retry_at"),
      .check_at = MaybeTime(from, "check_at"),
      .error_message = Text(from, "error_message"),
  };
}

AttemptRow DecodeAttempt(const object& from) {
  return {
      .attempt = Int(from, "attempt"),
      .number = Int(from, "number"),
      .worker = Text(from, "worker"),
      .host = Text(from, "host"),
      .pool = Text(from, "pool"),
      .run = MaybeInt(from, "run"),
      .started_at = MaybeTime(from, "started_at"),
      .ended_at = MaybeTime(from, "ended_at"),
      .outcome = Text(from, "outcome"),
      .error = MaybeTaskError(from),
      .exit_code = MaybeInt(from, "exit_code"),
      .signal = MaybeInt(from, "signal"),
      .cpu_s = MaybeDouble(from, "cpu_s"),
      .max_rss_kb = MaybeInt(from, "max_rss_kb"),
      .log_bytes = Int(from, "log_bytes"),
  };
}

Why DecodeWhy(const object& from) {
  return {
      .task = Text(from, "task"),
      .kind = Text(from, "kind"),
      .words = Text(from, "words"),
      .parts = Items(from, "parts", &DecodeWhyPart),
  };
}

WorkerRow DecodeWorker(const object& from) {
  return {
      .worker = Text(from, "worker"),
      .kind = Text(from, "kind"),
      .host = Text(from, "host"),
      .pid = Int(from, "pid"),
      .pools = Texts(from, "pools"),
      .slots = Int(from, "slots"),
      .busy = Int(from, "busy"),
      .draining = Bool(from, "draining"),
      .started_at = MaybeTime(from, "started_at"),
      .last_seen_at = MaybeTime(from, "last_seen_at"),
      .state = Text(from, "state"),
      .tasks_done = Int(from, "tasks_done"),
      .version = Text(from, "version"),
  };
}

PoolRow DecodePool(const object& from) {
  PoolRow pool{
      .name = Text(from, "name"),
      .slots = Int(from, "slots"),
      .busy = Int(from, "busy"),
      .ready = Int(from, "ready"),
      .workers = Int(from, "workers"),
      .families = Texts(from, "families"),
  };
  if (const value* workers = Find(from, "workers"); workers != nullptr && workers->is_array()) {
    pool.workers = static_cast<int64_t>(workers->get_array().size());
  }
  return pool;
}

PipelineRow DecodePipeline(const object& from) {
  return {
      .name = Text(from, "name"),
      .module = Text(from, "module"),
      .family = Text(from, "family"),
      .schedule = Text(from, "schedule"),
      .timezone = Text(from, "timezone"),
      .params = DecodeParams(from),
      .next_due_at = MaybeTime(from, "next_due_at"),
      .paused = Bool(from, "paused"),
      .weight = MaybeDouble(from, "weight").value_or(1),
      .unit = Text(from, "unit"),
      .pool = Text(from, "pool"),
      .counts_of_runs = DecodeCounts(from, "counts_of_runs"),
  };
}

Overview DecodeOverview(const object& from) {
  return {
      .counts = DecodeCounts(from, "counts"),
      .runs = DecodeCounts(from, "runs"),
      .due_runs = Int(from, "due_runs"),
      .rate_per_min = MaybeDouble(from, "rate_per_min").value_or(0),
      .workers = Int(from, "workers"),
      .uptime_s = MaybeDouble(from, "uptime_s").value_or(0),
      .version = Text(from, "version"),
  };
}

}  // namespace headrace::client
