// Rows of /v1's lists.

#include "api/rows.h"

#include <algorithm>

#include "api/luigi_task.h"
#include "base/json_text.h"
#include "scheduler/schedule.h"

namespace headrace::api {

using scheduler::Phase;
using scheduler::State;
using scheduler::Task;
using scheduler::TaskDetail;

void TimeField(JsonWriter& json, std::string_view name, Timestamp at) {
  json.Key(name);
  at == Timestamp{} ? json.Null() : json.Int(Millis(at));
}

void IdField(JsonWriter& json, std::string_view name, uint32_t id) {
  json.Key(name);
  id == 0 ? json.Null() : json.Unsigned(id);
}

void TextOrNullField(JsonWriter& json, std::string_view name, std::string_view text) {
  json.Key(name);
  text.empty() ? json.Null() : json.String(text);
}

void JsonOrNullField(JsonWriter& json, std::string_view name, std::string_view text) {
  json.Key(name);
  text.empty() ? json.Null() : json.Raw(text);
}

std::string LabelOf(const State& state, const Task& task) {
  std::string label;
  for (const auto& [name, value] : PublicParams(state, task)) {
    if (!label.empty()) label += ", ";
    label += name + "=" + value;
  }
  return label;
}

void WriteCountsField(JsonWriter& json, const std::array<uint32_t, scheduler::kPhases>& counts) {
  json.Key("counts");
  json.BeginObject();
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) json.Field(Name(static_cast<Phase>(i)), counts[i]);
  }
  json.EndObject();
}

void TaskShortFields(JsonWriter& json, const State& state, scheduler::TaskId id) {
  const Task& task = state.task(id);
  json.Field("id", task.key());
  json.Field("family", state.text(task.family));
  json.Field("label", LabelOf(state, task));
  json.Field("status", Name(task.status));
  json.Field("phase", Name(task.phase));
}

void TaskFields(JsonWriter& json, const State& state, scheduler::TaskId id) {
  const Task& task = state.task(id);
  const TaskDetail& more = state.detail(task);
  TaskShortFields(json, state, id);
  const scheduler::RunId run = task.runs.empty() ? scheduler::RunId{} : task.runs.front();
  const auto pipeline = run.value == 0 ? scheduler::PipelineId{} : state.run(run).pipeline;
  json.Field("pipeline", pipeline.value == 0 ? std::string() : state.pipeline(pipeline).spec.name);
  IdField(json, "run", run.value);
  json.Field("pool", task.pool.value == 0 ? std::string() : state.pool(task.pool).name);
  json.Field(
      "worker",
      task.worker_running.value == 0 ? std::string() : state.worker(task.worker_running).key);
  TimeField(json, "created_at", task.created);
  TimeField(json, "updated_at", task.updated);
  TimeField(json, "started_at", task.time_running);
  IdField(json, "attempt", more.attempt_last.value);
  json.Field("attempts", more.attempts);
  JsonOrNullField(json, "progress", more.progress);
  json.Field("status_message", more.status_message);
  json.Field("tracking_url", more.tracking_url);
  TimeField(json,
            "retry_at",
            task.status == scheduler::TaskStatus::kFailed ? more.retry_at : Timestamp{});
  TimeField(json, "check_at", more.check_at);
  TextOrNullField(json, "error_message", JsonString(more.error, "message").value_or(""));
}

void RunFields(JsonWriter& json, const State& state, scheduler::RunId id) {
  const scheduler::Run& run = state.run(id);
  json.Field("id", id.value);
  json.Field("pipeline",
             run.pipeline.value == 0 ? std::string() : state.pipeline(run.pipeline).spec.name);
  TimeField(json, "interval_start", run.interval_start);
  TimeField(json, "interval_end", run.interval_end);
  json.Field("trigger", Name(run.trigger));
  json.Field("state", Name(run.state));
  TextOrNullField(json, "root", run.root.value == 0 ? "" : state.task(run.root).key());
  TimeField(json, "created_at", run.created);
  TimeField(json, "started_at", run.started);
  TimeField(json, "ended_at", run.ended);
  WriteCountsField(json, run.counts);
  JsonOrNullField(json, "error", run.error);
}

void AttemptFields(JsonWriter& json, const State& state, scheduler::AttemptId id) {
  const scheduler::Attempt& attempt = *state.FindAttempt(id);
  json.Field("attempt", id.value);
  json.Field("number", attempt.number);
  json.Field("worker", attempt.worker_key);
  const scheduler::WorkerId worker = state.FindWorker(attempt.worker_key);
  const std::string host =
      worker.value == 0 ? "" : JsonString(state.worker(worker).info, "host").value_or("");
  json.Field("host", host);
  json.Field("pool", state.pool(attempt.pool).name);
  IdField(json, "run", attempt.run.value);
  TimeField(json, "started_at", attempt.started);
  TimeField(json, "ended_at", attempt.ended);
  const bool runs = attempt.outcome == scheduler::AttemptOutcome::kRunning;
  TextOrNullField(json, "outcome", runs ? "" : Name(attempt.outcome));
  WriteMembers(json, attempt.details);
}

