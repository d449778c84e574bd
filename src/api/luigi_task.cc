// Luigi's serialised task.

#include "api/luigi_task.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "base/json_text.h"
#include "base/python_json.h"

namespace headrace::api {

using scheduler::State;
using scheduler::Task;
using scheduler::TaskDetail;
using scheduler::TaskId;
using scheduler::TaskStatus;

namespace {

void TextOrNull(JsonWriter& json, std::string_view name, std::string_view text) {
  json.Key(name);
  text.empty() ? json.Null() : json.String(text);
}

void WriteDeps(JsonWriter& json,
               const State& state,
               const Task& task,
               const LuigiTaskOptions& options) {
  json.Key("deps");
  json.BeginArray();
  const auto own = task.deps.ids();
  const std::vector<TaskId> deps =
      options.neighbours.value_or(std::vector<TaskId>(own.begin(), own.end()));
  for (TaskId dep : deps) json.String(state.task(dep).key());
  json.EndArray();
}

}  // namespace

double LuigiTime(Timestamp at) {
  return static_cast<double>(at.time_since_epoch().count()) / 1e6;
}

void WriteNumber(JsonWriter& json, double number) {
  if (std::nearbyint(number) == number && std::fabs(number) < 1e15) {
    json.Int(static_cast<int64_t>(number));
  } else {
    json.Double(number);
  }
}

void WriteAmounts(JsonWriter& json, const scheduler::Resources& amounts) {
  json.BeginObject();
  for (const auto& [name, amount] : amounts) {
    json.Key(name);
    WriteNumber(json, amount);
  }
  json.EndObject();
}

void WriteMembers(JsonWriter& json, std::string_view object) {
  const auto value = ParseJson(object);
  if (!value || !value->is_object()) return;
  for (const auto& member : value->get_object()) {
    json.Key(member.key());
    json.Value(member.value());
  }
}

void WriteLuigiPlaceholder(JsonWriter& json, std::string_view key) {
  const size_t end = key.find_first_of("(_");
  const std::string_view family =
      end == std::string_view::npos || end == 0 ? "UNKNOWN" : key.substr(0, end);
  json.BeginObject();
  json.Key("deps");
  json.BeginArray();
  json.EndArray();
  json.Field("status", "UNKNOWN");
  json.Key("workers");
  json.BeginArray();
  json.EndArray();
  json.Field("start_time", "UNKNOWN");
  json.Key("params");
  json.BeginObject();
  json.Field("task_id", key);
  json.EndObject();
  json.Field("name", family);
  json.Field("display_name", key);
  json.Field("priority", 0);
  json.EndObject();
}

void WriteLuigiTask(JsonWriter& json,
                    const State& state,
                    TaskId id,
                    const LuigiTaskOptions& options) {
  const Task& task = state.task(id);
  const TaskDetail& more = state.detail(task);
  json.BeginObject();
  json.Field("display_name", DisplayName(state, task));
  json.Field("status", Name(task.status));
  json.Key("workers");
  json.BeginArray();
  for (scheduler::WorkerId worker : state.worker_sets().Members(task.workers)) {
    json.String(state.worker(worker).key);
  }
  json.EndArray();
  json.Key("worker_running");
  task.worker_running.value == 0 ? json.Null() : json.String(state.worker(task.worker_running).key);
  json.Key("time_running");
  task.time_running == Timestamp{} ? json.Null() : json.Double(LuigiTime(task.time_running));
  json.Field("start_time", LuigiTime(task.created));
  json.Field("last_updated", LuigiTime(task.updated));
  json.Key("params");
  json.BeginObject();
  for (const auto& [name, value] : PublicParams(state, task)) json.Field(name, value);
  json.EndObject();
  json.Field("name", state.text(task.family));
  json.Key("priority");
  WriteNumber(json, task.priority);
  json.Key("resources");
  WriteAmounts(json, state.resources(task.resources));
  json.Key("resources_running");
  if (task.time_running == Timestamp{}) {
    json.Null();
  } else {
    WriteAmounts(json, state.resources(more.resources_running));
  }
  TextOrNull(json, "tracking_url", more.tracking_url);
  TextOrNull(json, "status_message", more.status_message);
  json.Key("progress_percentage");
  more.progress.empty() ? json.Null() : json.Raw(more.progress);
  if (task.status == TaskStatus::kDisabled) {
    json.Field("re_enable_able", more.disabled_at != Timestamp{});
  }
  if (options.deps) WriteDeps(json, state, task, options);
  if (task.status == TaskStatus::kRunning && options.send_messages) {
    json.Key("accepts_messages");
    json.Raw(more.accepts_messages.empty() ? "false" : more.accepts_messages);
  }
  json.EndObject();
}

}  // namespace headrace::api
