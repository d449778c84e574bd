// Outcomes as the scheduler names them.

#include "worker/report.h"

#include <string_view>
#include <utility>

namespace headrace::worker {
namespace {

using host::OutcomeStatus;

client::Outcome OutcomeOf(OutcomeStatus status, Verdict verdict) {
  switch (status) {
    case OutcomeStatus::kDone: return client::Outcome::kDone;
    case OutcomeStatus::kFailed: return client::Outcome::kFailed;
    case OutcomeStatus::kNewDependencies: return client::Outcome::kNewDependencies;
    case OutcomeStatus::kMissing: return client::Outcome::kMissing;
    case OutcomeStatus::kLost: break;
    case OutcomeStatus::kKilled:
      if (verdict == Verdict::kCancelled) return client::Outcome::kCancelled;
      break;
  }
  return client::Outcome::kLost;
}

// The protocol's words: load, run, exit, timeout, memory.
std::string_view WhereOf(const host::TaskError& error) {
  if (error.type == "MemoryError") return "memory";
  for (const std::string_view known : {"load", "exit", "timeout", "memory"}) {
    if (error.where == known) return known;
  }
  return error.where == "import" ? "load" : "run";
}

client::TaskError ErrorOf(const host::TaskError& error) {
  return {.type = error.type,
          .message = error.message,
          .traceback = error.traceback,
          .where = std::string(WhereOf(error))};
}

client::TaskError Ended(std::string_view type, const std::string& why) {
  return {.type = std::string(type), .message = why, .traceback = {}, .where = "exit"};
}

}  // namespace

client::FinishReport MakeReport(const host::Outcome& outcome,
                                Verdict verdict,
                                const std::string& why) {
  client::FinishReport report;
  report.outcome = OutcomeOf(outcome.status, verdict);
  if (outcome.error) report.error = ErrorOf(*outcome.error);
  if (report.outcome == client::Outcome::kCancelled) report.error = Ended("Cancelled", why);
  if (report.outcome == client::Outcome::kLost && verdict == Verdict::kStopped) {
    report.error = Ended("Stopped", why);
  }
  for (const host::Dependency& dependency : outcome.new_deps) {
    report.new_deps.push_back({.module = dependency.task.module,
                               .family = dependency.task.family,
                               .params = dependency.task.params,
                               .id = dependency.id});
  }
  report.missing = outcome.missing;
  report.expl = outcome.expl;
  if (outcome.exit) {
    if (outcome.exit->signal != 0) report.signal = outcome.exit->signal;
    if (outcome.exit->signal == 0) report.exit_code = outcome.exit->code;
    report.cpu_s = outcome.cpu_s;
    report.max_rss_kb = outcome.max_rss_kb;
  }
  report.tasks = outcome.tasks;
  return report;
}

client::FinishReport MakeUnstartedReport(client::Outcome outcome, const std::string& why) {
  client::FinishReport report;
  report.outcome = outcome;
  if (outcome == client::Outcome::kCancelled) report.error = Ended("Cancelled", why);
  return report;
}

std::string Summary(const client::FinishReport& report) {
  std::string text(client::OutcomeName(report.outcome));
  if (report.outcome == client::Outcome::kNewDependencies) {
    text += ": " + std::to_string(report.new_deps.size());
  }
  if (!report.missing.empty()) text += ": " + report.missing.front();
  if (!report.error) return text;
  text += ": ";
  const bool named = report.error->where == "run" || report.error->where == "load";
  if (named && !report.error->type.empty()) text += report.error->type + ": ";
  return text + report.error->message;
}

}  // namespace headrace::worker
