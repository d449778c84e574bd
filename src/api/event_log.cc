// Lines of events. See event_log.h.

#include "api/event_log.h"

#include <fmt/format.h>

namespace headrace::api {

namespace {

using scheduler::State;
using scheduler::TaskStatus;

std::string SecondsText(Duration duration) {
  return fmt::format("{:.3f}", std::chrono::duration<double>(duration).count());
}

std::string PipelineOf(const State& state, scheduler::PipelineId pipeline) {
  return pipeline.value == 0 ? "" : state.pipeline(pipeline).spec.name;
}

}  // namespace

void EventLog::OnRecord(const scheduler::Record& record,
                        const engine::View& view,
                        engine::Origin origin) {
  if (origin != engine::Origin::kNow) return;
  std::visit([&](const auto& r) { Say(r, view.state); }, record);
}

// Only ends: that a task waits, or runs, is told by others or of no interest.
void EventLog::Say(const scheduler::TaskStatusChanged& record, const State& state) {
  const scheduler::Task& task = state.task(record.task);
  const char* what = nullptr;
  if (record.status == TaskStatus::kDone && task.status != TaskStatus::kDone) what = "task done";
  if (record.status == TaskStatus::kFailed && record.failed) what = "task failed";
  if (record.status == TaskStatus::kDisabled) what = "task disabled";
  if (what == nullptr) return;
  const bool ran = task.status == TaskStatus::kRunning && task.time_running != Timestamp{};
  write_(what,
         {{"task", std::string(task.key())},
          {"family", std::string(state.text(task.family))},
          {"seconds", ran ? SecondsText(record.at - task.time_running) : ""}});
}

void EventLog::Say(const scheduler::TaskStarted& record, const State& state) {
  write_("task started",
         {{"task", std::string(state.task(record.task).key())},
          {"worker", state.worker(record.worker).key}});
}

void EventLog::Say(const scheduler::AttemptStarted& record, const State& state) {
  write_("attempt started",
         {{"task", std::string(state.task(record.task).key())},
          {"attempt", std::to_string(record.attempt.value)},
          {"number", std::to_string(record.number)},
          {"run", record.run.value == 0 ? "" : std::to_string(record.run.value)},
          {"worker", state.worker(record.worker).key}});
}

void EventLog::Say(const scheduler::AttemptEnded& record, const State& state) {
  const scheduler::Attempt* attempt = state.FindAttempt(record.attempt);
  if (attempt == nullptr) return;
  write_("attempt ended",
         {{"task", std::string(state.task(attempt->task).key())},
          {"attempt", std::to_string(record.attempt.value)},
          {"outcome", std::string(Name(record.outcome))},
          {"seconds", SecondsText(record.at - attempt->started)},
          {"worker", attempt->worker_key}});
}

void EventLog::Say(const scheduler::RunCreated& record, const State& state) {
  write_("run created",
         {{"run", std::to_string(record.run.value)},
          {"pipeline", PipelineOf(state, record.pipeline)},
          {"trigger", std::string(Name(record.trigger))}});
}

void EventLog::Say(const scheduler::RunChanged& record, const State& state) {
  const scheduler::Run* run = state.FindRun(record.run);
  if (!record.state || run == nullptr) return;
  write_(
      "run " + std::string(Name(*record.state)),
      {{"run", std::to_string(record.run.value)}, {"pipeline", PipelineOf(state, run->pipeline)}});
}

void EventLog::Say(const scheduler::WorkerAdded& record, const State&) {
  write_("worker added", {{"worker", record.key}});
}

void EventLog::Say(const scheduler::WorkerRemoved& record, const State& state) {
  write_("worker gone", {{"worker", state.worker(record.worker).key}});
}

void EventLog::Say(const scheduler::Paused& record, const State&) {
  write_(record.paused ? "paused" : "unpaused", {});
}

}  // namespace headrace::api
