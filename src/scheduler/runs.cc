// Runs: made when their interval is over, at most one an interval; ended when their tasks say so.

#include <algorithm>

#include "scheduler/decisions.h"
#include "scheduler/schedule.h"

namespace headrace::scheduler {

namespace {

uint64_t CountOf(const Run& run, Phase phase) {
  return run.counts[static_cast<size_t>(phase)];
}

// What its tasks come to.
RunState StateOf(const State& state, const Run& run) {
  if (run.root.value == 0 || run.plans_open > 0) return run.state;
  const Task& root = state.task(run.root);
  if (root.status == TaskStatus::kDone) return RunState::kDone;
  if (run.state == RunState::kFailed && !run.error.empty()) return run.state;  // planning failed
  const bool moves =
      CountOf(run, Phase::kReady) + CountOf(run, Phase::kRunning) + CountOf(run, Phase::kRetrying) >
      0;
  if (root.blocking && !moves) return RunState::kFailed;
  return RunState::kRunning;
}

// The intervals that are over and not settled, oldest first; `most` at the most.
std::vector<Interval> DueIntervals(const Pipeline& pipeline,
                                   const Schedule& schedule,
                                   Timestamp now,
                                   size_t most) {
  std::vector<Interval> due;
  Timestamp from = pipeline.settled;
  while (due.size() < most) {
    const auto interval = schedule.IntervalAfter(from);
    if (!interval || interval->end > now) break;
    due.push_back(*interval);
    from = interval->end;
  }
  return due;
}

uint32_t ActiveRuns(const Pipeline& pipeline) {
  const auto count = [&](RunState state) { return pipeline.runs[static_cast<size_t>(state)]; };
  return count(RunState::kQueued) + count(RunState::kPlanning) + count(RunState::kRunning);
}

bool IsScheduled(const Pipeline& pipeline) {
  return !pipeline.spec.retired && !pipeline.paused && !pipeline.spec.schedule.empty();
}

}  // namespace

std::optional<Schedule> ScheduleOf(const Core& core, PipelineId id) {
  const PipelineSet& spec = core.state.pipeline(id).spec;
  const TimeZoneRules* zone = core.zones.Find(spec.timezone);
  if (zone == nullptr) return std::nullopt;  // the configuration was checked: a zone that vanished
  auto schedule = Schedule::Make(spec.schedule, *zone, spec.start, spec.end);
  if (!schedule) return std::nullopt;
  return std::move(*schedule);
}

RunId MakeRun(Core& core, PipelineId id, const Interval& interval, Trigger trigger) {
  const Pipeline& pipeline = core.state.pipeline(id);
  const TimeZoneRules* zone = core.zones.Find(pipeline.spec.timezone);
  const RunId run = core.state.NextRun();
  TaskSpec root{.module = pipeline.spec.module,
                .family = pipeline.spec.family,
                .params = FillInParams(pipeline.spec.params, interval, *zone),
                .key = {}};
  core.Emit(RunCreated{.run = run,
                       .pipeline = id,
                       .interval_start = interval.start,
                       .interval_end = interval.end,
                       .trigger = trigger,
                       .root = root,
                       .unit = pipeline.spec.unit,
                       .pool = pipeline.spec.pool,
                       .priority = 0,
                       .at = core.now});
  RequestPlan(core, PlanKind::kRun, run, {root});
  return run;
}

void MakeDueRuns(Core& core, PipelineId id) {
  if (!IsScheduled(core.state.pipeline(id))) return;
  const auto schedule = ScheduleOf(core, id);
  if (!schedule) return;
  const Pipeline& pipeline = core.state.pipeline(id);
  if (pipeline.settled == Timestamp{}) {  // its first look: without a start, time begins now
    const Timestamp begin = pipeline.spec.start != Timestamp{} ? pipeline.spec.start : core.now;
    core.Emit(IntervalsSkipped{.pipeline = id, .until = begin});
  }
  constexpr size_t kLookAhead = 100'000;
  const int64_t catchup = pipeline.spec.catchup;
  if (catchup >= 0) {
    const auto due = DueIntervals(pipeline, *schedule, core.now, kLookAhead);
    const size_t kept = static_cast<size_t>(std::max<int64_t>(catchup, 1));
    if (due.size() > kept) {
      core.Emit(IntervalsSkipped{.pipeline = id, .until = due[due.size() - kept].start});
    }
  }
  while (ActiveRuns(pipeline) < pipeline.spec.active_runs_max) {
    const auto due = DueIntervals(pipeline, *schedule, core.now, 1);
    if (due.empty()) break;
    const Interval interval = due.front();
    if (pipeline.run_of_interval.contains(interval.start)) {  // made by hand before it was due
      core.Emit(IntervalsSkipped{.pipeline = id, .until = interval.end});
      continue;
    }
    const auto next = schedule->IntervalAfter(interval.end);
    const bool late = next && next->end <= core.now;
    MakeRun(core, id, interval, late ? Trigger::kCatchup : Trigger::kSchedule);
  }
}

// nullopt: nothing will be due, or a run has to end first.
std::optional<Timestamp> NextRunDue(const Core& core, PipelineId id) {
  const Pipeline& pipeline = core.state.pipeline(id);
  if (!IsScheduled(pipeline)) return std::nullopt;
  const auto schedule = ScheduleOf(core, id);
  if (!schedule || pipeline.settled == Timestamp{}) return std::nullopt;
  const auto interval = schedule->IntervalAfter(pipeline.settled);
  if (!interval) return std::nullopt;
  if (ActiveRuns(pipeline) >= pipeline.spec.active_runs_max && interval->end <= core.now) {
    return std::nullopt;
  }
  return interval->end;
}

uint64_t IntervalsHeldBack(const State& state,
                           const TimeZones& zones,
                           PipelineId id,
                           Timestamp now) {
  const Pipeline& pipeline = state.pipeline(id);
  const TimeZoneRules* zone = zones.Find(pipeline.spec.timezone);
  if (!IsScheduled(pipeline) || zone == nullptr || pipeline.settled == Timestamp{}) return 0;
  const auto schedule =
      Schedule::Make(pipeline.spec.schedule, *zone, pipeline.spec.start, pipeline.spec.end);
  return schedule ? DueIntervals(pipeline, *schedule, now, 10'000).size() : 0;
}

void SettleRuns(Core& core) {
  std::set<PipelineId> look;
  for (RunId id : core.state.TakeTouchedRuns()) {
    const Run& run = core.state.run(id);
    if (run.state == RunState::kCancelled || run.state == RunState::kDone) continue;
    const RunState wanted = StateOf(core.state, run);
    if (wanted == run.state) continue;
    core.Emit(RunChanged{.run = id, .at = core.now, .state = wanted});
    if (wanted == RunState::kDone || wanted == RunState::kFailed) look.insert(run.pipeline);
  }
  core.state.TakeTouchedRuns();  // what the changes themselves touched: nothing new in it
  for (PipelineId id : look) {
    if (id.value == 0) continue;
    MakeDueRuns(core, id);
    core.runs_due[id] = NextRunDue(core, id);
  }
}

}  // namespace headrace::scheduler
