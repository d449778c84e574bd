// The scheduler's frame: what happens around every decision.

#include "scheduler/scheduler.h"

#include "base/check.h"
#include "scheduler/decisions.h"

namespace headrace::scheduler {

Scheduler::Scheduler(const Settings& settings, const TimeZones& zones)
    : core_(std::make_unique<Core>(settings, zones)) {}

Scheduler::~Scheduler() = default;

void Scheduler::Handle(const Command& command, Timestamp now, Outcome& out) {
  Core& core = *core_;
  core.now = now;
  core.request = command.request;
  core.out = &out;
  std::visit([&](const auto& body) { Decide(core, body); }, command.body);
  SettleRuns(core);
  HandOutPlans(core);
  HandOutWork(core);
  core.out = nullptr;
}

void Scheduler::Apply(const Record& record) {
  core_->state.Apply(record);
}

void Scheduler::Recovered(Timestamp now) {
  Core& core = *core_;
  core.now = now;
  core.state.ForEachWorker([&](WorkerId id, const Worker&) { core.Hear(id); });
  for (AttemptId attempt : core.state.attempts_running()) {
    core.SetLease(attempt, now + core.settings.lease);
  }
}

std::optional<Timestamp> Scheduler::NextDeadline() const {
  return scheduler::NextDeadline(*core_);
}

const State& Scheduler::state() const {
  return core_->state;
}

std::vector<std::pair<WorkerId, Timestamp>> Scheduler::LastActives() const {
  std::vector<std::pair<WorkerId, Timestamp>> all;
  for (const auto& [worker, presence] : core_->presences) {
    all.emplace_back(worker, presence.last_active);
  }
  return all;
}

}  // namespace headrace::scheduler
