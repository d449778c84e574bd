// The thread of one channel. See delivery.h.

#include "notify/delivery.h"

#include <algorithm>
#include <pthread.h>
#include <utility>

namespace headrace::notify {

Delivery::Delivery(std::string name,
                   std::unique_ptr<Channel> channel,
                   const RetryRules& rules,
                   const Clock& clock,
                   std::function<void(Report)> report)
    : name_(std::move(name)),
      channel_(std::move(channel)),
      rules_(rules),
      clock_(clock),
      report_(std::move(report)) {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "delivery");
    Run();
  });
}

Delivery::~Delivery() {
  BeginStop();
  EndStop(Duration::zero());
}

void Delivery::Add(Message message) {
  waiting_count_.fetch_add(1, std::memory_order_relaxed);
  // Full or closed: it stays in notify.db, and is taken up at the next start.
  if (!inbox_.Put(std::move(message))) waiting_count_.fetch_sub(1, std::memory_order_relaxed);
}

void Delivery::BeginStop() {
  inbox_.Close();
}

void Delivery::EndStop(Duration grace) {
  if (!thread_.joinable()) return;
  std::vector<char> ended;
  if (grace > Duration::zero()) ended_.Take(ended, grace);
  if (ended.empty()) {
    cancelled_ = true;
    channel_->Cancel();
  }
  thread_.join();
}

void Delivery::Run() {
  std::vector<Message> messages;
  const auto until_due = [this]() -> std::optional<Duration> {
    if (waiting_.empty()) return std::nullopt;
    return std::max(Duration::zero(), waiting_.begin()->first - clock_.Now());
  };
  for (bool open = true; open;) {
    open = inbox_.Take(messages, until_due());
    for (Message& message : messages) {
      const Timestamp at = message.next_at;
      waiting_.emplace(at, std::move(message));
    }
    SendDue();
  }
  (void)ended_.Put('.');
}

void Delivery::SendDue() {
  while (!waiting_.empty() && !cancelled_ && waiting_.begin()->first <= clock_.Now()) {
    Message message = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    Try(std::move(message));
  }
}

void Delivery::Try(Message message) {
  const Result<void> sent = channel_->Send(message);
  if (!sent && cancelled_) return;  // no try of its own: the next start makes it
  Report report{.message = std::move(message)};
  if (!sent) {
    Message& again = report.message;
    report.error = sent.error().message;
    const int64_t doublings = std::min<int64_t>(again.tries++, 20);
    again.next_at = clock_.Now() + std::min(rules_.last, rules_.first * (int64_t{1} << doublings));
    const bool hopeless =
        sent.error().code == ErrorCode::kInvalid || again.next_at > again.at + rules_.give_up_after;
    report.fate = hopeless ? Fate::kGivenUp : Fate::kLater;
  }
  if (report.fate == Fate::kLater) {
    waiting_.emplace(report.message.next_at, report.message);
  } else {
    waiting_count_.fetch_sub(1, std::memory_order_relaxed);
  }
  report_(std::move(report));
}

}  // namespace headrace::notify
