// IdList: a vector of ids in eight bytes, for rows of which there are a million and whose lists are
// mostly short. Count and capacity stand in front of the ids.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace headrace {

template <class IdType>
class IdList {
 public:
  IdList() = default;
  IdList(IdList&&) noexcept = default;
  IdList& operator=(IdList&&) noexcept = default;

  std::span<const IdType> ids() const {
    if (!data_) return {};
    return {data_.get() + 1, Size()};
  }
  const IdType* begin() const { return ids().data(); }
  const IdType* end() const { return ids().data() + Size(); }
  size_t size() const { return Size(); }
  bool empty() const { return Size() == 0; }
  IdType front() const { return ids().front(); }

  bool Contains(IdType id) const { return std::find(begin(), end(), id) != end(); }

  void Add(IdType id) {
    const uint32_t size = Size();
    const uint32_t capacity = size == 0 ? 0 : Capacity(size);
    if (size == capacity) Grow(Capacity(size + 1));
    data_[size + 1] = id;
    data_[0].value = size + 1;
  }

  // Removes the first `id`; the last one takes its place. False when it was not there.
  bool Remove(IdType id) {
    const uint32_t size = Size();
    for (uint32_t i = 1; i <= size; ++i) {
      if (data_[i] != id) continue;
      data_[i] = data_[size];
      data_[0].value = size - 1;
      if (size == 1) data_.reset();
      return true;
    }
    return false;
  }

  void Assign(std::span<const IdType> ids) {
    if (ids.empty()) return data_.reset();
    Grow(Capacity(static_cast<uint32_t>(ids.size())));
    std::copy(ids.begin(), ids.end(), data_.get() + 1);
    data_[0].value = static_cast<uint32_t>(ids.size());
  }

 private:
  uint32_t Size() const { return data_ ? data_[0].value : 0; }

  // Capacity follows from the size alone (the next power of two), so it needs no place.
  static uint32_t Capacity(uint32_t size) {
    uint32_t capacity = 1;
    while (capacity < size) capacity *= 2;
    return capacity;
  }

  void Grow(uint32_t capacity) {
    auto bigger = std::make_unique<IdType[]>(capacity + 1);
    const uint32_t size = std::min(Size(), capacity);
    if (size > 0) std::copy(data_.get() + 1, data_.get() + 1 + size, bigger.get() + 1);
    bigger[0].value = size;
    data_ = std::move(bigger);
  }

  std::unique_ptr<IdType[]> data_;  // [0] is the size
};

}  // namespace headrace
