// Telling people. See notifier.h.

#include "notify/notifier.h"

#include <algorithm>
#include <fmt/format.h>
#include <pthread.h>
#include <utility>

#include "base/check.h"
#include "notify/mail_channel.h"
#include "notify/task_mail.h"
#include "notify/text.h"

namespace headrace::notify {

namespace {

constexpr const char* kMailChannel = "mail";
constexpr std::chrono::seconds kWriteRetry{1};  // notify.db could not be written: a full disk, say

std::string WebhookChannelName(const WebhookOptions& webhook) {
  return "webhook " + webhook.name;
}

size_t BytesOf(const Event& event) {
  return sizeof(Event) + event.explanation.size() + event.name.size() * 2 + event.task.size();
}

}  // namespace

const char* Name(EventKind kind) {
  switch (kind) {
    case EventKind::kFailed: return "failed";
    case EventKind::kDisabled: return "disabled";
    case EventKind::kRecovered: return "recovered";
    case EventKind::kSchedulingFailed: return "scheduling_failed";
  }
  return "";
}

Result<std::unique_ptr<Notifier>> Notifier::Start(NotifierOptions options,
                                                  uint64_t epoch,
                                                  const Clock& clock) {
  auto outbox = TRY(Outbox::Open(options.path));
  std::unique_ptr<Notifier> notifier(new Notifier(std::move(options), std::move(outbox), clock));
  TRY(notifier->AddChannels());
  TRY(notifier->Load(epoch));
  notifier->thread_ = std::thread([raw = notifier.get()] {
    pthread_setname_np(pthread_self(), "notifier");
    raw->Run();
  });
  return notifier;
}

Notifier::Notifier(NotifierOptions options, std::unique_ptr<Outbox> outbox, const Clock& clock)
    : options_(std::move(options)),
      outbox_(std::move(outbox)),
      clock_(clock),
      batch_(options_.mail.batch) {}

Notifier::~Notifier() {
  Stop(Duration::zero());
}

Result<void> Notifier::AddChannels() {
  const MailOptions& mail = options_.mail;
  if (mail.enabled) {
    AddChannel(kMailChannel,
               std::make_unique<MailChannel>(mail.smtp, mail.sender, mail.html, mail.host));
  }
  for (const WebhookOptions& webhook : options_.webhooks) {
    wants_recoveries_ |= webhook.events[static_cast<size_t>(EventKind::kRecovered)];
    AddChannel(WebhookChannelName(webhook), TRY(WebhookChannel::Make(webhook)));
  }
  return {};
}

void Notifier::AddChannel(std::string name, std::unique_ptr<Channel> channel) {
  deliveries_.push_back(std::make_unique<Delivery>(
      std::move(name), std::move(channel), options_.retry, clock_, [this](Report report) {
        // Refused after the stop: the message stays in notify.db, and is delivered once more.
        (void)mailbox_.Put(std::move(report));
      }));
}

// What the last life left, and how far in the journal it had come.
Result<void> Notifier::Load(uint64_t epoch) {
  const int64_t last_epoch = TRY(outbox_->Number("epoch", -1));
  const int64_t commit = TRY(outbox_->Number("commit", 0));
  commit_ = static_cast<uint64_t>(commit);
  // Nobody was told of what happened while the scheduler ran without notifications, and nobody
  // shall be told of it days later.
  const bool continues = last_epoch + 1 == static_cast<int64_t>(epoch);
  replay_from_ = continues ? commit_ : UINT64_MAX;
  TRY(outbox_->SetNumber("epoch", static_cast<int64_t>(epoch)));
  if (options_.mail.enabled && options_.mail.batched) TRY(outbox_->PutBackInto(batch_));
  const Timestamp now = clock_.Now();
  const Duration interval = std::chrono::minutes(options_.mail.batch.interval_minutes);
  const int64_t due = TRY(outbox_->Number("batch_due", 0));
  batch_due_ = due == 0 ? now + interval : std::min(Timestamp(Duration(due)), now + interval);
  if (wants_recoveries_) failing_ = TRY(outbox_->Failing());
  next_message_ = TRY(outbox_->NextMessage());
  std::unordered_map<std::string, size_t> lost;
  for (Message& message : TRY(outbox_->Messages())) {
    Delivery* delivery = Find(message.channel);
    if (delivery == nullptr) {
      ++lost[message.channel];
      TRY(outbox_->Remove(message.id));
      continue;
    }
    ++owed_[message.channel];
    message.next_at = now;
    delivery->Add(std::move(message));
  }
  for (const auto& [channel, count] : lost) {
    Log(true, fmt::format("{} messages for {} are dropped: it is not configured", count, channel));
  }
  return {};
}

void Notifier::Tell(uint64_t commit, std::vector<Event> events) {
  size_t bytes = 0;
  for (const Event& event : events) bytes += BytesOf(event);
  const size_t waiting = bytes_waiting_.fetch_add(bytes, std::memory_order_relaxed);
  const size_t count = events.size();
  if (waiting < kEventBytesMax && mailbox_.Put(Told{commit, std::move(events), bytes})) {
    settled_ = false;
    return;
  }
  bytes_waiting_.fetch_sub(bytes, std::memory_order_relaxed);
  figures_.left_out.fetch_add(count, std::memory_order_relaxed);
}

void Notifier::Settle() {
  if (std::exchange(settled_, true)) return;
  const auto done = std::make_shared<Mailbox<char>>(1);
  if (!mailbox_.Put(Barrier{done})) return;
  std::vector<char> ends;
  done->Take(ends);
}

void Notifier::Stop(Duration grace) {
  if (!thread_.joinable()) return;
  (void)mailbox_.Put(SendBatch{});
  settled_ = false;
  Settle();
  for (const auto& delivery : deliveries_) delivery->BeginStop();
  const Timestamp end = clock_.Now() + grace;
  for (const auto& delivery : deliveries_) {
    delivery->EndStop(std::max(Duration::zero(), end - clock_.Now()));
  }
  mailbox_.Close();
  thread_.join();
  size_t left = 0;
  for (const auto& [channel, count] : owed_) left += count;
  if (left > 0) {
    Log(true, fmt::format("{} notifications are not delivered yet; the next start does", left));
  }
}

std::vector<std::pair<std::string, size_t>> Notifier::Waiting() const {
  std::vector<std::pair<std::string, size_t>> waiting;
  for (const auto& delivery : deliveries_) {
    waiting.emplace_back(delivery->name(), delivery->Waiting());
  }
  return waiting;
}

void Notifier::Run() {
  std::vector<Item> items;
  const auto until_due = [this]() -> std::optional<Duration> {
    if (dirty_) return kWriteRetry;
    if (!options_.mail.batched) return std::nullopt;
    return std::max(Duration::zero(), batch_due_ - clock_.Now());
  };
  while (mailbox_.Take(items, until_due())) {
    Round(items);
    items.clear();
  }
  Round(items);
}

// Everything that waits, in one transaction; then it is handed over.
void Notifier::Round(std::vector<Item>& items) {
  for (Item& item : items) std::visit([this](auto& what) { Take(what); }, item);
  if (options_.mail.batched && clock_.Now() >= batch_due_) TakeBatch();
  Result<void> written;
  if (dirty_) written = Write();
  if (!written) {
    outbox_->Rollback();
    Log(true, fmt::format("{}. {}", written.error().message, written.error().remedy));
  } else {
    dirty_ = false;
    for (Message& message : std::exchange(new_messages_, {})) {
      if (Delivery* delivery = Find(message.channel)) delivery->Add(std::move(message));
    }
    reports_.clear();
    failing_changes_.clear();
    batch_sent_ = false;
    batch_.ForgetChanged();
  }
  // Not held back by a disk that refuses: the replica has readers.
  for (const auto& done : std::exchange(barriers_, {})) (void)done->Put('.');
}

Result<void> Notifier::Write() {
  TRY(outbox_->Begin());
  if (batch_sent_) TRY(outbox_->ClearGroups());
  for (const auto& [owner, key] : batch_.changed()) {
    if (const BatchGroup* group = batch_.Find(owner, key)) {
      TRY(outbox_->PutGroup(owner, key, *group));
    }
  }
  for (const Message& message : new_messages_) TRY(outbox_->Put(message));
  for (const Report& report : reports_) {
    if (report.fate == Fate::kLater) {
      TRY(outbox_->Put(report.message));
    } else {
      TRY(outbox_->Remove(report.message.id));
    }
  }
  for (const auto& [task, at] : failing_changes_) {
    if (at == Timestamp{}) {
      TRY(outbox_->RemoveFailing(task));
    } else {
      TRY(outbox_->PutFailing(task, at));
    }
  }
  TRY(outbox_->SetNumber("commit", static_cast<int64_t>(commit_)));
  TRY(outbox_->SetNumber("batch_due", batch_due_.time_since_epoch().count()));
  return outbox_->Commit();
}

void Notifier::Take(Told& told) {
  bytes_waiting_.fetch_sub(told.bytes, std::memory_order_relaxed);
  commit_ = std::max(commit_, told.commit);
  dirty_ = true;
  for (const Event& event : told.events) TakeEvent(event);
}

void Notifier::Take(Report& report) {
  const std::string& channel = report.message.channel;
  switch (report.fate) {
    case Fate::kDelivered:
      figures_.delivered.fetch_add(1, std::memory_order_relaxed);
      Log(false, fmt::format("{}: message {} is delivered", channel, report.message.id));
      break;
    case Fate::kLater:
      figures_.failed_tries.fetch_add(1, std::memory_order_relaxed);
      Log(true, fmt::format("{}; tried again (try {})", report.error, report.message.tries + 1));
      break;
    case Fate::kGivenUp:
      figures_.given_up.fetch_add(1, std::memory_order_relaxed);
      Log(true, fmt::format("{}; message {} is given up", report.error, report.message.id));
      break;
  }
  if (report.fate != Fate::kLater) --owed_[channel];
  dirty_ = true;
  reports_.push_back(std::move(report));
}

void Notifier::TakeEvent(const Event& event) {
  const MailOptions& mail = options_.mail;
  const bool in_batch = event.audience == Audience::kBatchMail;
  if (in_batch || event.by_headrace || event.kind == EventKind::kSchedulingFailed) {
    if (mail.enabled && mail.batched && event.kind != EventKind::kRecovered) batch_.Add(event);
  }
  if (in_batch) return;
  if (mail.enabled && !mail.batched) {
    if (event.kind == EventKind::kDisabled) {
      QueueMail(DisabledMail(event, mail.receiver, mail.disable_persist));
    }
    if (event.kind == EventKind::kFailed && event.by_headrace) {
      QueueMail(FailureMail(event, {mail.receiver, mail.html, mail.traceback_bytes_max}));
    }
  }
  for (const WebhookOptions& webhook : options_.webhooks) {
    if (!Wants(webhook, event)) continue;
    Queue(WebhookChannelName(webhook), WebhookText(webhook.format, event, options_.page));
  }
  if (!wants_recoveries_ || event.task.empty()) return;
  failing_changes_.emplace_back(event.task,
                                event.kind == EventKind::kRecovered ? Timestamp{} : event.at);
}

void Notifier::TakeBatch() {
  batch_due_ = clock_.Now() + std::chrono::minutes(options_.mail.batch.interval_minutes);
  if (batch_.IsEmpty()) return;
  for (Mail& mail : batch_.Take()) QueueMail(std::move(mail));
  batch_sent_ = dirty_ = true;
}

void Notifier::Queue(const std::string& channel, std::string text) {
  size_t& owed = owed_[channel];
  if (owed >= kMessagesMax) {
    if (figures_.left_out.fetch_add(1, std::memory_order_relaxed) % 1000 == 0) {
      Log(true,
          fmt::format(
              "{}: more than {} messages wait; new ones are left out", channel, kMessagesMax));
    }
    return;
  }
  ++owed;
  dirty_ = true;
  const Timestamp now = clock_.Now();
  new_messages_.push_back({.id = next_message_++,
                           .channel = channel,
                           .at = now,
                           .next_at = now,
                           .tries = 0,
                           .text = std::move(text)});
}

void Notifier::QueueMail(Mail mail) {
  if (mail.recipients.empty()) return;
  if (!options_.mail.prefix.empty()) mail.subject = options_.mail.prefix + " " + mail.subject;
  Queue(kMailChannel, MailText(mail));
}

Delivery* Notifier::Find(std::string_view channel) const {
  const auto found = std::ranges::find_if(
      deliveries_, [&](const auto& delivery) { return delivery->name() == channel; });
  return found == deliveries_.end() ? nullptr : found->get();
}

void Notifier::Log(bool is_problem, const std::string& text) const {
  if (options_.log) options_.log(is_problem, text);
}

}  // namespace headrace::notify
