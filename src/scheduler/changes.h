// Changes: which rows of State changed, for events and for state.db.

#pragma once

#include <set>
#include <string>

#include "scheduler/types.h"

namespace headrace::scheduler {

// What changed since it was last taken: for events and for state.db. Kept only where asked for.
struct Changes {
  std::set<TaskId> tasks;
  std::set<std::string> tasks_removed;
  std::set<RunId> runs;
  std::set<RunId> graphs;  // runs whose tasks or dependencies changed
  std::set<PipelineId> pipelines;
  std::set<WorkerId> workers;
  std::set<AttemptId> attempts;
  std::set<std::string> workers_removed;
};

}  // namespace headrace::scheduler
