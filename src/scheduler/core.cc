// Core: speaking, and keeping account of who is alive.

#include "scheduler/core.h"

#include <algorithm>

#include "base/check.h"

namespace headrace::scheduler {

Duration Seconds(double seconds) {
  constexpr double kLongest = 1000.0 * 366 * 86'400;
  const double bounded = std::clamp(seconds, -kLongest, kLongest);
  return Duration(static_cast<int64_t>(bounded * 1e6));
}

void Core::Emit(Record record) {
  state.Apply(record);
  out->records.push_back(std::move(record));
}

void Core::ReplyTo(RequestId to, scheduler::Reply reply) {
  if (to == 0) return;  // a command of the process's own
  out->answers.push_back({.request = to, .reply = std::move(reply)});
}

void Core::Refuse(Refusal kind, std::string detail, std::string remedy) {
  Reply(Refused{.kind = kind, .detail = std::move(detail), .remedy = std::move(remedy)});
}

Timestamp Core::After(double seconds) const {
  return now + Seconds(seconds);
}

WorkerId Core::Touch(const std::string& worker) {
  WorkerId id = state.FindWorker(worker);
  if (id.value == 0) {
    id = state.NextWorker();
    Emit(WorkerAdded{.worker = id, .key = worker, .at = now, .pools = {}});
  }
  Hear(id);
  return id;
}

void Core::Hear(WorkerId worker) {
  Presence& presence = presences[worker];
  luigi_last_actives.erase({presence.last_active, worker});
  own_last_actives.erase({presence.last_active, worker});
  presence.last_active = now;
  const bool own = !state.worker(worker).pools.empty();
  (own ? own_last_actives : luigi_last_actives).emplace(now, worker);
}

void Core::Forget(WorkerId worker) {
  const auto found = presences.find(worker);
  if (found == presences.end()) return;
  luigi_last_actives.erase({found->second.last_active, worker});
  own_last_actives.erase({found->second.last_active, worker});
  presences.erase(found);
}

void Core::SetLease(AttemptId attempt, Timestamp until) {
  DropLease(attempt);
  leases[attempt] = until;
  lease_ends.emplace(until, attempt);
}

void Core::DropLease(AttemptId attempt) {
  const auto found = leases.find(attempt);
  if (found == leases.end()) return;
  lease_ends.erase({found->second, attempt});
  leases.erase(found);
}

}  // namespace headrace::scheduler
