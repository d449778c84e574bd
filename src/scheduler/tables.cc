// Interning and key look-up.

#include "scheduler/tables.h"

#include <functional>

namespace headrace::scheduler {

TextId Texts::Intern(std::string_view text) {
  const auto found = by_text_.find(text);
  if (found != by_text_.end()) return found->second;
  const TextId id{static_cast<uint32_t>(texts_.size())};
  texts_.emplace_back(text);
  by_text_.emplace(texts_.back(), id);
  return id;
}

ResourceSetId ResourceSets::Intern(const Resources& resources) {
  const auto found = by_set_.find(resources);
  if (found != by_set_.end()) return found->second;
  const ResourceSetId id{static_cast<uint32_t>(sets_.size())};
  sets_.push_back(resources);
  by_set_.emplace(resources, id);
  return id;
}

TaskKeys::TaskKeys(const Table<TaskId, Task>& tasks) {
  shards_.reserve(kShards);
  for (size_t i = 0; i < kShards; ++i) shards_.emplace_back(0, Hash{}, Equal{&tasks});
}

TaskId TaskKeys::Find(std::string_view key) const {
  const Probe probe{.hash = std::hash<std::string_view>{}(key), .key = key};
  const Shard& shard = shards_[probe.hash % kShards];
  const auto found = shard.find(probe);
  return found == shard.end() ? TaskId{} : found->task;
}

void TaskKeys::Add(std::string_view key, TaskId task) {
  const size_t hash = std::hash<std::string_view>{}(key);
  shards_[hash % kShards].insert(Entry{.hash = hash, .task = task});
}

void TaskKeys::Remove(std::string_view key) {
  const Probe probe{.hash = std::hash<std::string_view>{}(key), .key = key};
  Shard& shard = shards_[probe.hash % kShards];
  const auto found = shard.find(probe);
  CHECK(found != shard.end());
  shard.erase(found);
}

}  // namespace headrace::scheduler
