// EventLog: one line for what becomes of tasks, runs and workers, made of the journal's records.
//
// Lives on the replica's thread. Says nothing of replayed records.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/replica.h"

namespace headrace::api {

class EventLog final : public engine::RecordListener {
 public:
  // Names and values; those that are empty say nothing.
  using Fields = std::vector<std::pair<std::string_view, std::string>>;
  using Write = std::function<void(std::string_view what, const Fields& fields)>;

  explicit EventLog(Write write) : write_(std::move(write)) {}

  void OnRecord(const scheduler::Record& record,
                const engine::View& view,
                engine::Origin origin) override;
  void OnCommit(const engine::View&) override {}
  void Settle(store::CommitId) override {}

 private:
  void Say(const scheduler::TaskStatusChanged& record, const scheduler::State& state);
  void Say(const scheduler::TaskStarted& record, const scheduler::State& state);
  void Say(const scheduler::AttemptStarted& record, const scheduler::State& state);
  void Say(const scheduler::AttemptEnded& record, const scheduler::State& state);
  void Say(const scheduler::RunCreated& record, const scheduler::State& state);
  void Say(const scheduler::RunChanged& record, const scheduler::State& state);
  void Say(const scheduler::WorkerAdded& record, const scheduler::State& state);
  void Say(const scheduler::WorkerRemoved& record, const scheduler::State& state);
  void Say(const scheduler::Paused& record, const scheduler::State& state);
  void Say(const auto&, const scheduler::State&) {}

  const Write write_;
};

}  // namespace headrace::api
