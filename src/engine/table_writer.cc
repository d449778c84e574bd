// Keeps state.db behind the replica's state. See table_writer.h.

#include "engine/table_writer.h"

#include <utility>

#include "engine/table_rows.h"

namespace headrace::engine {

using scheduler::Changes;

namespace {

bool NothingIn(const Changes& changes) {
  return changes.tasks.empty() && changes.tasks_removed.empty() && changes.runs.empty() &&
         changes.pipelines.empty() && changes.workers.empty() && changes.attempts.empty() &&
         changes.workers_removed.empty();
}

// Hands the first elements of `set` to `take`, as long as there is room in the slice.
template <class Set, class Take>
void Drain(Set& set, size_t& room, Take&& take) {
  while (room > 0 && !set.empty()) {
    auto node = set.extract(set.begin());
    take(std::move(node.value()));
    --room;
  }
}

}  // namespace

void TableWriter::Add(uint64_t at, Changes&& changes) {
  if (at <= tables_.CompleteTo()) return;
  added_to_ = at;
  waiting_.tasks.merge(changes.tasks);
  waiting_.tasks_removed.merge(changes.tasks_removed);
  waiting_.runs.merge(changes.runs);
  waiting_.pipelines.merge(changes.pipelines);
  waiting_.workers.merge(changes.workers);
  waiting_.attempts.merge(changes.attempts);
  waiting_.workers_removed.merge(changes.workers_removed);
}

std::optional<Timestamp> TableWriter::NextWrite() const {
  if (slice_waits_) return last_write_ + kPeriod;  // it failed
  if (!NothingIn(writing_)) return last_write_;
  if (added_to_ > tables_.CompleteTo()) return last_write_ + kPeriod;
  return std::nullopt;
}

Result<void> TableWriter::Write(const scheduler::State& state, uint64_t at, Timestamp now) {
  last_write_ = now;
  if (!slice_waits_) {
    if (NothingIn(writing_)) {
      writing_ = std::exchange(waiting_, {});
      writing_to_ = at;
    }
    Cut(state);
    slice_waits_ = true;
  }
  TRY(tables_.Write(slice_));
  slice_waits_ = false;
  slice_ = {};
  return {};
}

// Removals first, all of them before the first row: a removed key may be back under the same name.
void TableWriter::Cut(const scheduler::State& state) {
  size_t room = kRowsMax;
  Drain(writing_.tasks_removed, room, [&](std::string key) {
    slice_.tasks_removed.push_back(std::move(key));
  });
  Drain(writing_.workers_removed, room, [&](std::string key) {
    slice_.workers_removed.push_back(std::move(key));
  });
  Drain(writing_.pipelines, room, [&](scheduler::PipelineId id) {
    slice_.pipelines.push_back(PipelineRowOf(state, id));
  });
  Drain(writing_.runs, room, [&](scheduler::RunId id) {
    slice_.runs.push_back(RunRowOf(state, id));
  });
  Drain(writing_.tasks, room, [&](scheduler::TaskId id) {
    const scheduler::Task& task = state.task(id);
    if (task.used) slice_.tasks.push_back(TaskRowOf(state, task));
  });
  Drain(writing_.attempts, room, [&](scheduler::AttemptId id) {
    slice_.attempts.push_back(AttemptRowOf(state, id));
  });
  Drain(writing_.workers, room, [&](scheduler::WorkerId id) {
    const scheduler::Worker& worker = state.worker(id);
    if (!worker.key.empty()) slice_.workers.push_back(WorkerRowOf(state, worker));
  });
  for (const auto& [name, total] : state.resource_totals()) {
    slice_.resources.push_back({.name = name, .total = total});
  }
  if (NothingIn(writing_)) slice_.complete_to = writing_to_;
}

}  // namespace headrace::engine
