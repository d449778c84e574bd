// The scheduler: one deterministic state machine that owns every task, run and attempt.
//
// It decides and remembers; it never acts. Handle() turns a command into records, which are applied
// at once, and answers, which must wait until the records are durable. What must survive a restart
// is in State and changes only by records; what need not (who was heard of when, who waits for
// work) is in Core (core.h). The decisions are functions, a file a subject (decisions.h).
//
// Lives on the engine thread. No clock, no I/O, no randomness: time comes in as `now`.

#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "scheduler/answers.h"
#include "scheduler/commands.h"
#include "scheduler/settings.h"
#include "scheduler/state.h"

namespace headrace::scheduler {

struct Core;

class Scheduler {
 public:
  Scheduler(const Settings& settings, const TimeZones& zones);
  ~Scheduler();

  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Decides what `command` leads to, applies it, and appends it to `out`. Every command with a
  // request number is answered exactly once, now or by a later call. A refused one changes nothing.
  void Handle(const Command& command, Timestamp now, Outcome& out);

  // Replays one record. Only before the first Handle().
  void Apply(const Record& record);
  // After the replay: whatever runs or is connected gets a full lease from `now` on.
  void Recovered(Timestamp now);

  // When a Tick would do something; nullopt: nothing is due. May be too early, never too late.
  std::optional<Timestamp> NextDeadline() const;

  const State& state() const;
  // When each worker was heard of last. For the replica, which does not learn it from records.
  std::vector<std::pair<WorkerId, Timestamp>> LastActives() const;

 private:
  const std::unique_ptr<Core> core_;
};

}  // namespace headrace::scheduler
