// What Luigi's clients see of the scheduler. Every test ends by replaying its records.

#include <gtest/gtest.h>

#include "scheduler/testing.h"

namespace headrace::scheduler {
namespace {

TEST(Scheduler, DependenciesComeBeforeTheirDependents) {
  Bench bench;
  bench.Given("report <- clean, lookup; clean <- raw; raw; lookup");

  std::vector<std::string> order;
  for (std::string task = bench.GetWork(); !task.empty(); task = bench.GetWork()) {
    order.push_back(task);
    bench.Report(task, "DONE");
  }

  EXPECT_EQ(order, (std::vector<std::string>{"lookup", "raw", "clean", "report"}));
}

TEST(Scheduler, ATaskIsHandedOutOnce) {
  Bench bench;
  bench.Given("a", "w1");
  bench.Given("a", "w2");

  EXPECT_EQ(bench.GetWork("w1"), "a");
  EXPECT_EQ(bench.GetWork("w2"), "");
}

TEST(Scheduler, ALostAnswerIsGivenAgain) {
  Bench bench;
  bench.Given("a");
  bench.GetWork();

  const Work again =
      bench.Ask<Work>(GetWork{.worker = "w", .current_tasks = std::vector<std::string>{}});

  EXPECT_EQ(again.task, "a");
}

TEST(Scheduler, AFailedTaskComesBackAfterItsDelay) {
  Bench bench({.retry_delay_s = 100});
  bench.Given("a");
  bench.GetWork();
  bench.Report("a", "FAILED");

  bench.Pass(50);
  EXPECT_EQ(bench.Status("a"), "FAILED");
  bench.Ask<WorkerMessages>(Ping{.worker = "w"});
  bench.Pass(51);
  EXPECT_EQ(bench.Status("a"), "PENDING");
}

TEST(Scheduler, TooManyFailuresDisableATaskAndBlockWhatIsAboveIt) {
  Bench bench({.retry_delay_s = 1, .worker_disconnect_delay_s = 1e6, .retry_count = 2});
  bench.Given("top <- mid; mid <- a; a");
  bench.GetWork();
  bench.Report("a", "FAILED");
  bench.Pass(2);
  bench.GetWork();
  bench.Report("a", "FAILED");

  EXPECT_EQ(bench.Status("a"), "DISABLED");
  EXPECT_EQ(bench.PhaseOf("mid"), "blocked");
  EXPECT_EQ(bench.PhaseOf("top"), "blocked");
  bench.Ask<ReEnabled>(ReEnableTask{.task = "a"});
  EXPECT_EQ(bench.PhaseOf("top"), "waiting");
}

TEST(Scheduler, AWorkerThatIsNotHeardOfLosesItsTask) {
  Bench bench({.worker_disconnect_delay_s = 60});
  bench.Given("a", "w1");
  bench.Given("a", "w2");
  bench.GetWork("w1");
  bench.Pass(40);
  bench.Ask<WorkerMessages>(Ping{.worker = "w2"});

  bench.Pass(21);

  EXPECT_EQ(bench.Status("a"), "FAILED");
  EXPECT_EQ(bench.scheduler->state().FindWorker("w1"), WorkerId{});
}

TEST(Scheduler, ATaskNobodyCaresForIsRemovedAfterItsDelay) {
  Bench bench({.remove_delay_s = 100, .worker_disconnect_delay_s = 60});
  bench.Given("a <- b; b");

  bench.Pass(61);
  EXPECT_EQ(bench.Status("a"), "PENDING");
  bench.Pass(101);
  EXPECT_EQ(bench.Status("a"), "");
  EXPECT_EQ(bench.scheduler->state().tasks_count(), 0);
}

TEST(Scheduler, AResourceIsHeldByWhoRuns) {
  Bench bench;
  bench.Ask<Done>(UpdateResources{.totals = {{"db", 1}}});
  for (const char* task : {"a", "b"}) {
    AddTask add{.worker = "w", .task = task, .family = "F"};
    add.facts.resources = Resources{{"db", 1}};
    bench.Ask<Done>(add);
  }

  EXPECT_EQ(bench.GetWork(), "a");
  EXPECT_EQ(bench.GetWork(), "");
  bench.Report("a", "DONE");
  EXPECT_EQ(bench.GetWork(), "b");
}

TEST(Scheduler, AHigherPriorityGoesFirstAndReachesDependencies) {
  Bench bench;
  bench.Given("low; base; high <- base");
  AddTask add{
      .worker = "w", .task = "high", .family = "F", .deps = std::vector<std::string>{"base"}};
  add.facts.priority = 5;
  bench.Ask<Done>(add);

  EXPECT_EQ(bench.GetWork(), "base");
}

TEST(Scheduler, ATaskThatWasJustDoneStaysDone) {
  Bench bench;
  bench.Given("a");
  bench.GetWork();
  bench.Report("a", "DONE");

  bench.Given("a", "late");
  EXPECT_EQ(bench.Status("a"), "DONE");
  bench.Pass(11);
  bench.Given("a", "late");
  EXPECT_EQ(bench.Status("a"), "PENDING");
}

TEST(Scheduler, AlikeTasksAreHandedOutAsABatch) {
  Bench bench;
  bench.Ask<Done>(AddTaskBatcher{.worker = "w", .family = "B", .params = {"d"}});
  for (const char* day : {"1", "2", "3"}) {
    AddTask add{.worker = "w", .task = std::string("B_") + day, .family = "B"};
    add.facts.params = R"({"d":")" + std::string(day) + R"(","k":"x"})";
    add.facts.batchable = true;
    bench.Ask<Done>(add);
  }

  const Work work = bench.Ask<Work>(GetWork{.worker = "w"});

  EXPECT_EQ(work.batch_tasks, (std::vector<std::string>{"B_1", "B_2", "B_3"}));
  EXPECT_EQ(work.params, R"({"d":["1","2","3"],"k":"x"})");
  EXPECT_EQ(bench.Status("B_2"), "BATCH_RUNNING");
}

TEST(Scheduler, AnUnknownStatusIsRefusedAndChangesNothing) {
  Bench bench;
  const Refused refused =
      bench.Ask<Refused>(AddTask{.worker = "w", .task = "a", .status = "MAYBE"});
  EXPECT_EQ(refused.detail, "unknown status 'MAYBE'");
  EXPECT_EQ(bench.Status("a"), "");
  EXPECT_EQ(bench.journal, "");
}

TEST(Scheduler, EveryFailureIsRecordedWherePeopleAreToldOfFailures) {
  Bench bench({.reports_failures = true});
  bench.Given("a");
  bench.GetWork();

  bench.Report("a", "FAILED");
  bench.Report("a", "FAILED");
  bench.Ask<Done>(AnnounceSchedulingFailure{.worker = "w", .task_name = "A()", .params = "{}"});

  const auto count = [&](std::string_view name) {
    size_t found = 0;
    for (size_t at = 0; (at = bench.journal.find(name, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(count(R"({"r":"FailureReported","task":1,)"), 2u);
  EXPECT_EQ(count(R"x({"r":"SchedulingFailed","task_name":"A()")x"), 1u);
}

TEST(Scheduler, AnnouncedFailuresLeaveNoTraceWhereNobodyIsTold) {
  Bench bench;
  bench.Ask<Done>(AnnounceSchedulingFailure{.worker = "w", .task_name = "A()", .params = "{}"});
  EXPECT_EQ(bench.journal, "");
}

}  // namespace
}  // namespace headrace::scheduler
