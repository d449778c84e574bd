// WorkerSets: interning and uses.

#include "scheduler/worker_sets.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace headrace::scheduler {

WorkerSets::WorkerSets() {
  rows_.emplace_back();
  by_members_.emplace(std::vector<WorkerId>{}, WorkerSetId{});
}

WorkerSetId WorkerSets::With(WorkerSetId set, WorkerId worker) {
  if (Contains(set, worker)) return set;
  std::vector<WorkerId> members = rows_[set.value].members;
  members.insert(std::upper_bound(members.begin(), members.end(), worker), worker);
  Release(set);
  return Intern(std::move(members));
}

WorkerSetId WorkerSets::Without(WorkerSetId set, WorkerId worker) {
  if (!Contains(set, worker)) return set;
  std::vector<WorkerId> members = rows_[set.value].members;
  std::erase(members, worker);
  Release(set);
  return Intern(std::move(members));
}

bool WorkerSets::Contains(WorkerSetId set, WorkerId worker) const {
  const auto& members = rows_[set.value].members;
  return std::binary_search(members.begin(), members.end(), worker);
}

std::vector<WorkerSetId> WorkerSets::SetsOf(WorkerId worker) const {
  std::vector<WorkerSetId> sets;
  for (uint32_t i = 1; i < rows_.size(); ++i) {
    if (rows_[i].uses > 0 && Contains(WorkerSetId{i}, worker)) sets.push_back(WorkerSetId{i});
  }
  return sets;
}

void WorkerSets::Release(WorkerSetId set) {
  if (set.value == 0) return;
  Row& row = rows_[set.value];
  CHECK(row.uses > 0);
  if (--row.uses > 0) return;
  CHECK(row.counts.pending == 0 && row.counts.with_resources == 0);
  by_members_.erase(row.members);
  row = Row{};
  free_.push_back(set);
}

WorkerSetId WorkerSets::Intern(std::vector<WorkerId> members) {
  const auto found = by_members_.find(members);
  if (found != by_members_.end()) {
    if (found->second.value != 0) ++rows_[found->second.value].uses;
    return found->second;
  }
  WorkerSetId set{static_cast<uint32_t>(rows_.size())};
  if (free_.empty()) {
    rows_.emplace_back();
  } else {
    set = free_.back();
    free_.pop_back();
  }
  rows_[set.value] = Row{.members = members, .uses = 1, .counts = {}};
  by_members_.emplace(std::move(members), set);
  return set;
}

}  // namespace headrace::scheduler
