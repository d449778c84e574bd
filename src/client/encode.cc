// The bodies that are sent to the scheduler.

#include "client/encode.h"

#include <cmath>

#include "base/json_writer.h"

namespace headrace::client {
namespace {

double Seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

int64_t EpochMs(Timestamp time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// Whole numbers as integers: that is how Luigi's users write resources and priorities.
void Number(JsonWriter& json, std::string_view name, double number) {
  json.Key(name);
  if (std::nearbyint(number) == number && std::fabs(number) < 1e15) {
    json.Int(static_cast<int64_t>(number));
  } else {
    json.Double(number);
  }
}

void Texts(JsonWriter& json, std::string_view name, std::span<const std::string> texts) {
  json.Key(name);
  json.BeginArray();
  for (const std::string& text : texts) json.String(text);
  json.EndArray();
}

void Numbers(JsonWriter& json, std::string_view name, const std::map<std::string, double>& map) {
  json.Key(name);
  json.BeginObject();
  for (const auto& [key, number] : map) Number(json, key, number);
  json.EndObject();
}

void NameFields(JsonWriter& json, const TaskName& task) {
  json.Field("module", task.module);
  json.Field("family", task.family);
  json.Key("params");
  json.BeginObject();
  for (const auto& [name, text] : task.params) json.Field(name, text);
  json.EndObject();
}

void ErrorField(JsonWriter& json, const TaskError& error) {
  json.Key("error");
  json.BeginObject();
  json.Field("type", error.type);
  json.Field("message", error.message);
  json.Field("traceback", error.traceback);
  json.Field("where", error.where);
  json.EndObject();
}

void RetryField(JsonWriter& json, const RetryPolicy& retry) {
  json.Key("retry");
  json.BeginObject();
  if (retry.count) json.Field("count", *retry.count);
  if (retry.hard_timeout) Number(json, "hard_timeout", Seconds(*retry.hard_timeout));
  if (retry.window) Number(json, "window", Seconds(*retry.window));
  json.EndObject();
}

void WriteNews(JsonWriter& json, const AttemptNews& news) {
  json.BeginObject();
  json.Field("attempt", news.attempt);
  if (news.status_message) json.Field("status_message", *news.status_message);
  if (news.progress) Number(json, "progress", *news.progress);
  if (news.tracking_url) json.Field("tracking_url", *news.tracking_url);
  if (!news.decrease_resources.empty()) {
    Numbers(json, "decrease_resources", news.decrease_resources);
  }
  json.EndObject();
}

void WriteTargets(JsonWriter& json, const PlannedTask& task) {
  json.Key("targets");
  json.BeginArray();
  for (const auto& [kind, uri] : task.targets) {
    json.BeginArray();
    json.String(kind);
    json.String(uri);
    json.EndArray();
  }
  json.EndArray();
}

void WriteTask(JsonWriter& json, const PlannedTask& task) {
  json.BeginObject();
  json.Field("id", task.task.id);
  NameFields(json, task.task);
  if (!task.visibility.empty()) {
    json.Key("visibility");
    json.BeginObject();
    for (const auto& [name, visibility] : task.visibility) json.Field(name, visibility);
    json.EndObject();
  }
  if (!task.deps.empty()) Texts(json, "deps", task.deps);
  json.Field("complete", task.complete);
  if (task.checked_at) json.Field("checked_at", EpochMs(*task.checked_at));
  if (task.external) json.Field("external", true);
  if (task.priority != 0) Number(json, "priority", task.priority);
  if (!task.resources.empty()) Numbers(json, "resources", task.resources);
  if (task.timeout) Number(json, "timeout_s", Seconds(*task.timeout));
  if (task.retry) RetryField(json, *task.retry);
  if (!task.owners.empty()) Texts(json, "owners", task.owners);
  if (task.disabled) json.Field("disabled", true);
  if (!task.targets.empty()) WriteTargets(json, task);
  if (!task.problem.empty()) json.Field("problem", task.problem);
  if (task.error) ErrorField(json, *task.error);
  json.EndObject();
}

// One JSON object whose fields `write` adds.
template <class Write>
std::string Object(const Write& write) {
  std::string out;
  JsonWriter json(out, JsonStyle::kCompact);
  json.BeginObject();
  write(json);
  json.EndObject();
  return out;
}

}  // namespace

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kDone: return "done";
    case Outcome::kFailed: return "failed";
    case Outcome::kNewDependencies: return "new_dependencies";
    case Outcome::kMissing: return "missing";
    case Outcome::kReturned: return "returned";
    case Outcome::kLost: return "lost";
    case Outcome::kCancelled: return "cancelled";
  }
  return "failed";
}

