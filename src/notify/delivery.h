// Delivery: the thread of one channel. Tries what it is given until it is delivered, with growing
// pauses, and reports what became of each try.
//
//   Add ─▶ due? ─▶ Channel::Send ─┬─▶ delivered
//            ▲                    ├─▶ refused for good, or too old: given up
//            └── later ◀──────────┘
//
// Add() and the two halves of the stop come from the notifier's owner and thread.

#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mailbox.h"
#include "notify/channel.h"

namespace headrace::notify {

struct RetryRules {
  Duration first = std::chrono::seconds(2);  // then doubled, up to
  Duration last = std::chrono::minutes(5);
  Duration give_up_after = std::chrono::hours(24);  // since the message was made
};

enum class Fate : uint8_t { kDelivered, kLater, kGivenUp };

// What became of one try.
struct Report {
  Message message;  // with kLater: when and how often next
  Fate fate = Fate::kDelivered;
  std::string error;
};

class Delivery {
 public:
  // `report` is called on this thread.
  Delivery(std::string name,
           std::unique_ptr<Channel> channel,
           const RetryRules& rules,
           const Clock& clock,
           std::function<void(Report)> report);
  ~Delivery();  // as Stop(), without any grace

  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  void Add(Message message);
  // Tries once more what is due; after `grace` it stops amid what it does. BeginStop() first, so
  // that several deliveries share one grace.
  void BeginStop();
  void EndStop(Duration grace);

  const std::string& name() const { return name_; }
  size_t Waiting() const { return waiting_count_.load(std::memory_order_relaxed); }

 private:
  void Run();
  void SendDue();
  void Try(Message message);

  static constexpr size_t kMessagesMax = 100'000;

  const std::string name_;
  const std::unique_ptr<Channel> channel_;
  const RetryRules rules_;
  const Clock& clock_;
  const std::function<void(Report)> report_;
  Mailbox<Message> inbox_{kMessagesMax};
  Mailbox<char> ended_{1};
  std::atomic<bool> cancelled_{false};
  std::atomic<size_t> waiting_count_{0};
  std::multimap<Timestamp, Message> waiting_;  // by next_at; the thread's own
  std::thread thread_;
};

}  // namespace headrace::notify
