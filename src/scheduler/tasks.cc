// What several decisions do with tasks: find or make them, raise priorities, name them.

#include <algorithm>

#include "scheduler/decisions.h"

namespace headrace::scheduler {

TaskId FindOrMakeTask(Core& core,
                      const std::string& key,
                      TaskStatus status,
                      const TaskFacts& facts) {
  const TaskId known = core.state.FindTask(key);
  if (known.value != 0) return known;
  const TaskId row = core.state.FindRow(key);
  const TaskId id = row.value != 0 ? row : core.state.NextTask();
  core.Emit(TaskAdded{.task = id, .key = key, .status = status, .at = core.now, .facts = facts});
  return id;
}

std::vector<TaskId> ResolveDeps(Core& core, const std::vector<std::string>& keys, double priority) {
  TaskFacts placeholder;
  if (priority != 0) placeholder.priority = priority;
  std::vector<TaskId> deps;
  deps.reserve(keys.size());
  for (const std::string& key : keys) {
    deps.push_back(FindOrMakeTask(core, key, TaskStatus::kUnknown, placeholder));
  }
  std::sort(deps.begin(), deps.end());
  deps.erase(std::unique(deps.begin(), deps.end()), deps.end());
  return deps;
}

// With a list, not by recursion: chains may be long.
void RaisePriority(Core& core, TaskId task, double priority) {
  const double reached = std::max(priority, core.state.task(task).priority);
  std::vector<TaskId> todo = {task};
  while (!todo.empty()) {
    const TaskId id = todo.back();
    todo.pop_back();
    const Task& row = core.state.task(id);
    if (row.removed || (id != task && row.priority >= reached)) continue;
    if (row.priority < reached) {
      TaskFacts facts;
      facts.priority = reached;
      core.Emit(TaskChanged{.task = id, .facts = facts});
    }
    for (TaskId dep : core.state.task(id).deps) {
      if (core.state.task(dep).priority < reached) todo.push_back(dep);
    }
  }
}

TaskSpec SpecOf(const State& state, TaskId id) {
  const Task& task = state.task(id);
  return {.module = std::string(state.text(task.module)),
          .family = std::string(state.text(task.family)),
          .params = std::string(task.params()),
          .key = std::string(task.key())};
}

}  // namespace headrace::scheduler
