// ReadyIndex: the ready tasks, in one heap for each distinct (who may run them, what they need).
//
// Who: a set of Luigi workers, or a pool and pipeline of headrace. All tasks of a bucket are alike
// to whoever asks, so its best one speaks for all of them, and a bucket that does not fit is passed
// over whole: asking costs the number of buckets, not of tasks.
//
// Heaps forget lazily. An entry is alive while the task's row still names its generation; a task
// that left, moved or got another rank leaves a dead entry behind, and a heap with more dead
// entries than live ones is rebuilt. So that nothing is lost, whoever changes a rank must Add()
// again.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "scheduler/types.h"

namespace headrace::scheduler {

// Higher priority first, then older, then lower number.
struct Rank {
  double priority = 0;
  Timestamp created;
  TaskId task;
  bool operator==(const Rank&) const = default;
};
// True when `a` goes before `b`.
bool Before(const Rank& a, const Rank& b);
struct RankBefore {
  bool operator()(const Rank& a, const Rank& b) const { return Before(a, b); }
};

struct BucketKey {
  uint32_t kind = 0;  // 0: stock (who: worker set), 1: pool (who: pool, pipeline)
  uint32_t who = 0;
  uint32_t pipeline = 0;
  ResourceSetId resources;
  auto operator<=>(const BucketKey&) const = default;
};

struct ReadyEntry {
  Rank rank;
  uint32_t generation = 0;
};

class ReadyIndex {
 public:
  // Alive tells whether an entry's task still stands behind it.
  struct Liveness {
    virtual ~Liveness() = default;
    virtual bool Alive(const BucketKey& bucket, const ReadyEntry& entry) const = 0;
  };
  explicit ReadyIndex(const Liveness& liveness) : liveness_(liveness) {}

  // Puts a task in; the result is the generation its row must name.
  uint32_t Add(const BucketKey& bucket, const Rank& rank);
  // One of the bucket's entries died. The row must no longer name it when this is called.
  void Remove(const BucketKey& bucket);

  // The bucket's best live entry; dead ones in front of it are dropped.
  std::optional<ReadyEntry> Best(const BucketKey& bucket);
  // Takes the best entry out, so that the next can be seen; Restore() puts it back as it was.
  void TakeBest(const BucketKey& bucket);
  void Restore(const BucketKey& bucket, const ReadyEntry& entry);

  // Non-empty buckets in [first, last] of the key order.
  std::vector<BucketKey> Buckets(const BucketKey& first, const BucketKey& last) const;
  uint64_t live(const BucketKey& bucket) const;
  size_t entries() const;  // dead ones too

 private:
  struct Heap {
    std::vector<ReadyEntry> entries;
    uint64_t live = 0;
  };
  void DropDead(const BucketKey& key, Heap& heap);
  void Rebuild(const BucketKey& key, Heap& heap);

  const Liveness& liveness_;
  std::map<BucketKey, Heap> heaps_;  // without empty ones
  uint32_t generation_next_ = 1;
};

}  // namespace headrace::scheduler
