// Metrics: read from where they are kept, when they are asked for; nothing is counted twice.

#include "api/metrics.h"

#include <fmt/format.h>

namespace headrace::api {

namespace {

class Text {
 public:
  void Head(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    out_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  void Value(std::string_view labels, auto value) {
    out_ += labels.empty() ? fmt::format("{} {}\n", name_, value)
                           : fmt::format("{}{{{}}} {}\n", name_, labels, value);
  }
  void One(std::string_view name, std::string_view type, std::string_view help, auto value) {
    Head(name, type, help);
    Value("", value);
  }
  std::string Take() { return std::move(out_); }

 private:
  std::string_view name_;
  std::string out_;
};

// As a label's value.
std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
      continue;
    }
    escaped += c;
  }
  return escaped;
}

void EngineFigures(Text& text, const engine::EngineMetrics& metrics) {
  text.Head("headrace_commit_seconds", "summary", "Time of one commit of the journal, synced.");
  for (const double q : {0.5, 0.9, 0.99, 0.999}) {
    text.Value(fmt::format("quantile=\"{}\"", q),
               static_cast<double>(metrics.commit_us.Quantile(q)) / 1e6);
  }
  text.One(
      "headrace_commits_total", "counter", "Commits since the start.", metrics.commit_us.count());
  text.One("headrace_records_total", "counter", "Records since the start.", metrics.records.load());
  text.One("headrace_journal_bytes",
           "gauge",
           "Size of the journal on the disk.",
           metrics.journal_bytes.load());
  text.One("headrace_disk_full",
           "gauge",
           "1 while writes are refused because the disk is full.",
           metrics.disk_full.load() ? 1 : 0);
}

}  // namespace

std::string MetricsText(const engine::View& view,
                        const Context& context,
                        const net::HttpServerStats& http,
                        size_t streams) {
  const scheduler::State& state = view.state;
  Text text;
  EngineFigures(text, context.engine().metrics());
  text.Head("headrace_tasks", "gauge", "Tasks by phase.");
  for (size_t i = 0; i < scheduler::kPhases; ++i) {
    const auto phase = static_cast<scheduler::Phase>(i);
    text.Value(fmt::format("phase=\"{}\"", Name(phase)), state.tasks_in(phase));
  }
  text.Head("headrace_pool_slots", "gauge", "Slots of a pool.");
  for (uint32_t i = 1; i <= state.pools().size(); ++i) {
    const scheduler::Pool& pool = state.pool(scheduler::PoolId{i});
    text.Value(fmt::format("pool=\"{}\"", Escaped(pool.name)), pool.slots);
  }
  text.Head("headrace_pool_busy", "gauge", "Running attempts of a pool.");
  for (uint32_t i = 1; i <= state.pools().size(); ++i) {
    const scheduler::Pool& pool = state.pool(scheduler::PoolId{i});
    text.Value(fmt::format("pool=\"{}\"", Escaped(pool.name)), pool.busy);
  }
  text.Head("headrace_pool_ready", "gauge", "Tasks that wait for a slot of a pool.");
  for (uint32_t i = 1; i <= state.pools().size(); ++i) {
    const scheduler::Pool& pool = state.pool(scheduler::PoolId{i});
    text.Value(fmt::format("pool=\"{}\"", Escaped(pool.name)), pool.ready);
  }
  text.Head("headrace_runs", "gauge", "Runs of a pipeline by state.");
  for (uint32_t i = 1; i <= state.pipelines().size(); ++i) {
    const scheduler::Pipeline& pipeline = state.pipeline(scheduler::PipelineId{i});
    for (size_t s = 0; s < pipeline.runs.size(); ++s) {
      text.Value(fmt::format("pipeline=\"{}\",state=\"{}\"",
                             Escaped(pipeline.spec.name),
                             Name(static_cast<scheduler::RunState>(s))),
                 pipeline.runs[s]);
    }
  }
  text.One("headrace_attempts_total", "counter", "Attempts ever started.", state.attempts().size());
  text.One("headrace_http_connections", "gauge", "Open connections.", http.connections);
  text.One("headrace_http_requests_total", "counter", "Requests since the start.", http.requests);
  text.One("headrace_http_bad_requests_total",
           "counter",
           "Requests refused as malformed.",
           http.bad_requests);
  text.One("headrace_event_streams", "gauge", "Browsers that follow events.", streams);
  text.One("headrace_requests_waiting",
           "gauge",
           "Requests whose answer is not durable yet.",
           context.pending());
  return text.Take();
}

}  // namespace headrace::api
