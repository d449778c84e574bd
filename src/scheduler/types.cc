// The names of the enumerators, as the APIs and the journal write them.

#include "scheduler/types.h"

#include <array>

namespace headrace::scheduler {

namespace {

template <size_t N, class Enum>
std::string_view At(const std::array<std::string_view, N>& names, Enum value) {
  return names[static_cast<size_t>(value)];
}

}  // namespace

std::string_view Name(TaskStatus status) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "UNKNOWN", "PENDING", "RUNNING", "BATCH_RUNNING", "DONE", "FAILED", "DISABLED"};
  return At(kNames, status);
}

std::string_view Name(Phase phase) {
  static constexpr std::array<std::string_view, 9> kNames = {"unknown",
                                                             "external",
                                                             "waiting",
                                                             "blocked",
                                                             "ready",
                                                             "running",
                                                             "done",
                                                             "retrying",
                                                             "disabled"};
  return At(kNames, phase);
}

std::string_view Name(RunState state) {
  static constexpr std::array<std::string_view, 6> kNames = {
      "queued", "planning", "running", "done", "failed", "cancelled"};
  return At(kNames, state);
}

std::string_view Name(Trigger trigger) {
  static constexpr std::array<std::string_view, 5> kNames = {
      "schedule", "catchup", "manual", "adhoc", "backfill"};
  return At(kNames, trigger);
}

std::string_view Name(Unit unit) {
  static constexpr std::array<std::string_view, 2> kNames = {"task", "pipeline"};
  return At(kNames, unit);
}

std::string_view Name(PlanKind kind) {
  static constexpr std::array<std::string_view, 3> kNames = {"run", "dynamic", "recheck"};
  return At(kNames, kind);
}

std::string_view Name(AttemptOutcome outcome) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "running", "done", "failed", "new_dependencies", "missing", "returned", "lost", "cancelled"};
  return At(kNames, outcome);
}

}  // namespace headrace::scheduler
