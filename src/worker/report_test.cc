// What the scheduler is told about each way an attempt can end.

#include "worker/report.h"

#include <gtest/gtest.h>

namespace headrace::worker {
namespace {

host::Outcome Failed(std::string where, std::string type, std::string message) {
  host::Outcome outcome;
  outcome.status = host::OutcomeStatus::kFailed;
  outcome.error = {.where = std::move(where),
                   .type = std::move(type),
                   .message = std::move(message),
                   .traceback = "tb"};
  return outcome;
}

host::Outcome Killed() {
  host::Outcome outcome;
  outcome.status = host::OutcomeStatus::kKilled;
  outcome.exit = ExitStatus{.signal = 9};
  return outcome;
}

TEST(MakeReport, DoneTellsWhatItUsed) {
  host::Outcome outcome;
  outcome.status = host::OutcomeStatus::kDone;
  outcome.exit = ExitStatus{};
  outcome.cpu_s = 0.5;
  outcome.max_rss_kb = 31040;
  outcome.expl = "null";

  const client::FinishReport report = MakeReport(outcome, Verdict::kNone, "");

  EXPECT_EQ(report.outcome, client::Outcome::kDone);
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_EQ(report.signal, std::nullopt);
  EXPECT_EQ(report.cpu_s, 0.5);
  EXPECT_EQ(report.max_rss_kb, 31040);
  EXPECT_EQ(Summary(report), "done");
}

TEST(MakeReport, ErrorsStandWhereTheProtocolPutsThem) {
  const auto where = [](const host::Outcome& outcome) {
    return MakeReport(outcome, Verdict::kNone, "").error->where;
  };

  EXPECT_EQ(where(Failed("import", "ModuleNotFoundError", "x")), "load");
  EXPECT_EQ(where(Failed("load", "ValueError", "x")), "load");
  EXPECT_EQ(where(Failed("run", "ValueError", "x")), "run");
  EXPECT_EQ(where(Failed("dynamic dependency", "TypeError", "x")), "run");
  EXPECT_EQ(where(Failed("timeout", "Timeout", "x")), "timeout");
  EXPECT_EQ(where(Failed("exit", "Exit", "x")), "exit");
  EXPECT_EQ(where(Failed("run", "MemoryError", "")), "memory");
}

TEST(MakeReport, SignalIsToldInPlaceOfACode) {
  host::Outcome outcome = Failed("exit", "Killed", "killed by signal 11 (SIGSEGV)");
  outcome.exit = ExitStatus{.signal = 11};

  const client::FinishReport report = MakeReport(outcome, Verdict::kNone, "");

  EXPECT_EQ(report.signal, 11);
  EXPECT_EQ(report.exit_code, std::nullopt);
  EXPECT_EQ(Summary(report), "failed: killed by signal 11 (SIGSEGV)");
}

TEST(MakeReport, KilledForAnOperatorIsCancelledAndForTheWorkersStopLost) {
  const client::FinishReport cancelled = MakeReport(Killed(), Verdict::kCancelled, "by hand");
  const client::FinishReport stopped = MakeReport(Killed(), Verdict::kStopped, "worker stops");

  EXPECT_EQ(cancelled.outcome, client::Outcome::kCancelled);
  EXPECT_EQ(cancelled.error->message, "by hand");
  EXPECT_EQ(stopped.outcome, client::Outcome::kLost);
  EXPECT_EQ(stopped.error->message, "worker stops");
}

TEST(MakeReport, ResultThatCameBeforeTheKillStands) {
  host::Outcome outcome;
  outcome.status = host::OutcomeStatus::kDone;

  EXPECT_EQ(MakeReport(outcome, Verdict::kCancelled, "by hand").outcome, client::Outcome::kDone);
}

TEST(MakeReport, HostThatDiedIsLostWithItsReason) {
  host::Outcome outcome;
  outcome.status = host::OutcomeStatus::kLost;
  outcome.error = {.where = "exit", .type = "Lost", .message = "its host died", .traceback = ""};

  const client::FinishReport report = MakeReport(outcome, Verdict::kNone, "");

  EXPECT_EQ(report.outcome, client::Outcome::kLost);
  EXPECT_EQ(report.error->message, "its host died");
}

TEST(MakeReport, DependenciesAreHandedOn) {
  host::Outcome asked;
  asked.status = host::OutcomeStatus::kNewDependencies;
  asked.new_deps = {{.task = {.module = "m", .family = "F", .params = {{"n", "1"}}}, .id = "F_1"}};
  host::Outcome missing;
  missing.status = host::OutcomeStatus::kMissing;
  missing.missing = {"Write_0 (a/path)"};

  EXPECT_EQ(MakeReport(asked, Verdict::kNone, "").new_deps,
            std::vector<client::TaskName>(
                {{.module = "m", .family = "F", .params = {{"n", "1"}}, .id = "F_1"}}));
  EXPECT_EQ(Summary(MakeReport(asked, Verdict::kNone, "")), "new_dependencies: 1");
  EXPECT_EQ(Summary(MakeReport(missing, Verdict::kNone, "")), "missing: Write_0 (a/path)");
}

}  // namespace
}  // namespace headrace::worker