void WorkerFields(JsonWriter& json, const engine::View& view, scheduler::WorkerId id) {
  const State& state = view.state;
  const scheduler::Worker& worker = state.worker(id);
  json.Field("worker", worker.key);
  json.Field("kind", worker.pools.empty() ? "luigi" : "headrace");
  json.Field("host", JsonString(worker.info, "host").value_or(""));
  json.Key("pid");
  const auto pid = JsonNumber(worker.info, "pid");
  pid ? WriteNumber(json, *pid) : json.Null();
  json.Field("version", JsonString(worker.info, "version").value_or(""));
  json.Key("pools");
  json.BeginArray();
  for (scheduler::PoolId pool : worker.pools) json.String(state.pool(pool).name);
  json.EndArray();
  json.Field("slots", worker.slots);
  json.Field("busy", worker.running);
  json.Field("draining", worker.draining);
  TimeField(json, "started_at", worker.started);
  const Timestamp heard = view.liveness.LastActive(id);
  TimeField(json, "last_seen_at", heard == Timestamp{} ? worker.started : heard);
  json.Field("state", worker.disabled ? "disabled" : "active");
  json.Key("running");
  json.BeginArray();
  for (const scheduler::Rank& rank : state.running()) {
    const Task& task = state.task(rank.task);
    if (task.worker_running != id) continue;
    json.BeginObject();
    json.Field("task", task.key());
    IdField(json, "attempt", task.attempt.value);
    TimeField(json, "since", task.time_running);
    json.EndObject();
  }
  json.EndArray();
  json.Field("tasks_done", worker.done);
}

void PoolFields(JsonWriter& json, const State& state, scheduler::PoolId id) {
  const scheduler::Pool& pool = state.pool(id);
  json.Field("name", pool.name);
  json.Field("slots", pool.slots);
  json.Field("busy", pool.busy);
  json.Field("ready", pool.ready);
  json.Key("families");
  json.BeginArray();
  for (const std::string& family : pool.families) json.String(family);
  json.EndArray();
  uint64_t workers = 0;
  state.ForEachWorker([&](scheduler::WorkerId, const scheduler::Worker& worker) {
    workers += std::find(worker.pools.begin(), worker.pools.end(), id) != worker.pools.end();
  });
  json.Field("workers", workers);
}

Timestamp NextDue(const State& state, const scheduler::TimeZones& zones, scheduler::PipelineId id) {
  const scheduler::Pipeline& pipeline = state.pipeline(id);
  const TimeZoneRules* zone = zones.Find(pipeline.spec.timezone);
  const bool due = !pipeline.spec.retired && !pipeline.spec.schedule.empty() && zone != nullptr &&
                   pipeline.settled != Timestamp{};
  if (!due) return {};
  const auto schedule = scheduler::Schedule::Make(
      pipeline.spec.schedule, *zone, pipeline.spec.start, pipeline.spec.end);
  if (!schedule) return {};
  const auto interval = schedule->IntervalAfter(pipeline.settled);
  return interval ? interval->end : Timestamp{};
}

void PipelineFields(JsonWriter& json,
                    const State& state,
                    const scheduler::TimeZones& zones,
                    scheduler::PipelineId id) {
  constexpr size_t kRunsShown = 30;
  const scheduler::Pipeline& pipeline = state.pipeline(id);
  json.Field("name", pipeline.spec.name);
  json.Field("module", pipeline.spec.module);
  json.Field("family", pipeline.spec.family);
  json.Key("params");
  json.Raw(pipeline.spec.params.empty() ? "{}" : pipeline.spec.params);
  TextOrNullField(json, "schedule", pipeline.spec.schedule);
  json.Field("timezone", pipeline.spec.timezone);
  TimeField(json, "next_due_at", NextDue(state, zones, id));
  json.Field("catchup", pipeline.spec.catchup);
  json.Field("paused", pipeline.paused);
  json.Key("weight");
  WriteNumber(json, pipeline.spec.weight);
  json.Field("unit", Name(pipeline.spec.unit));
  json.Field("pool", state.pool(pipeline.spec.pool).name);
  json.Key("runs");
  json.BeginArray();
  const auto& runs = pipeline.run_of_interval;
  const size_t skip = runs.size() > kRunsShown ? runs.size() - kRunsShown : 0;
  size_t at = 0;
  for (const auto& [interval, run_id] : runs) {
    if (at++ < skip) continue;
    const scheduler::Run& run = state.run(run_id);
    json.BeginObject();
    json.Field("id", run_id.value);
    TimeField(json, "interval_start", interval.first);
    json.Field("state", Name(run.state));
    json.Key("duration_s");
    const bool over = run.ended != Timestamp{} && run.started != Timestamp{};
    over ? json.Double(SecondsOf(run.ended - run.started)) : json.Null();
    json.EndObject();
  }
  json.EndArray();
  json.Key("counts_of_runs");
  json.BeginObject();
  for (size_t i = 0; i < pipeline.runs.size(); ++i) {
    if (pipeline.runs[i] == 0) continue;
    json.Field(Name(static_cast<scheduler::RunState>(i)), pipeline.runs[i]);
  }
  json.EndObject();
}

}  // namespace headrace::api
