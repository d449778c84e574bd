// Overview, health, and the short lists.

#include "api/overview.h"

#include <algorithm>

#include "api/rows.h"
#include "base/json_text.h"
#include "scheduler/schedule.h"

namespace headrace::api {

using engine::View;
using scheduler::Phase;
using scheduler::State;
using scheduler::Task;

namespace {

constexpr size_t kRunningShown = 20;
constexpr size_t kErrorsLookedAt = 5'000;

// Attempts that ended in the last minute.
double RatePerMinute(const State& state, Timestamp now) {
  constexpr std::chrono::seconds kWindow{60};
  uint64_t count = 0;
  for (uint32_t i = static_cast<uint32_t>(state.attempts().size()); i >= 1; --i) {
    const scheduler::Attempt& attempt = state.attempts()[scheduler::AttemptId{i}];
    if (attempt.started + 10 * kWindow < now) break;
    count += attempt.outcome == scheduler::AttemptOutcome::kDone && attempt.ended + kWindow > now;
  }
  return static_cast<double>(count);
}

// Numbers and long hexadecimal words out: alike errors have one signature.
std::string SignatureOf(const std::string& type, const std::string& message) {
  std::string signature = type + ": ";
  for (const char c : message.substr(0, 200)) {
    const bool digit = c >= '0' && c <= '9';
    if (digit && !signature.empty() && signature.back() == '#') continue;
    signature += digit ? '#' : c;
  }
  return signature;
}

struct ErrorGroup {
  std::string type;
  std::string message;
  uint64_t count = 0;
  scheduler::TaskId sample;
  Timestamp last;
};

std::map<std::string, ErrorGroup> ErrorsOf(const State& state) {
  std::map<std::string, ErrorGroup> groups;
  size_t looked_at = 0;
  state.ForEachTask([&](scheduler::TaskId id, const Task& task) {
    const std::string& error = state.detail(task).error;
    const bool failing = task.phase == Phase::kRetrying || task.phase == Phase::kDisabled ||
                         task.phase == Phase::kUnknown;
    if (error.empty() || !failing || ++looked_at > kErrorsLookedAt) return;
    const std::string type = JsonString(error, "type").value_or("");
    const std::string message = JsonString(error, "message").value_or("");
    ErrorGroup& group = groups[SignatureOf(type, message)];
    ++group.count;
    if (group.count > 1 && task.updated < group.last) return;
    group.type = type;
    group.message = message.substr(0, 500);
    group.sample = id;
    group.last = task.updated;
  });
  return groups;
}

void WriteErrors(JsonWriter& json, const State& state) {
  json.Key("errors");
  json.BeginArray();
  for (const auto& [signature, group] : ErrorsOf(state)) {
    json.BeginObject();
    json.Field("signature", signature);
    json.Field("exception", group.type);
    json.Field("message", group.message);
    json.Field("count", group.count);
    json.Field("sample_task", state.task(group.sample).key());
    IdField(json, "sample_attempt", state.detail(state.task(group.sample)).attempt_last.value);
    TimeField(json, "last_at", group.last);
    json.EndObject();
  }
  json.EndArray();
}

void WriteRunning(JsonWriter& json, const State& state) {
  json.Key("running");
  json.BeginArray();
  size_t shown = 0;
  for (const scheduler::Rank& rank : state.running()) {
    if (++shown > kRunningShown) break;
    const Task& task = state.task(rank.task);
    json.BeginObject();
    json.Field("task", task.key());
    json.Field("family", state.text(task.family));
    json.Field("label", LabelOf(state, task));
    json.Field(
        "worker",
        task.worker_running.value == 0 ? std::string() : state.worker(task.worker_running).key);
    json.Field("pool", task.pool.value == 0 ? std::string() : state.pool(task.pool).name);
    TimeField(json, "since", task.time_running);
    JsonOrNullField(json, "progress", state.detail(task).progress);
    json.Field("status_message", state.detail(task).status_message);
    json.EndObject();
  }
  json.EndArray();
}

// Intervals that are over and have no run yet.
uint64_t DueRuns(const Context& context, const State& state) {
  uint64_t due = 0;
  for (uint32_t i = 1; i <= state.pipelines().size(); ++i) {
    due += scheduler::IntervalsHeldBack(
        state, context.zones(), scheduler::PipelineId{i}, context.clock().Now());
  }
  return due;
}

// A list that is short enough for one page.
template <class Id, class Row>
net::HttpResponse WholeList(const View& view, const std::vector<Id>& ids, Row row) {
  return Object(view, [&](JsonWriter& json) {
    json.Key("items");
    json.BeginArray();
    for (Id id : ids) {
      json.BeginObject();
      row(json, id);
      json.EndObject();
    }
    json.EndArray();
    json.NullField("next");
  });
}

}  // namespace

void CountsFields(JsonWriter& json, const View& view, Timestamp now) {
  json.Key("counts");
  json.BeginObject();
  for (size_t i = 0; i < scheduler::kPhases; ++i) {
    const auto phase = static_cast<Phase>(i);
    if (view.state.tasks_in(phase) > 0) json.Field(Name(phase), view.state.tasks_in(phase));
  }
  json.EndObject();
  json.Key("runs");
  json.BeginObject();
  for (size_t i = 0; i < scheduler::kRunStates; ++i) {
    const auto run_state = static_cast<scheduler::RunState>(i);
    json.Field(Name(run_state), view.state.runs_in(run_state));
  }
  json.EndObject();
  json.Key("rate_per_min");
  WriteNumber(json, RatePerMinute(view.state, now));
}

net::HttpResponse ShowOverview(Context& context, const View& view) {
  const Timestamp now = context.clock().Now();
  const State& state = view.state;
  return Object(view, [&](JsonWriter& json) {
    CountsFields(json, view, now);
    json.Field("due_runs", DueRuns(context, state));
    WriteRunning(json, state);
    WriteErrors(json, state);
    json.Key("next");
    json.BeginArray();
    for (uint32_t i = 1; i <= state.pipelines().size(); ++i) {
      const Timestamp due = NextDue(state, context.zones(), scheduler::PipelineId{i});
      if (due == Timestamp{}) continue;
      json.BeginObject();
      json.Field("pipeline", state.pipeline(scheduler::PipelineId{i}).spec.name);
      TimeField(json, "at", due);
      json.EndObject();
    }
    json.EndArray();
    json.Key("queued_by_pool");
    json.BeginObject();
    for (uint32_t i = 1; i <= state.pools().size(); ++i) {
      const scheduler::Pool& pool = state.pool(scheduler::PoolId{i});
      json.Field(pool.name, pool.ready);
    }
    json.EndObject();
    uint64_t workers = 0;
    state.ForEachWorker([&](scheduler::WorkerId, const scheduler::Worker&) { ++workers; });
    json.Field("workers", workers);
    json.Field("uptime_s", SecondsOf(now - context.started()));
    json.Field("version", context.options().version);
  });
}

net::HttpResponse ShowHealth(Context& context, const View& view) {
  const engine::EngineMetrics& metrics = context.engine().metrics();
  return Object(view, [&](JsonWriter& json) {
    json.Field("version", context.options().version);
    json.Field("commit", context.engine().Committed());
    json.Field("epoch", view.epoch);
    json.Key("journal");
    json.BeginObject();
    json.Field("commit_ms_p50", static_cast<double>(metrics.commit_us.Quantile(0.5)) / 1e3);
    json.Field("commit_ms_p99", static_cast<double>(metrics.commit_us.Quantile(0.99)) / 1e3);
    json.Field("bytes", metrics.journal_bytes.load());
    json.Field("disk_full", metrics.disk_full.load());
    json.EndObject();
    json.Field("replica_lag_ms", SecondsOf(context.engine().replica().Lag()) * 1e3);
    json.Field("uptime_s", SecondsOf(context.clock().Now() - context.started()));
    json.Field("tasks", view.state.tasks_count());
    uint64_t workers = 0;
    view.state.ForEachWorker([&](scheduler::WorkerId, const scheduler::Worker&) { ++workers; });
    json.Field("workers", workers);
  });
}

net::HttpResponse ShowPipelines(Context& context,
                                const View& view,
                                const std::string& name,
                                size_t limit) {
  const State& state = view.state;
  const auto row = [&](JsonWriter& json, scheduler::PipelineId id) {
    PipelineFields(json, state, context.zones(), id);
  };
  if (!name.empty()) {
    const scheduler::PipelineId id = state.FindPipeline(name);
    if (id.value == 0) return Problem(404, "no pipeline '" + name + "'");
    return Object(view, [&](JsonWriter& json) { row(json, id); });
  }
  std::vector<scheduler::PipelineId> ids;
  for (uint32_t i = 1; i <= state.pipelines().size() && i <= limit; ++i) {
    const scheduler::PipelineId id{i};
    if (!state.pipeline(id).spec.retired) ids.push_back(id);
  }
  return WholeList(view, ids, row);
}

net::HttpResponse ShowWorkers(const View& view) {
  std::vector<scheduler::WorkerId> ids;
  view.state.ForEachWorker(
      [&](scheduler::WorkerId id, const scheduler::Worker&) { ids.push_back(id); });
  return WholeList(
      view, ids, [&](JsonWriter& json, scheduler::WorkerId id) { WorkerFields(json, view, id); });
}

net::HttpResponse ShowPools(const View& view) {
  std::vector<scheduler::PoolId> ids;
  for (uint32_t i = 1; i <= view.state.pools().size(); ++i) ids.push_back(scheduler::PoolId{i});
  return WholeList(
      view, ids, [&](JsonWriter& json, scheduler::PoolId id) { PoolFields(json, view.state, id); });
}

}  // namespace headrace::api
