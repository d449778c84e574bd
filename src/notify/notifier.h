// Notifier: tells people what happened, by mail and by webhook, and forgets nothing over it.
//
//   replica thread          this thread                                  a thread a channel
//   Tell(events) ─▶ mailbox ─▶ batch, render ─▶ notify.db, one commit ─▶ Delivery ─▶ the world
//   Settle() ◀──────────────── durable ◀──────────────┘    ◀── Report ──┘
//
// The engine never waits for any of it. The replica waits in Settle() before it writes a snapshot,
// for one commit of notify.db: so whatever a later start does not replay any more is in there.
// After a crash the journal is replayed from before that commit; what is known already is told by
// ReplayFrom(). A message leaves notify.db when it is delivered, so each is delivered at least
// once.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/mailbox.h"
#include "net/smtp_client.h"
#include "notify/delivery.h"
#include "notify/webhook_channel.h"

namespace headrace::notify {

struct MailOptions {
  bool enabled = false;  // somebody may get one, and [email] does not forbid it
  bool batched = false;  // [scheduler] batch_emails
  bool html = false;
  std::string prefix;  // of subjects
  std::string receiver;
  std::string sender;
  size_t traceback_bytes_max = 5'000;
  std::string host;             // this machine, in Message-IDs
  std::string disable_persist;  // seconds, as mails of disabled tasks say them
  BatchMailOptions batch;
  net::SmtpOptions smtp;
};

struct NotifierOptions {
  std::string path;  // notify.db
  MailOptions mail;
  std::vector<WebhookOptions> webhooks;
  std::string page;  // URL of the page, for links; "" for none
  RetryRules retry;
  // Any thread. What an operator should know; `is_problem` tells warnings from information.
  std::function<void(bool is_problem, const std::string& text)> log;
};

struct NotifierFigures {
  std::atomic<uint64_t> delivered{0};
  std::atomic<uint64_t> failed_tries{0};
  std::atomic<uint64_t> given_up{0};
  std::atomic<uint64_t> left_out{0};  // beyond what may wait
};

class Notifier {
 public:
  static constexpr size_t kMessagesMax = 10'000;      // of one channel that wait
  static constexpr size_t kEventBytesMax = 64 << 20;  // told and not yet in notify.db

  // `epoch`: how often the store was opened, this time included. Errors name the file.
  static Result<std::unique_ptr<Notifier>> Start(NotifierOptions options,
                                                 uint64_t epoch,
                                                 const Clock& clock);
  ~Notifier();  // as Stop(), without any grace

  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // Events of replayed commits up to this one are known, or nobody's news.
  uint64_t ReplayFrom() const { return replay_from_; }
  bool WantsRecoveries() const { return wants_recoveries_; }
  // Tasks that were told of as failed before the start.
  const std::vector<std::string>& Failing() const { return failing_; }

  // The replica's thread. The events of one commit.
  void Tell(uint64_t commit, std::vector<Event> events);
  // The replica's thread. Returns once everything told before is durable.
  void Settle();

  // When nothing is told any more. Sends batched mails that wait, as Luigi does; deliveries get
  // `grace` to end, and what is not delivered then is taken up at the next start.
  void Stop(Duration grace);

  const NotifierFigures& figures() const { return figures_; }
  // Any thread. Messages that wait, by channel.
  std::vector<std::pair<std::string, size_t>> Waiting() const;

 private:
  struct Told {
    uint64_t commit = 0;
    std::vector<Event> events;
    size_t bytes = 0;
  };
  struct Barrier {
    // Shared: this thread may still be inside Put() when Settle() returns.
    std::shared_ptr<Mailbox<char>> done;
  };
  struct SendBatch {};
  using Item = std::variant<Told, Barrier, SendBatch, Report>;

  Notifier(NotifierOptions options, std::unique_ptr<Outbox> outbox, const Clock& clock);

  Result<void> Load(uint64_t epoch);
  Result<void> AddChannels();
  void AddChannel(std::string name, std::unique_ptr<Channel> channel);
  void Run();
  void Round(std::vector<Item>& items);
  Result<void> Write();
  void Take(Told& told);
  void Take(Report& report);
  void Take(SendBatch&) { TakeBatch(); }
  void Take(Barrier& barrier) { barriers_.push_back(std::move(barrier.done)); }
  void TakeEvent(const Event& event);
  void TakeBatch();
  void Queue(const std::string& channel, std::string text);
  void QueueMail(Mail mail);
  Delivery* Find(std::string_view channel) const;
  void Log(bool is_problem, const std::string& text) const;

  const NotifierOptions options_;
  const std::unique_ptr<Outbox> outbox_;
  const Clock& clock_;
  NotifierFigures figures_;
  Mailbox<Item> mailbox_{1 << 20};
  std::atomic<size_t> bytes_waiting_{0};
  uint64_t replay_from_ = 0;
  bool wants_recoveries_ = false;
  bool settled_ = true;  // the replica thread's own: nothing was told since the last Settle()
  std::vector<std::string> failing_;
  std::vector<std::unique_ptr<Delivery>> deliveries_;

  // This thread's own, once it runs.
  BatchMail batch_;
  Timestamp batch_due_;
  int64_t next_message_ = 1;
  uint64_t commit_ = 0;
  std::unordered_map<std::string, size_t> owed_;  // messages in notify.db, by channel
  // What this round has to write, and then to hand over.
  std::vector<Message> new_messages_;
  std::vector<Report> reports_;
  std::vector<std::pair<std::string, Timestamp>> failing_changes_;  // zero: recovered
  std::vector<std::shared_ptr<Mailbox<char>>> barriers_;            // shared: see Barrier
  bool batch_sent_ = false;
  bool dirty_ = false;
  std::thread thread_;
};

}  // namespace headrace::notify
