// ReadyIndex: binary heaps with lazy deletion.

#include "scheduler/ready_index.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"

namespace headrace::scheduler {

namespace {

// std's heaps have the largest on top: "less" is "goes after".
bool After(const ReadyEntry& a, const ReadyEntry& b) {
  return Before(b.rank, a.rank);
}

}  // namespace

bool Before(const Rank& a, const Rank& b) {
  if (a.priority != b.priority) return a.priority > b.priority;
  return std::tie(a.created, a.task) < std::tie(b.created, b.task);
}

uint32_t ReadyIndex::Add(const BucketKey& bucket, const Rank& rank) {
  Heap& heap = heaps_[bucket];
  const ReadyEntry entry{.rank = rank, .generation = generation_next_};
  if (++generation_next_ == 0) generation_next_ = 1;
  heap.entries.push_back(entry);
  std::push_heap(heap.entries.begin(), heap.entries.end(), After);
  ++heap.live;
  return entry.generation;
}

void ReadyIndex::Remove(const BucketKey& bucket) {
  const auto found = heaps_.find(bucket);
  CHECK(found != heaps_.end() && found->second.live > 0);
  Heap& heap = found->second;
  if (--heap.live == 0) {
    heaps_.erase(found);
    return;
  }
  if (heap.entries.size() > 2 * heap.live + 16) Rebuild(bucket, heap);
}

std::optional<ReadyEntry> ReadyIndex::Best(const BucketKey& bucket) {
  const auto found = heaps_.find(bucket);
  if (found == heaps_.end()) return std::nullopt;
  DropDead(bucket, found->second);
  if (found->second.entries.empty()) return std::nullopt;  // all taken out for the moment
  return found->second.entries.front();
}

void ReadyIndex::TakeBest(const BucketKey& bucket) {
  Heap& heap = heaps_.at(bucket);
  CHECK(!heap.entries.empty());
  std::pop_heap(heap.entries.begin(), heap.entries.end(), After);
  heap.entries.pop_back();
}

void ReadyIndex::Restore(const BucketKey& bucket, const ReadyEntry& entry) {
  Heap& heap = heaps_.at(bucket);
  heap.entries.push_back(entry);
  std::push_heap(heap.entries.begin(), heap.entries.end(), After);
}

std::vector<BucketKey> ReadyIndex::Buckets(const BucketKey& first, const BucketKey& last) const {
  std::vector<BucketKey> keys;
  const auto end = heaps_.upper_bound(last);
  for (auto at = heaps_.lower_bound(first); at != end; ++at) keys.push_back(at->first);
  return keys;
}

uint64_t ReadyIndex::live(const BucketKey& bucket) const {
  const auto found = heaps_.find(bucket);
  return found == heaps_.end() ? 0 : found->second.live;
}

size_t ReadyIndex::entries() const {
  size_t count = 0;
  for (const auto& [key, heap] : heaps_) count += heap.entries.size();
  return count;
}

void ReadyIndex::DropDead(const BucketKey& key, Heap& heap) {
  while (!heap.entries.empty() && !liveness_.Alive(key, heap.entries.front())) {
    std::pop_heap(heap.entries.begin(), heap.entries.end(), After);
    heap.entries.pop_back();
  }
}

void ReadyIndex::Rebuild(const BucketKey& key, Heap& heap) {
  std::erase_if(heap.entries,
                [&](const ReadyEntry& entry) { return !liveness_.Alive(key, entry); });
  std::make_heap(heap.entries.begin(), heap.entries.end(), After);
}

}  // namespace headrace::scheduler
