// Runs, plans and attempts: what planner, workers and operators see. Every test ends by replaying
// its records.

#include <gtest/gtest.h>

#include "scheduler/testing.h"

namespace headrace::scheduler {
namespace {

constexpr Duration kLong = std::chrono::seconds(20);

PipelineSet Hourly(const std::string& name) {
  return {.name = name,
          .module = "m",
          .family = "Root",
          .params = R"({"hour":"{interval_start:%H}"})",
          .schedule = "0 * * * *",
          .timezone = "UTC",
          .catchup = -1,
          .retry = {.count = 2, .delay_s = 10}};
}

class Flow : public Bench {
 public:
  explicit Flow(const Settings& settings = {}) : Bench(settings) {
    Say(Configure{.pools = {{.name = "default", .slots = 4}},
                  .pipelines = {Hourly("p")},
                  .pool_of_pipeline = {},
                  .resources = {}});
    Ask<WorkerRegistered>(
        RegisterWorker{.worker = "h1", .pools = {"default"}, .slots = 4, .info = "{}"});
  }

  std::vector<PlanOffer> ClaimAll() {
    return Ask<PlanOffers>(ClaimPlans{.planner = "pl", .max = 10}).plans;
  }
  // "a <- b, c; b!" registered for the plan; "!" complete, "?" external.
  void Register(const PlanOffer& plan, const std::string& graph) {
    RegisterTasks tasks{.plan = plan.plan, .planner = "pl"};
    std::istringstream parts(graph);
    for (std::string part; std::getline(parts, part, ';');) {
      std::istringstream words(part);
      PlannedTask task;
      words >> task.key;
      task.complete = task.key.back() == '!';
      task.facts.external = task.key.back() == '?';
      if (task.key.back() == '!' || task.key.back() == '?') task.key.pop_back();
      task.facts.family = "F";
      task.facts.module = "m";
      task.facts.params = "{}";
      task.checked_at = now;
      for (std::string word; words >> word;) {
        if (word == "<-") continue;
        if (word.back() == ',') word.pop_back();
        task.deps.push_back(word);
      }
      tasks.tasks.push_back(task);
    }
    const std::string root = tasks.tasks.front().key;
    Ask<TasksRegistered>(tasks);
    Ask<Done>(FinishPlan{.plan = plan.plan, .planner = "pl", .roots = {root}});
  }
  std::vector<Message> Receive(uint32_t max = 10, Duration wait = {}) {
    return Ask<Messages>(
               ReceiveWork{.worker = "h1", .pools = {"default"}, .max = max, .wait = wait})
        .messages;
  }
  void Finish(const Message& message, AttemptOutcome outcome, std::string error = {}) {
    Ask<Done>(FinishAttempt{.attempt = message.attempt,
                            .worker = "h1",
                            .outcome = outcome,
                            .details = "{}",
                            .error = std::move(error)});
  }
  std::string RunState(uint32_t run) const {
    return std::string(Name(scheduler->state().run(RunId{run}).state));
  }
  void PassHour() {
    for (int i = 0; i < 240; ++i) {
      Pass(15);
      Say(Heartbeat{.worker = "h1"});
    }
  }
};

TEST(Runs, AnIntervalThatIsOverGetsOneRun) {
  Flow flow;
  EXPECT_TRUE(flow.ClaimAll().empty());

  flow.PassHour();
  const auto plans = flow.ClaimAll();

  ASSERT_EQ(plans.size(), 1);
  EXPECT_EQ(plans[0].roots[0].params, R"({"hour":"00"})");
  EXPECT_EQ(plans[0].pipeline, "p");
}

TEST(Runs, ARunIsDoneWhenItsRootIs) {
  Flow flow;
  flow.PassHour();
  flow.Register(flow.ClaimAll()[0], "top <- a, b; a; b!");
  EXPECT_EQ(flow.RunState(1), "running");

  const auto first = flow.Receive();
  ASSERT_EQ(first.size(), 1);
  EXPECT_EQ(first[0].task, "a");
  flow.Finish(first[0], AttemptOutcome::kDone);
  const auto second = flow.Receive();
  ASSERT_EQ(second.size(), 1);
  EXPECT_EQ(second[0].task, "top");
  flow.Finish(second[0], AttemptOutcome::kDone);

  EXPECT_EQ(flow.RunState(1), "done");
}

TEST(Runs, WorkThatBecomesReadyGoesToWhoWaits) {
  Flow flow;
  flow.PassHour();
  const auto plan = flow.ClaimAll()[0];
  EXPECT_TRUE(
      flow.Say(ReceiveWork{.worker = "h1", .pools = {"default"}, .max = 2, .wait = kLong}).empty());
  const RequestId waiting = flow.requests;

  const auto answers = flow.Say(RegisterTasks{
      .plan = plan.plan, .planner = "pl", .tasks = {{.key = "a", .facts = {.family = "F"}}}});

  bool woken = false;
  for (const Answer& answer : answers) woken |= answer.request == waiting;
  EXPECT_TRUE(woken);
}

TEST(Runs, AWorkerThatDrainsIsAnsweredAndGetsNothing) {
  Flow flow;
  flow.PassHour();
  const auto plan = flow.ClaimAll()[0];
  EXPECT_TRUE(
      flow.Say(ReceiveWork{.worker = "h1", .pools = {"default"}, .max = 2, .wait = kLong}).empty());
  const RequestId waiting = flow.requests;

  const auto answers = flow.Say(Heartbeat{.worker = "h1", .draining = true});
  bool released = false;
  for (const Answer& answer : answers) released |= answer.request == waiting;
  flow.Register(plan, "a");

  EXPECT_TRUE(released);
  EXPECT_TRUE(flow.Receive(2, kLong).empty());
}

TEST(Runs, WorkIsNotGivenToAWaiterThatHasGone) {
  Flow flow;
  flow.PassHour();
  const auto plan = flow.ClaimAll()[0];
  EXPECT_TRUE(
      flow.Say(ReceiveWork{.worker = "h1", .pools = {"default"}, .max = 2, .wait = kLong}).empty());

  --flow.requests;  // under the waiter's own number
  EXPECT_EQ(flow.Say(StopWaiting{}).size(), 1);
  flow.Register(plan, "a");

  EXPECT_EQ(flow.Receive().size(), 1);
}

TEST(Runs, AFailedTaskHoldsUpItsDependentsOnlyAndIsRetried) {
  Flow flow;
  flow.PassHour();
  flow.Register(flow.ClaimAll()[0], "top <- bad, good; bad; good");
  const auto work = flow.Receive();
  ASSERT_EQ(work.size(), 2);

  flow.Finish(work[0], AttemptOutcome::kFailed, R"({"message":"x"})");
  flow.Finish(work[1], AttemptOutcome::kDone);
  EXPECT_EQ(flow.PhaseOf("bad"), "retrying");
  EXPECT_EQ(flow.PhaseOf("top"), "waiting");
  flow.Pass(12);
  const auto again = flow.Receive();
  ASSERT_EQ(again.size(), 1);
  EXPECT_EQ(again[0].number, 2);
  flow.Finish(again[0], AttemptOutcome::kFailed, R"({"message":"x"})");

  EXPECT_EQ(flow.PhaseOf("bad"), "disabled");
  EXPECT_EQ(flow.PhaseOf("top"), "blocked");
  EXPECT_EQ(flow.RunState(1), "failed");
  flow.Ask<TaskNow>(RetryTask{.task = "bad"});
  EXPECT_EQ(flow.RunState(1), "running");
}

TEST(Runs, AnAttemptWhoseLeaseRanOutIsGivenToAnotherAndItsReportIsRefused) {
  Flow flow({.lease = std::chrono::seconds(30)});
  flow.PassHour();
  flow.Register(flow.ClaimAll()[0], "a");
  const auto first = flow.Receive();
  ASSERT_EQ(first.size(), 1);

  flow.Pass(31);
  const auto second = flow.Receive();
  ASSERT_EQ(second.size(), 1);
  EXPECT_EQ(second[0].task, "a");
  EXPECT_GT(second[0].attempt, first[0].attempt);

  const Refused late = flow.Ask<Refused>(
      FinishAttempt{.attempt = first[0].attempt, .worker = "h1", .outcome = AttemptOutcome::kDone});
  EXPECT_EQ(late.kind, Refusal::kConflict);
  EXPECT_EQ(flow.Status("a"), "RUNNING");
}

TEST(Runs, AStockWorkerAndOursNeverRunTheSameTask) {
  Flow flow;
  flow.PassHour();
  flow.Register(flow.ClaimAll()[0], "top <- a; a");
  flow.Given("a", "stock");

  EXPECT_EQ(flow.GetWork("stock"), "a");
  EXPECT_TRUE(flow.Receive().empty());
  flow.Report("a", "DONE", "stock");
  EXPECT_EQ(flow.Receive().size(), 1);
}

TEST(Runs, WhatARunningTaskYieldsIsPlannedAndRunFirst) {
  Flow flow;
  flow.PassHour();
  flow.Register(flow.ClaimAll()[0], "a");
  const auto work = flow.Receive();
  flow.Ask<Done>(FinishAttempt{.attempt = work[0].attempt,
                               .worker = "h1",
                               .outcome = AttemptOutcome::kNewDependencies,
                               .details = "{}",
                               .new_deps = {{.module = "m", .family = "F", .key = "dyn"}}});
  EXPECT_TRUE(flow.Receive().empty());

  const auto plans = flow.ClaimAll();
  ASSERT_EQ(plans.size(), 1);
  EXPECT_EQ(plans[0].kind, PlanKind::kDynamic);
  flow.Register(plans[0], "dyn");
  const auto dynamic = flow.Receive();
  ASSERT_EQ(dynamic.size(), 1);
  EXPECT_EQ(dynamic[0].task, "dyn");
  flow.Finish(dynamic[0], AttemptOutcome::kDone);
  EXPECT_EQ(flow.Receive()[0].task, "a");
}

TEST(Runs, AnAbsentExternalTaskIsLookedForAgain) {
  Flow flow;
  flow.PassHour();
  flow.Register(flow.ClaimAll()[0], "a <- log; log?");
  EXPECT_EQ(flow.PhaseOf("log"), "external");
  EXPECT_TRUE(flow.ClaimAll().empty());

  flow.Pass(16);
  const auto plans = flow.ClaimAll();
  ASSERT_EQ(plans.size(), 1);
  EXPECT_EQ(plans[0].kind, PlanKind::kRecheck);
  flow.Register(plans[0], "log!");

  EXPECT_EQ(flow.Receive()[0].task, "a");
}

TEST(Runs, AnOlderLookDoesNotUndoADoneTask) {
  Flow flow;
  flow.PassHour();
  const auto plan = flow.ClaimAll()[0];
  const Timestamp looked = flow.now;
  flow.Pass(1);
  flow.Given("a", "stock");
  flow.GetWork("stock");
  flow.Report("a", "DONE", "stock");

  flow.Ask<TasksRegistered>(
      RegisterTasks{.plan = plan.plan,
                    .planner = "pl",
                    .tasks = {{.key = "a", .facts = {.family = "F"}, .checked_at = looked}}});

  EXPECT_EQ(flow.Status("a"), "DONE");
}

TEST(Runs, APlanOfADeadPlannerIsOfferedAgain) {
  Flow flow;
  flow.PassHour();
  EXPECT_EQ(flow.ClaimAll().size(), 1);
  EXPECT_TRUE(flow.ClaimAll().empty());
  flow.Pass(61);
  EXPECT_EQ(flow.Ask<PlanOffers>(ClaimPlans{.planner = "other", .max = 1}).plans.size(), 1);
}

TEST(Runs, APoolNeverRunsMoreThanItsSlots) {
  Flow flow;
  flow.PassHour();
  flow.Register(flow.ClaimAll()[0], "t <- a, b, c, d, e; a; b; c; d; e");
  EXPECT_EQ(flow.Receive(10).size(), 4);
  EXPECT_TRUE(flow.Receive(10).empty());
}

TEST(Runs, AnAdhocRunTriesAgainWhatWasDisabled) {
  Flow flow;
  const auto run = [&] {
    flow.Ask<RunMade>(CreateRun{.root = {.module = "m", .family = "F", .params = "{}"}});
    flow.Register(flow.ClaimAll()[0], "x");
    return flow.Receive();
  };
  flow.Finish(run()[0], AttemptOutcome::kFailed, R"({"message":"x"})");
  EXPECT_EQ(flow.PhaseOf("x"), "disabled");
  EXPECT_EQ(flow.RunState(1), "failed");

  EXPECT_EQ(run().size(), 1);
}

TEST(Runs, AnAdhocRunThatCannotBePlannedFailsAtOnce) {
  Flow flow;
  flow.Ask<RunMade>(CreateRun{.root = {.module = "gone", .family = "F", .params = "{}"}});
  const auto plan = flow.ClaimAll()[0];

  flow.Ask<Done>(
      FinishPlan{.plan = plan.plan, .planner = "pl", .error = R"({"message":"no module"})"});

  EXPECT_EQ(flow.RunState(1), "failed");
}

TEST(Runs, APipelinesRunIsPlannedAgainAfterAMistake) {
  Flow flow;
  flow.PassHour();
  const auto plan = flow.ClaimAll()[0];

  flow.Ask<Done>(
      FinishPlan{.plan = plan.plan, .planner = "pl", .error = R"({"message":"no module"})"});

  EXPECT_EQ(flow.RunState(1), "planning");
  EXPECT_TRUE(flow.ClaimAll().empty());
  flow.Pass(6);
  EXPECT_EQ(flow.ClaimAll().size(), 1);
}

TEST(Runs, ACancelledAttemptIsToldWithTheNextHeartbeat) {
  Flow flow;
  flow.PassHour();
  flow.Register(flow.ClaimAll()[0], "a");
  const auto work = flow.Receive();
  flow.Ask<TaskNow>(CancelTask{.task = "a"});

  const auto beat = flow.Ask<HeartbeatTaken>(
      Heartbeat{.worker = "h1", .attempts = {{.attempt = work[0].attempt}}});

  EXPECT_EQ(beat.cancel, std::vector<AttemptId>{work[0].attempt});
  flow.Finish(work[0], AttemptOutcome::kCancelled);
  EXPECT_EQ(flow.Status("a"), "DISABLED");
  EXPECT_EQ(flow.RunState(1), "failed");
}

}  // namespace
}  // namespace headrace::scheduler
