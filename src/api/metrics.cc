// Figures, read from where they are kept when they are asked for; nothing is counted twice.

#include "api/metrics.h"

#include <array>

namespace headrace::api {

namespace {

using scheduler::Pool;
using scheduler::State;

template <class T>
double Number(T value) {
  return static_cast<double>(value);
}

void WriteCommits(MetricText& text, const engine::EngineMetrics& metrics) {
  text.Head("headrace_commit_seconds", "histogram", "Time of one commit of the journal, synced.");
  text.Histogram("", metrics.commit_us);
  const auto counter = [&](std::string_view name, std::string_view help, uint64_t value) {
    text.One(name, "counter", help, Number(value));
  };
  counter("headrace_commits_total", "Commits since the start.", metrics.commit_us.count());
  counter("headrace_commit_bytes_total",
          "Bytes of records committed since the start.",
          metrics.commit_bytes.sum());
  counter(
      "headrace_commands_total", "Commands taken since the start.", metrics.batch_commands.sum());
  counter("headrace_records_total", "Records since the start.", metrics.records.load());
  text.One("headrace_journal_bytes",
           "gauge",
           "Size of the journal on the disk.",
           Number(metrics.journal_bytes.load()));
  text.One("headrace_disk_full",
           "gauge",
           "1 while writes are refused because the disk is full.",
           metrics.disk_full.load() ? 1 : 0);
}

void WriteEngine(MetricText& text, const Context& context) {
  engine::Engine& engine = context.engine();
  text.Head("headrace_command_seconds",
            "histogram",
            "From a command's arrival to its durable answer. Long polls are left out.");
  text.Histogram("", context.command_micros());
  const auto gauge = [&](std::string_view name, std::string_view help, double value) {
    text.One(name, "gauge", help, value);
  };
  gauge("headrace_engine_commands_waiting",
        "Commands that wait for the engine.",
        Number(engine.Waiting()));
  gauge("headrace_requests_waiting",
        "Requests whose answer is not durable yet.",
        Number(context.pending()));
  gauge("headrace_replica_backlog_bytes",
        "Records that the replica, which answers reads, has not applied yet.",
        Number(engine.replica().BacklogBytes()));
  gauge("headrace_replica_lag_seconds",
        "How old the commit was that the replica applied last.",
        SecondsOf(engine.replica().Lag()));
}

void WritePools(MetricText& text, const State& state) {
  const auto each = [&](std::string_view name, std::string_view help, auto member) {
    text.Head(name, "gauge", help);
    for (uint32_t i = 1; i <= state.pools().size(); ++i) {
      const Pool& pool = state.pool(scheduler::PoolId{i});
      text.Sample(LabelsText({{"pool", pool.name}}), Number(pool.*member));
    }
  };
  each("headrace_pool_slots", "Slots of a pool.", &Pool::slots);
  each("headrace_pool_busy", "Running attempts of a pool.", &Pool::busy);
  each("headrace_pool_ready", "Tasks that wait for a slot of a pool.", &Pool::ready);
}

// Pipelines stand in the configuration; should there be very many, the last share a label.
void WriteRuns(MetricText& text, const State& state, size_t pipelines_max) {
  std::array<uint64_t, scheduler::kRunStates> others{};
  text.Head("headrace_runs", "gauge", "Runs of a pipeline by state.");
  const auto write = [&](std::string_view name, const auto& runs) {
    for (size_t s = 0; s < runs.size(); ++s) {
      const std::string_view run_state = Name(static_cast<scheduler::RunState>(s));
      text.Sample(LabelsText({{"pipeline", name}, {"state", run_state}}), Number(runs[s]));
    }
  };
  const size_t count = state.pipelines().size();
  for (uint32_t i = 1; i <= count; ++i) {
    const scheduler::Pipeline& pipeline = state.pipeline(scheduler::PipelineId{i});
    if (i <= pipelines_max) {
      write(pipeline.spec.name, pipeline.runs);
      continue;
    }
    for (size_t s = 0; s < others.size(); ++s) others[s] += pipeline.runs[s];
  }
  if (count > pipelines_max) write("other", others);
}

void WriteWorkers(MetricText& text, const State& state) {
  size_t luigi = 0, own = 0;
  state.ForEachWorker([&](scheduler::WorkerId, const scheduler::Worker& worker) {
    ++(worker.pools.empty() ? luigi : own);
  });
  text.Head("headrace_workers", "gauge", "Connected workers.");
  text.Sample(LabelsText({{"kind", "headrace"}}), Number(own));
  text.Sample(LabelsText({{"kind", "luigi"}}), Number(luigi));
}

}  // namespace

void WriteMetrics(MetricText& text,
                  const engine::View& view,
                  const Context& context,
                  size_t pipelines_max) {
  const State& state = view.state;
  WriteCommits(text, context.engine().metrics());
  WriteEngine(text, context);
  text.Head("headrace_tasks", "gauge", "Tasks by phase.");
  for (size_t i = 0; i < scheduler::kPhases; ++i) {
    const auto phase = static_cast<scheduler::Phase>(i);
    text.Sample(LabelsText({{"phase", Name(phase)}}), Number(state.tasks_in(phase)));
  }
  WritePools(text, state);
  WriteRuns(text, state, pipelines_max);
  WriteWorkers(text, state);
  text.One("headrace_plans_open",
           "gauge",
           "Plans that wait for a planner or are made.",
           Number(state.plans().size()));
  text.One("headrace_attempts_running",
           "gauge",
           "Attempts that run now.",
           Number(state.attempts_running().size()));
  text.One("headrace_attempts_total",
           "counter",
           "Attempts ever started.",
           Number(state.attempts().size()));
}

void WriteHttpMetrics(MetricText& text, const net::HttpServerStats& http, size_t streams) {
  const auto counter = [&](std::string_view name, std::string_view help, uint64_t value) {
    text.One(name, "counter", help, Number(value));
  };
  text.One("headrace_http_connections", "gauge", "Open connections.", Number(http.connections));
  counter("headrace_http_requests_total", "Requests since the start.", http.requests);
  counter("headrace_http_bad_requests_total", "Requests refused as malformed.", http.bad_requests);
  counter("headrace_http_refused_connections_total",
          "Connections refused because there are too many.",
          http.refused);
  text.One("headrace_event_streams", "gauge", "Browsers that follow events.", Number(streams));
}

}  // namespace headrace::api
