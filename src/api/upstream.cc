// Upstream status by an iterative post-order walk: chains may be long, and cycles may be there.

#include "api/upstream.h"

#include <algorithm>
#include <vector>

namespace headrace::api {

using scheduler::TaskId;
using scheduler::TaskStatus;

Upstream::Rank Upstream::OwnRank(const scheduler::Task& task) const {
  switch (task.status) {
    case TaskStatus::kFailed: return Rank::kFailed;
    case TaskStatus::kRunning:
    case TaskStatus::kBatchRunning: return Rank::kRunning;
    case TaskStatus::kDisabled: return Rank::kDisabled;
    case TaskStatus::kPending: return task.deps.empty() ? Rank::kMissing : Rank::kOpen;
    case TaskStatus::kDone:
    case TaskStatus::kUnknown: return Rank::kNone;
  }
  return Rank::kNone;
}

std::string_view Upstream::StatusOf(TaskId task) {
  std::vector<TaskId> todo = {task};
  while (!todo.empty()) {
    const TaskId id = todo.back();
    const scheduler::Task& row = state_.task(id);
    const auto known = known_.find(id);
    if (known == known_.end()) {
      known_[id] = OwnRank(row);
      if (known_[id] != Rank::kOpen) {
        todo.pop_back();
        continue;
      }
      for (TaskId dep : row.deps) {
        if (!known_.contains(dep)) todo.push_back(dep);
      }
      continue;
    }
    todo.pop_back();
    if (known->second != Rank::kOpen) continue;
    Rank worst = Rank::kNone;
    for (TaskId dep : row.deps) {
      const Rank rank = known_[dep];
      if (rank != Rank::kOpen) worst = std::max(worst, rank);
    }
    known_[id] = worst;
  }
  switch (known_[task]) {
    case Rank::kRunning: return "UPSTREAM_RUNNING";
    case Rank::kMissing: return "UPSTREAM_MISSING_INPUT";
    case Rank::kFailed: return "UPSTREAM_FAILED";
    case Rank::kDisabled: return "UPSTREAM_DISABLED";
    default: return "";
  }
}

}  // namespace headrace::api
