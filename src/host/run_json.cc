// Field by field, as docs/host_protocol.md has it.

#include "host/run_json.h"

#include <boost/json.hpp>

#include "base/json_writer.h"
#include "host/json_field.h"
#include "host/node_json.h"

namespace headrace::host {
namespace {

namespace json = boost::json;

void WriteParams(JsonWriter& out, const RunRequest& request) {
  out.Key("params");
  out.BeginObject();
  for (const auto& [name, value] : request.task.params) {
    if (!request.batch.contains(name)) out.Field(name, value);
  }
  for (const auto& [name, values] : request.batch) {
    out.Key(name);
    out.BeginArray();
    for (const std::string& value : values) out.String(value);
    out.EndArray();
  }
  out.EndObject();
}

void WriteSurroundings(JsonWriter& out, const RunRequest& request) {
  if (!request.env.empty()) {
    out.Key("env");
    out.BeginObject();
    for (const auto& [name, value] : request.env) out.Field(name, value);
    out.EndObject();
  }
  if (!request.limits.empty()) {
    out.Key("limits");
    out.BeginObject();
    for (const auto& [name, limit] : request.limits) {
      out.Key(name);
      out.BeginArray();
      out.Int(limit.first);
      out.Int(limit.second);
      out.EndArray();
    }
    out.EndObject();
  }
}

double SecondsOf(Duration span) {
  return std::chrono::duration<double>(span).count();
}

Outcome ParseResult(const json::object& line) {
  Outcome outcome;
  const std::string status = Text(line, "status");
  if (const json::value* expl = line.if_contains("expl"); expl != nullptr && !expl->is_null()) {
    outcome.expl = ToJson(*expl, JsonStyle::kStrict);
  }
  outcome.missing = Texts(line, "missing");
  for (const json::value& value : Array(line, "new_deps")) {
    const json::object* dependency = value.if_object();
    if (dependency == nullptr) continue;
    outcome.new_deps.push_back({ParseTaskName(*dependency), Text(*dependency, "id")});
  }
  if (const json::object* error = Object(line, "error")) outcome.error = ParseTaskError(*error);
  if (status == "DONE") {
    outcome.status = OutcomeStatus::kDone;
    return outcome;
  }
  if (status == "PENDING") {
    outcome.status = OutcomeStatus::kNewDependencies;
    return outcome;
  }
  outcome.status = outcome.missing.empty() ? OutcomeStatus::kFailed : OutcomeStatus::kMissing;
  if (!outcome.error) {
    const std::string text = Text(line, "expl");
    outcome.error = TaskError{.where = "run", .message = text.empty() ? "failed" : text};
  }
  return outcome;
}

// Luigi's own return codes count a retried success as one.
Outcome ParseSummary(const json::object& line) {
  Outcome outcome;
  const std::string status = Text(line, "status");
  if (const json::object* tasks = Object(line, "tasks")) {
    for (const auto& [id, last] : *tasks) outcome.tasks[id] = TextOf(last);
  }
  outcome.summary = Text(line, "text");
  if (Bool(line, "scheduling_succeeded") && status.starts_with("SUCCESS")) {
    outcome.status = OutcomeStatus::kDone;
    return outcome;
  }
  outcome.status = OutcomeStatus::kFailed;
  outcome.error = TaskError{.where = "run", .type = status, .message = Text(line, "one_line")};
  return outcome;
}

}  // namespace

std::string WriteRun(const RunRequest& request, bool fresh_interpreter) {
  std::string text;
  JsonWriter out(text, JsonStyle::kCompact);
  out.BeginObject();
  out.Field("op", "run");
  out.Field("attempt", request.attempt);
  out.Field("module", request.task.module);
  out.Field("family", request.task.family);
  WriteParams(out, request);
  out.Field("worker", request.worker);
  WriteSurroundings(out, request);
  if (request.pipeline) {
    out.Field("unit", "pipeline");
    out.Field("workers", request.pipeline_workers);
    if (!request.scheduler_url.empty()) out.Field("scheduler_url", request.scheduler_url);
  }
  if (request.skip_dependency_check) out.Field("check_deps", false);
  if (fresh_interpreter) out.Field("nofork", true);
  if (request.lease_end) out.Field("lease_end", SecondsOf(*request.lease_end));
  out.EndObject();
  return text;
}

std::string WriteLease(std::string_view attempt, Duration lease_end) {
  std::string text;
  JsonWriter out(text, JsonStyle::kCompact);
  out.BeginObject();
  out.Field("op", "lease");
  out.Field("attempt", attempt);
  out.Field("lease_end", SecondsOf(lease_end));
  out.EndObject();
  return text;
}

std::string WriteMessage(std::string_view id, std::string_view content) {
  std::string text;
  JsonWriter out(text, JsonStyle::kCompact);
  out.BeginObject();
  out.Field("id", id);
  out.Field("content", content);
  out.EndObject();
  return text;
}

std::optional<decltype(RunEvent::what)> ParseReport(const json::object& line) {
  const std::string event = Text(line, "ev");
  if (event == "loaded") return Loaded{Text(line, "id")};
  if (event == "status") return StatusMessage{Text(line, "message")};
  if (event == "progress") return Progress{Number(line, "percentage").value_or(0)};
  if (event == "tracking_url") return TrackingUrl{Text(line, "url")};
  if (event == "decrease_resources") return ResourcesDecreased{Numbers(line, "resources")};
  if (event == "message_response") {
    return MessageResponse{Text(line, "id"), Text(line, "response")};
  }
  if (event == "statistics") {
    const json::value* statistics = line.if_contains("statistics");
    return Statistics{statistics ? ToJson(*statistics, JsonStyle::kStrict) : "null"};
  }
  return std::nullopt;
}

bool IsOutcome(const json::object& line) {
  const std::string event = Text(line, "ev");
  return event == "result" || event == "summary";
}

Outcome ParseOutcome(const json::object& line) {
  return Text(line, "ev") == "summary" ? ParseSummary(line) : ParseResult(line);
}

}  // namespace headrace::host
