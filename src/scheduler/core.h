// Core: what the decisions work on, and how they speak.
//
// `state` changes by Emit() alone. Everything else here need not survive a restart: after one,
// workers and attempts get a full lease, and who waited asks again. Private to src/scheduler.

#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/answers.h"
#include "scheduler/commands.h"
#include "scheduler/settings.h"
#include "scheduler/state.h"

namespace headrace::scheduler {

struct Presence {  // of a worker
  Timestamp last_active;
  Timestamp last_get_work;  // zero: never asked
  std::vector<WorkerMessage> messages;
};

struct WorkWaiter {  // a headrace worker that waits for work
  RequestId request = 0;
  WorkerId worker;
  std::vector<PoolId> pools;
  uint32_t max = 1;
  Timestamp until;
};

struct PlanWaiter {
  RequestId request = 0;
  std::string planner;
  uint32_t max = 1;
  Timestamp until;
};

struct PlanLease {
  std::string planner;
  Timestamp until;
};

struct Core {
  Core(const Settings& settings_in, const TimeZones& zones_in)
      : settings(settings_in), zones(zones_in) {}

  const Settings settings;
  const TimeZones& zones;
  State state;

  std::map<WorkerId, Presence> presences;
  // Exactly those of `presences`, by last_active: Luigi's workers, headrace's own.
  std::set<std::pair<Timestamp, WorkerId>> luigi_last_actives;
  std::set<std::pair<Timestamp, WorkerId>> own_last_actives;
  std::map<AttemptId, Timestamp> leases;                 // of running attempts
  std::set<std::pair<Timestamp, AttemptId>> lease_ends;  // exactly those of `leases`
  std::vector<WorkWaiter> work_waiters;                  // first come, first served
  std::vector<PlanWaiter> plan_waiters;
  std::map<PlanId, PlanLease> plan_leases;
  std::map<std::pair<std::string, std::string>, std::string> responses;  // (task, message id)
  std::map<AttemptId, std::vector<MessageForTask>> messages;
  std::set<RunId> runs_upset;  // their state may have to change: runs.cc
  std::map<PipelineId, std::optional<Timestamp>> runs_due;  // when the next is: runs.cc

  // Set by Scheduler for the length of one call.
  Timestamp now;
  RequestId request = 0;
  Outcome* out = nullptr;

  void Emit(Record record);
  void Reply(scheduler::Reply reply) { ReplyTo(request, std::move(reply)); }
  void ReplyTo(RequestId to, scheduler::Reply reply);
  void Refuse(Refusal kind, std::string detail, std::string remedy = {});

  Timestamp After(double seconds) const;  // now + seconds, without overflow

  WorkerId Touch(const std::string& worker);  // makes the worker where it is new; it is alive now
  void Hear(WorkerId worker);
  void Forget(WorkerId worker);
  void SetLease(AttemptId attempt, Timestamp until);
  void DropLease(AttemptId attempt);
};

// Durations from the seconds of settings and policies; at most a thousand years.
Duration Seconds(double seconds);

}  // namespace headrace::scheduler
