// The plumbing below State: interned texts and resource sets, rows by number, keys to numbers.

#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "scheduler/records.h"
#include "scheduler/task.h"

namespace headrace::scheduler {

// Texts that many rows share: families, modules, names of resources. Never forgotten.
class Texts {
 public:
  Texts() { Intern(""); }
  TextId Intern(std::string_view text);
  std::string_view operator[](TextId id) const { return texts_[id.value]; }

 private:
  std::deque<std::string> texts_;
  std::map<std::string_view, TextId> by_text_;
};

// Distinct demands on resources. Never forgotten: there are few.
class ResourceSets {
 public:
  ResourceSets() { Intern({}); }
  ResourceSetId Intern(const Resources& resources);
  const Resources& operator[](ResourceSetId id) const { return sets_[id.value]; }

 private:
  std::deque<Resources> sets_;
  std::map<Resources, ResourceSetId> by_set_;
};

// Rows by dense number from 1 on, at fixed addresses. Next() is the number the next new row gets.
template <class IdType, class Row>
class Table {
 public:
  const Row& operator[](IdType id) const { return rows_[Position(id)]; }
  Row& operator[](IdType id) { return rows_[Position(id)]; }
  bool Has(IdType id) const { return id.value >= 1 && id.value <= rows_.size(); }

  IdType Next() const {
    return free_.empty() ? IdType{static_cast<uint32_t>(rows_.size() + 1)} : free_.back();
  }
  // The row for `id`, which must be Next().
  Row& Add(IdType id) {
    CHECK(id == Next());
    if (free_.empty()) return rows_.emplace_back();
    free_.pop_back();
    return rows_[Position(id)];
  }
  // An empty table gets `size` rows, of which these are free, the next to be used last.
  void Reserve(uint32_t size, std::vector<IdType> free) {
    CHECK(rows_.empty());
    rows_.resize(size);
    free_ = std::move(free);
  }
  void Free(IdType id) {
    rows_[Position(id)] = Row{};
    free_.push_back(id);
  }

  size_t size() const { return rows_.size(); }  // free rows too
  const std::vector<IdType>& free() const { return free_; }
  IdType last() const { return IdType{static_cast<uint32_t>(rows_.size())}; }

 private:
  size_t Position(IdType id) const {
    CHECK(Has(id));
    return id.value - 1;
  }
  std::deque<Row> rows_;
  std::vector<IdType> free_;
};

// Task keys to numbers. Sharded, with stored hashes: growing one shard stalls for milliseconds,
// not seconds, at millions of tasks.
class TaskKeys {
 public:
  explicit TaskKeys(const Table<TaskId, Task>& tasks);
  TaskId Find(std::string_view key) const;  // zero: none
  void Add(std::string_view key, TaskId task);
  void Remove(std::string_view key);

 private:
  struct Entry {
    size_t hash = 0;
    TaskId task;
  };
  struct Probe {
    size_t hash = 0;
    std::string_view key;
  };
  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    size_t operator()(const Entry& entry) const { return entry.hash; }
    size_t operator()(const Probe& probe) const { return probe.hash; }
  };
  struct Equal {
    using is_transparent = void;
    const Table<TaskId, Task>* tasks;
    bool operator()(const Entry& a, const Entry& b) const { return a.task == b.task; }
    bool operator()(const Probe& a, const Entry& b) const {
      return a.hash == b.hash && (*tasks)[b.task].key() == a.key;
    }
    bool operator()(const Entry& a, const Probe& b) const { return (*this)(b, a); }
  };
  using Shard = boost::unordered_flat_set<Entry, Hash, Equal>;
  static constexpr size_t kShards = 64;

  std::vector<Shard> shards_;
};

}  // namespace headrace::scheduler