std::string EncodeWorker(const WorkerInfo& worker) {
  return Object([&](JsonWriter& json) {
    json.Field("worker", worker.id);
    Texts(json, "pools", worker.pools);
    json.Field("slots", worker.slots);
    json.Field("host", worker.host);
    json.Field("pid", worker.pid);
    json.Field("version", worker.version);
  });
}

std::string EncodeReceive(std::span<const std::string> pools, int max, Duration wait) {
  return Object([&](JsonWriter& json) {
    Texts(json, "pools", pools);
    json.Field("max", max);
    Number(json, "wait_s", Seconds(wait));
  });
}

std::string EncodeHeartbeat(const Heartbeat& heartbeat) {
  return Object([&](JsonWriter& json) {
    json.Field("draining", heartbeat.draining);
    json.Key("attempts");
    json.BeginArray();
    for (const AttemptNews& news : heartbeat.attempts) WriteNews(json, news);
    json.EndArray();
  });
}

std::string EncodeFinish(const FinishReport& report) {
  return Object([&](JsonWriter& json) {
    json.Field("worker", report.worker);
    json.Field("outcome", OutcomeName(report.outcome));
    if (report.error) ErrorField(json, *report.error);
    if (!report.new_deps.empty()) {
      json.Key("new_deps");
      json.BeginArray();
      for (const TaskName& task : report.new_deps) {
        json.BeginObject();
        NameFields(json, task);
        json.Field("id", task.id);
        json.EndObject();
      }
      json.EndArray();
    }
    if (!report.missing.empty()) Texts(json, "missing", report.missing);
    if (!report.expl.empty()) {
      json.Key("expl");
      json.Raw(report.expl);
    }
    if (report.exit_code) json.Field("exit_code", *report.exit_code);
    if (report.signal) json.Field("signal", *report.signal);
    if (report.cpu_s) json.Field("cpu_s", *report.cpu_s);
    if (report.max_rss_kb) json.Field("max_rss_kb", *report.max_rss_kb);
    if (report.log_bytes) json.Field("log_bytes", *report.log_bytes);
    if (report.tasks.empty()) return;
    json.Key("tasks");
    json.BeginObject();
    for (const auto& [id, status] : report.tasks) json.Field(id, status);
    json.EndObject();
  });
}

std::string EncodeClaim(std::string_view planner, int max, Duration wait) {
  return Object([&](JsonWriter& json) {
    json.Field("planner", planner);
    json.Field("max", max);
    Number(json, "wait_s", Seconds(wait));
  });
}

std::string EncodeTasks(std::string_view planner, std::span<const PlannedTask> tasks) {
  return Object([&](JsonWriter& json) {
    json.Field("planner", planner);
    json.Key("tasks");
    json.BeginArray();
    for (const PlannedTask& task : tasks) WriteTask(json, task);
    json.EndArray();
  });
}

std::string EncodePlanner(std::string_view planner) {
  return Object([&](JsonWriter& json) { json.Field("planner", planner); });
}

std::string EncodePlanEnd(std::string_view planner,
                          std::span<const std::string> roots,
                          const std::optional<TaskError>& error) {
  return Object([&](JsonWriter& json) {
    json.Field("planner", planner);
    Texts(json, "roots", roots);
    if (error) ErrorField(json, *error);
    if (!error) json.NullField("error");
  });
}

std::string EncodeNewRun(const NewRun& run) {
  return Object([&](JsonWriter& json) {
    if (!run.pipeline.empty()) {
      json.Field("pipeline", run.pipeline);
      if (run.interval_start) json.Field("interval_start", EpochMs(*run.interval_start));
      return;
    }
    NameFields(json, run.task);
    if (run.priority != 0) Number(json, "priority", run.priority);
    if (!run.pool.empty()) json.Field("pool", run.pool);
  });
}

}  // namespace headrace::client
