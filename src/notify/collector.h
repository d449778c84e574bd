// Collector: makes events for people out of records.
//
// On the replica's thread, told just before each record is applied: the state then still says what
// was before, the record what comes. Replayed records count from where the last life's notify.db
// ends (Notifier::ReplayFrom).

#pragma once

#include <unordered_set>
#include <vector>

#include "engine/replica.h"
#include "notify/notifier.h"
#include "scheduler/types.h"

namespace headrace::notify {

// The scheduler's policy where a task has none of its own: mails of disabled tasks say it.
struct RetryDefaults {
  int64_t count = 0;
  int64_t window_s = 0;
};

class Collector final : public engine::RecordListener {
 public:
  // `batch_mails`: what Luigi's workers report is wanted too.
  Collector(Notifier& notifier, const RetryDefaults& defaults, bool batch_mails);

  void OnRecord(const scheduler::Record& record,
                const engine::View& view,
                engine::Origin origin) override;
  void OnCommit(const engine::View& view) override;
  void Settle(store::CommitId at) override;

 private:
  static constexpr size_t kFailingMax = 100'000;  // tasks; of more, no recovery is told

  void Hear(const scheduler::TaskStatusChanged& record, const scheduler::State& state);
  void Hear(const scheduler::AttemptEnded& record, const scheduler::State& state);
  void Hear(const scheduler::FailureReported& record, const scheduler::State& state);
  void Hear(const scheduler::SchedulingFailed& record, const scheduler::State& state);
  void Recover(const scheduler::TaskStatusChanged& record, const scheduler::State& state);

  Notifier& notifier_;
  const RetryDefaults defaults_;
  const bool batch_mails_;
  std::unordered_set<std::string> failing_;  // tasks that were told of as failed
  scheduler::TaskId attempt_failed_;         // the attempt that just ended, badly, was this task's
  std::vector<Event> events_;                // of this commit
};

}  // namespace headrace::notify
