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

// The first interval that is over and not settled.
std::optional<Interval> NextOver(const Pipeline& pipeline,
                                 const Schedule& schedule,
                                 Timestamp now) {
  const auto interval = schedule.IntervalAfter(pipeline.settled);
  return interval && interval->end <= now ? interval : std::nullopt;
}

uint32_t ActiveRuns(const Pipeline& pipeline) {
  const auto count = [&](RunState state) { return pipeline.runs[static_cast<size_t>(state)]; };
  return count(RunState::kQueued) + count(RunState::kPlanning) + count(RunState::kRunning);
}

bool IsScheduled(const Pipeline& pipeline) {
  return !pipeline.spec.retired && !pipeline.paused && !pipeline.spec.schedule.empty();
}

// Where a pipeline's time begins: at its start, or with the interval in which it was first seen.
Timestamp BeginningOf(const Pipeline& pipeline, const Schedule& schedule, Timestamp now) {
  if (pipeline.spec.start != Timestamp{}) return pipeline.spec.start;
  const auto interval = schedule.IntervalAt(now);
  return interval ? interval->start : now;
}

}  // namespace

RunId RunOf(const Pipeline& pipeline, const Interval& interval) {
  const auto known = pipeline.run_of_interval.find({interval.start, interval.end});
  return known == pipeline.run_of_interval.end() ? RunId{} : known->second;
}

// The intervals of the new schedule are other intervals. The one that contains what was settled
// last still has data to come that no run has seen, so it is the first of them.
void FollowNewSchedule(Core& core, PipelineId id) {
  const Pipeline& pipeline = core.state.pipeline(id);
  const auto schedule = ScheduleOf(core, id);
  if (!schedule || pipeline.settled == Timestamp{}) return;
  const auto interval = schedule->IntervalAt(pipeline.settled);
  if (!interval || interval->start >= pipeline.settled) return;
  core.Emit(IntervalsSkipped{.pipeline = id, .until = interval->start});
}

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
  if (pipeline.settled == Timestamp{}) {
    core.Emit(
        IntervalsSkipped{.pipeline = id, .until = BeginningOf(pipeline, *schedule, core.now)});
  }
  if (ActiveRuns(pipeline) >= pipeline.spec.active_runs_max) return;  // until one has ended
  const int64_t catchup = pipeline.spec.catchup;
  if (catchup >= 0 && NextOver(pipeline, *schedule, core.now)) {
    const auto kept = static_cast<size_t>(std::max<int64_t>(catchup, 1));
    const auto from = schedule->StartOfLast(kept, core.now, pipeline.settled);
    if (from && *from > pipeline.settled) {
      core.Emit(IntervalsSkipped{.pipeline = id, .until = *from});
    }
  }
  while (ActiveRuns(pipeline) < pipeline.spec.active_runs_max) {
    const auto due = NextOver(pipeline, *schedule, core.now);
    if (!due) break;
    const Interval interval = *due;
    if (RunOf(pipeline, interval).value != 0) {  // made by hand before it was due
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
  if (!schedule) return 0;
  constexpr uint64_t kMost = 1'000;
  uint64_t count = 0;
  auto interval = schedule->IntervalAfter(pipeline.settled);
  for (; count < kMost && interval && interval->end <= now; ++count) {
    interval = schedule->IntervalAfter(interval->end);
  }
  return count;
}

void SettleRuns(Core& core) {
  std::set<PipelineId> look;
  for (RunId id : core.state.TakeTouchedRuns()) {
    const Run& run = core.state.run(id);
    // It may have been what the next interval waits for.
    const bool ended = !core.state.runs_active().contains(id) && run.pipeline.value != 0;
    if (ended && !core.runs_due[run.pipeline]) {
      look.insert(run.pipeline);
    }
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
