// The nouns of the scheduler: identifiers, statuses, phases, states and limits.

#pragma once

#include <cstdint>
#include <string_view>

#include "base/id.h"
#include "base/time.h"

namespace headrace::scheduler {

// Dense numbers, given out by records alone, so that every copy of the state numbers alike.
// Zero means none. A removed task's or worker's number is used again; the others never.
using TaskId = Id<struct TaskTag>;
using WorkerId = Id<struct WorkerTag>;
using WorkerSetId = Id<struct WorkerSetTag>;      // local to one State; zero is the empty set
using ResourceSetId = Id<struct ResourceSetTag>;  // local to one State; zero is "needs nothing"
using TextId = Id<struct TextTag>;                // local to one State; zero is ""
using PoolId = Id<struct PoolTag>;
using PipelineId = Id<struct PipelineTag>;
using RunId = Id<struct RunTag>;
using PlanId = Id<struct PlanTag>;
using AttemptId = Id<struct AttemptTag>;  // rises by one with every attempt: the fencing token

// Connects a command with its answer, which may come from a later command or a tick.
using RequestId = uint64_t;

// Luigi's, stored.
enum class TaskStatus : uint8_t {
  kUnknown,  // a dependency nobody described yet, or describing it failed
  kPending,
  kRunning,
  kBatchRunning,  // member of a batch that a worker runs under another task id
  kDone,
  kFailed,    // comes back as kPending at retry_at
  kDisabled,  // failed too often, or disabled by its author
};
inline constexpr size_t kTaskStatuses = 7;

// What status, dependencies and blocks come to. Derived by State alone, never stored.
//
//   kUnknown ─▶ kWaiting ─▶ kReady ─▶ kRunning ─▶ kDone
//                  ▲▼          ▲         │
//               kBlocked       └─ kRetrying / kDisabled
enum class Phase : uint8_t {
  kUnknown,
  kExternal,  // pending, and nobody here makes it
  kWaiting,   // pending, a dependency is not done
  kBlocked,   // pending, below a disabled task
  kReady,     // pending, every dependency is done
  kRunning,
  kDone,
  kRetrying,
  kDisabled,
};
inline constexpr size_t kPhases = 9;

enum class RunState : uint8_t { kQueued, kPlanning, kRunning, kDone, kFailed, kCancelled };
inline constexpr size_t kRunStates = 6;
constexpr bool HasEnded(RunState state) {
  return state >= RunState::kDone;
}

enum class Trigger : uint8_t { kSchedule, kCatchup, kManual, kAdhoc, kBackfill };

enum class Unit : uint8_t { kTask, kPipeline };

enum class PlanKind : uint8_t { kRun, kDynamic, kRecheck };

enum class AttemptOutcome : uint8_t {
  kRunning,
  kDone,
  kFailed,
  kNewDependencies,  // it yielded tasks that are not complete
  kMissing,          // its dependencies were incomplete at run time
  kReturned,         // given back unstarted: counts as nothing
  kLost,             // its worker or host died: counted apart from failures
  kCancelled,
};

// Texts as they stand in the APIs; Parse… of an unknown text is nullopt (see types.cc).
std::string_view Name(TaskStatus status);
std::string_view Name(Phase phase);
std::string_view Name(RunState state);
std::string_view Name(Trigger trigger);
std::string_view Name(Unit unit);
std::string_view Name(PlanKind kind);
std::string_view Name(AttemptOutcome outcome);

}  // namespace headrace::scheduler
