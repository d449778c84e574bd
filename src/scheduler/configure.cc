// The configuration, as it is now, against what the state has: only differences become records.

#include "scheduler/decisions.h"
#include "scheduler/record_codec.h"

namespace headrace::scheduler {

namespace {

// Equal as the journal would write them.
bool Same(const Record& a, const Record& b) {
  std::string a_text;
  std::string b_text;
  EncodeRecord(a, a_text);
  EncodeRecord(b, b_text);
  return a_text == b_text;
}

void SetPools(Core& core, const Configure& command) {
  for (PoolSet pool : command.pools) {
    const PoolId known = core.state.FindPool(pool.name);
    pool.pool = known.value != 0 ? known : core.state.NextPool();
    if (known.value != 0) {
      const Pool& now = core.state.pool(known);
      if (now.slots == pool.slots && now.families == pool.families && now.retry == pool.retry) {
        continue;
      }
    }
    core.Emit(pool);
  }
}

void SetPipelines(Core& core, const Configure& command) {
  std::set<std::string> named;
  for (PipelineSet spec : command.pipelines) {
    named.insert(spec.name);
    const PipelineId known = core.state.FindPipeline(spec.name);
    spec.pipeline = known.value != 0 ? known : core.state.NextPipeline();
    const auto pool = command.pool_of_pipeline.find(spec.name);
    spec.pool =
        core.state.FindPool(pool == command.pool_of_pipeline.end() ? "default" : pool->second);
    if (known.value == 0) {
      core.Emit(spec);
      continue;
    }
    const PipelineSet before = core.state.pipeline(known).spec;
    if (Same(before, spec)) continue;
    core.Emit(spec);
    const bool other_ticks = before.schedule != spec.schedule || before.timezone != spec.timezone;
    if (other_ticks && !spec.schedule.empty()) FollowNewSchedule(core, known);
  }
  for (uint32_t i = 1; i <= core.state.pipelines().size(); ++i) {
    PipelineSet spec = core.state.pipeline(PipelineId{i}).spec;
    if (named.contains(spec.name) || spec.retired) continue;
    spec.retired = true;
    core.Emit(spec);
  }
}

}  // namespace

void Decide(Core& core, const Configure& command) {
  SetPools(core, command);
  SetPipelines(core, command);
  for (const auto& [name, total] : command.resources) {
    const auto& totals = core.state.resource_totals();
    const auto known = totals.find(name);
    if (known != totals.end() && known->second == total) continue;
    core.Emit(ResourceSet{.name = name, .total = total});
  }
  for (uint32_t i = 1; i <= core.state.pipelines().size(); ++i) {
    MakeDueRuns(core, PipelineId{i});
    core.runs_due[PipelineId{i}] = NextRunDue(core, PipelineId{i});
  }
  core.Reply(Done{});
}

}  // namespace headrace::scheduler
