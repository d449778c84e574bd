// Whose retry policy counts, and what people's wishes do to a running attempt.

#include <gtest/gtest.h>

#include "scheduler/testing.h"

namespace headrace::scheduler {
namespace {

// One pipeline that allows three failures; its root has one task, "a".
class Retries : public Bench {
 public:
  explicit Retries(const RetryPolicy& of_pool = {}) {
    Say(Configure{.pools = {{.name = "default", .slots = 4, .retry = of_pool}},
                  .pipelines = {{.name = "p",
                                 .module = "m",
                                 .family = "Root",
                                 .params = "{}",
                                 .schedule = "0 * * * *",
                                 .timezone = "UTC",
                                 .retry = {.delay_s = 10, .backoff = 3}}},
                  .pool_of_pipeline = {},
                  .resources = {}});
    Ask<WorkerRegistered>(
        RegisterWorker{.worker = "h", .pools = {"default"}, .slots = 4, .info = "{}"});
  }

  void AskForAdhoc() {
    Ask<RunMade>(CreateRun{.root = {.module = "m", .family = "F", .params = "{}"}});
    PlanA();
  }
  void AskForPipeline() {
    Ask<RunMade>(CreateRun{.pipeline = "p", .interval_start = now});
    PlanA();
  }
  void PlanA() {
    for (const PlanOffer& plan : Ask<PlanOffers>(ClaimPlans{.planner = "pl", .max = 9}).plans) {
      Ask<TasksRegistered>(
          RegisterTasks{.plan = plan.plan,
                        .planner = "pl",
                        .tasks = {{.key = "a", .facts = {.family = "F"}, .checked_at = now}}});
      Ask<Done>(FinishPlan{.plan = plan.plan, .planner = "pl", .roots = {"a"}});
    }
  }
  Message Receive() {
    const auto got =
        Ask<Messages>(ReceiveWork{.worker = "h", .pools = {"default"}, .max = 1}).messages;
    EXPECT_EQ(got.size(), 1);
    return got.empty() ? Message{} : got.front();
  }
  void End(const Message& message, AttemptOutcome outcome) {
    Ask<Done>(FinishAttempt{
        .attempt = message.attempt, .worker = "h", .outcome = outcome, .details = "{}"});
  }
  void Fail() { End(Receive(), AttemptOutcome::kFailed); }
  double DelayOf(const std::string& task) const {
    const State& state = scheduler->state();
    const Timestamp at = state.detail(state.task(state.FindTask(task))).retry_at;
    return static_cast<double>((at - now).count()) / 1e6;
  }
};

TEST(Retries, AnAdhocRunsTaskHasOneTry) {
  Retries retries;
  retries.AskForAdhoc();

  retries.Fail();

  EXPECT_EQ(retries.PhaseOf("a"), "disabled");
}

TEST(Retries, AnAdhocRunThatCameFirstTakesNoTriesFromAPipeline) {
  Retries retries;
  retries.AskForAdhoc();
  retries.AskForPipeline();

  retries.Fail();

  EXPECT_EQ(retries.PhaseOf("a"), "retrying");
}

TEST(Retries, ThePolicyOfAPipelineWhoseRunIsOverGivesWay) {
  Retries retries;
  retries.AskForPipeline();
  retries.Ask<RunNow>(CancelRun{.run = RunId{1}});
  retries.AskForAdhoc();

  retries.Fail();

  EXPECT_EQ(retries.PhaseOf("a"), "disabled");
}

TEST(Retries, EachRetryWaitsLongerAndJitterStaysWithinATenth) {
  Retries retries;
  retries.AskForPipeline();

  retries.Fail();
  EXPECT_NEAR(retries.DelayOf("a"), 10, 1);
  retries.Pass(11);
  retries.Fail();

  EXPECT_NEAR(retries.DelayOf("a"), 30, 3);
}

TEST(Retries, WhatAPoolSaysHoldsWhereThePipelineSaysNothing) {
  Retries retries({.count = 1, .delay_s = 500});
  retries.AskForPipeline();

  retries.Fail();

  EXPECT_EQ(retries.PhaseOf("a"), "disabled");
}

TEST(Retries, AnAdhocTaskThatMayTryAgainWaitsFirst) {
  Retries retries({.count = 2});
  retries.AskForAdhoc();

  retries.Fail();

  EXPECT_EQ(retries.PhaseOf("a"), "retrying");
  EXPECT_GT(retries.DelayOf("a"), 4);
}

TEST(Retries, LossesAreNoFailures) {
  Retries retries;
  retries.AskForAdhoc();

  for (int i = 0; i < 4; ++i) retries.End(retries.Receive(), AttemptOutcome::kLost);

  EXPECT_EQ(retries.PhaseOf("a"), "ready");
}

TEST(Retries, ATaskThatIsMarkedDoneWhileItRunsIsDoneOnceItHasEnded) {
  Retries retries;
  retries.AskForAdhoc();
  const Message message = retries.Receive();

  retries.Ask<TaskNow>(MarkAsDone{.task = "a"});
  EXPECT_EQ(retries.Status("a"), "RUNNING");
  const auto beat = retries.Ask<HeartbeatTaken>(
      Heartbeat{.worker = "h", .attempts = {{.attempt = message.attempt}}});
  EXPECT_EQ(beat.cancel.size(), 1);
  retries.End(message, AttemptOutcome::kCancelled);

  EXPECT_EQ(retries.Status("a"), "DONE");
}

TEST(Retries, ACancelIsNotForgottenWhenTheWorkerDies) {
  Retries retries;
  retries.AskForAdhoc();
  retries.Receive();
  retries.Ask<TaskNow>(CancelTask{.task = "a"});

  retries.Pass(31);

  EXPECT_EQ(retries.Status("a"), "DISABLED");
}

}  // namespace
}  // namespace headrace::scheduler
