// WorkerSets: sets of workers, each stored once, with counters over the tasks that have it.
//
// Tasks of one Luigi process share one set, so there are few sets, and what get_work counts
// ("pending tasks that this worker could run") is a sum over the sets with that worker in it.

#pragma once

#include <map>
#include <span>
#include <vector>

#include "scheduler/types.h"

namespace headrace::scheduler {

struct WorkerSetCounts {
  uint64_t pending = 0;         // PENDING or FAILED, not blocked: what Luigi calls pending
  uint64_t with_resources = 0;  // PENDING and needs a resource
};

class WorkerSets {
 public:
  WorkerSets();

  // The set with `worker` added or taken away. Takes one use of `set`, gives one of the result.
  WorkerSetId With(WorkerSetId set, WorkerId worker);
  WorkerSetId Without(WorkerSetId set, WorkerId worker);

  std::span<const WorkerId> Members(WorkerSetId set) const { return rows_[set.value].members; }
  bool Contains(WorkerSetId set, WorkerId worker) const;
  WorkerSetCounts& Counts(WorkerSetId set) { return rows_[set.value].counts; }
  const WorkerSetCounts& Counts(WorkerSetId set) const { return rows_[set.value].counts; }

  // The live sets that have `worker`, by id.
  std::vector<WorkerSetId> SetsOf(WorkerId worker) const;

  void Release(WorkerSetId set);  // gives one use back; an unused set is freed

 private:
  struct Row {
    std::vector<WorkerId> members;  // sorted
    uint64_t uses = 0;
    WorkerSetCounts counts;
  };
  WorkerSetId Intern(std::vector<WorkerId> members);

  std::vector<Row> rows_;  // [0] is the empty set, never freed
  std::vector<WorkerSetId> free_;
  std::map<std::vector<WorkerId>, WorkerSetId> by_members_;
};

}  // namespace headrace::scheduler
