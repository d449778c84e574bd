// Mailbox<T>: the one place where threads meet. Many threads put, one thread takes.
//
// The taker swaps its empty vector for the full one, so it gets everything that came in meanwhile
// in one go and in order, and both vectors keep their memory. A putter wakes the taker only if it
// is asleep and has what it waits for: under load, nobody makes a system call.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/time.h"

namespace headrace {

template <class T>
class Mailbox {
 public:
  // `size_max`: what waits beyond this is refused at the door.
  explicit Mailbox(size_t size_max) : size_max_(size_max) { CHECK(size_max > 0); }

  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Any thread. False when the box is full or closed: `item` is then untouched and still the
  // caller's to answer.
  [[nodiscard]] bool Put(T&& item) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= size_max_) return false;
      items_.push_back(std::move(item));
      wake = WakeTaker();
    }
    if (wake) filled_.notify_one();
    return true;
  }

  // Any thread. What is inside can still be taken; nothing more comes in.
  void Close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      sleeping_ = false;
    }
    filled_.notify_all();
  }

  // The taker only. Replaces `out` by all that is inside, waiting until there is something, `wait`
  // is over (nullopt: no limit) or the box is closed. False: closed and empty, nothing will ever
  // come. True with an empty `out`: the time is over, or Nudge() was called.
  bool Take(std::vector<T>& out, std::optional<Duration> wait = std::nullopt) {
    out.clear();
    std::unique_lock lock(mutex_);
    WaitFor(1, wait, lock);
    nudged_ = false;
    out.swap(items_);
    return !out.empty() || !closed_;
  }

  // The taker only. Sleeps until `count` items are inside, but at most `wait`: whoever was just
  // answered gets the time to join the next batch.
  void Linger(size_t count, Duration wait) {
    std::unique_lock lock(mutex_);
    WaitFor(count, wait, lock);
  }

  // Any thread. Makes a waiting Take() return, as if its time were over; a later Take() otherwise.
  void Nudge() {
    {
      const std::lock_guard lock(mutex_);
      nudged_ = true;
      sleeping_ = false;
    }
    filled_.notify_one();
  }

  // Any thread. How many wait at this moment; for metrics.
  size_t Size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  bool WakeTaker() {
    if (!sleeping_ || items_.size() < wanted_) return false;
    sleeping_ = false;  // the next putter need not wake it again
    return true;
  }

  void WaitFor(size_t count, std::optional<Duration> wait, std::unique_lock<std::mutex>& lock) {
    const auto end = std::chrono::steady_clock::now() + wait.value_or(Duration::zero());
    wanted_ = count;
    while (items_.size() < count && !closed_ && !nudged_) {
      sleeping_ = true;
      if (!wait) {
        filled_.wait(lock);
      } else if (filled_.wait_until(lock, end) == std::cv_status::timeout) {
        break;
      }
    }
    sleeping_ = false;
  }

  const size_t size_max_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::vector<T> items_;
  size_t wanted_ = 1;      // how many items the sleeping taker waits for
  bool sleeping_ = false;  // the taker waits and nobody has woken it yet
  bool nudged_ = false;
  bool closed_ = false;
};

}  // namespace headrace
