// A whole worker: real tasks in a real Python host, reported to a small real scheduler.

#include "worker/worker.h"

#include <gmock/gmock.h>

#include "worker/testing.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

// What the task Say waits for, some seconds at most.
constexpr const char* kGoOn = R"("messages":[{"attempt":1,"id":"m1","content":"go on"}])";

std::string Outcome(const boost::json::object& report) {
  return std::string(report.at("outcome").as_string());
}

std::string ErrorText(const boost::json::object& report, const std::string& field) {
  return std::string(report.at("error").as_object().at(field).as_string());
}

TEST_F(WorkerTest, TaskIsRunItsEndReportedAndItsOutputLogged) {
  TestScheduler scheduler;
  StartWorker(scheduler);

  scheduler.Offer(91, Boom("_exit5"));
  scheduler.Offer(92, R"("task_id":"N","module":"basic","family":"Noop","params":{})");

  const boost::json::object failed = scheduler.AwaitReport(91);
  const boost::json::object done = scheduler.AwaitReport(92);
  EXPECT_EQ(Outcome(failed), "failed");
  EXPECT_EQ(ErrorText(failed, "where"), "exit");
  EXPECT_EQ(failed.at("exit_code"), 5);
  EXPECT_EQ(failed.at("worker"), "w1");
  EXPECT_THAT(Log(91), HasSubstr("\nbefore"));  // in one frame or two
  EXPECT_THAT(Log(91), HasSubstr("failed: exited with code 5 without a result\n"));
  EXPECT_EQ(Outcome(done), "done");
  EXPECT_THAT(Log(92), HasSubstr(" X 4\ndone\n"));
}

TEST_F(WorkerTest, ExceptionComesWithItsTraceback) {
  TestScheduler scheduler;
  StartWorker(scheduler);

  scheduler.Offer(1, Boom("raise"));

  const boost::json::object report = scheduler.AwaitReport(1);
  EXPECT_EQ(ErrorText(report, "type"), "ValueError");
  EXPECT_EQ(ErrorText(report, "where"), "run");
  EXPECT_EQ(ErrorText(report, "message"), "bad é\xED\xB2\x80");
  EXPECT_THAT(ErrorText(report, "traceback"), HasSubstr("do_raise"));
}

TEST_F(WorkerTest, ImportThatFailsIsTheTasksErrorAndInItsLog) {
  TestScheduler scheduler;
  StartWorker(scheduler);

  scheduler.Offer(1, R"("task_id":"A","module":"import_raises","family":"A","params":{})");

  const boost::json::object report = scheduler.AwaitReport(1);
  EXPECT_EQ(Outcome(report), "failed");
  EXPECT_EQ(ErrorText(report, "where"), "load");
  EXPECT_EQ(ErrorText(report, "type"), "RuntimeError");
  EXPECT_THAT(Log(1), HasSubstr("import_raises.py"));
}

TEST_F(WorkerTest, ModuleThatCannotBeForkedGetsAFreshInterpreterAndTheLogSaysWhy) {
  TestScheduler scheduler;
  StartWorker(scheduler);

  scheduler.Offer(1,
                  R"("task_id":"T","module":"thread_at_import","family":"UsesThread","params":{})");

  scheduler.AwaitReport(1);
  EXPECT_THAT(Log(1), HasSubstr("[headrace] this attempt got a fresh interpreter"));
}

TEST_F(WorkerTest, TaskBeyondItsTimeIsEnded) {
  TestScheduler scheduler;
  StartWorker(scheduler);

  scheduler.Offer(1, Boom("stubborn") + R"(,"timeout_s":0.5)");

  const boost::json::object report = scheduler.AwaitReport(1);
  EXPECT_EQ(Outcome(report), "failed");
  EXPECT_EQ(ErrorText(report, "where"), "timeout");
  EXPECT_EQ(ErrorText(report, "message"), "timed out after 0.5 s");
}

TEST_F(WorkerTest, MemoryLimitIsAnErrorOfTheTask) {
  options_.memory_bytes_max = int64_t{2} << 30;
  TestScheduler scheduler;
  StartWorker(scheduler);

  scheduler.Offer(1, Boom("memory"));

  const boost::json::object report = scheduler.AwaitReport(1);
  EXPECT_EQ(Outcome(report), "failed");
  EXPECT_EQ(ErrorText(report, "where"), "memory");
  EXPECT_EQ(ErrorText(report, "type"), "MemoryError");
}

TEST_F(WorkerTest, WhatTheTaskSaysGoesWithTheHeartbeats) {
  TestScheduler scheduler(1.2);
  scheduler.SayInHeartbeats(kGoOn);
  StartWorker(scheduler);

  scheduler.Offer(1, R"("task_id":"S","module":"behaviour","family":"Say","params":{})");

  EXPECT_EQ(Outcome(scheduler.AwaitReport(1)), "done");
  std::string told;
  for (const boost::json::object& heartbeat : scheduler.heartbeats_) {
    told += boost::json::serialize(heartbeat.at("attempts"));
  }
  EXPECT_THAT(told, HasSubstr(R"("status_message":"half")"));
  EXPECT_THAT(told, HasSubstr(R"("progress":50)"));
  EXPECT_THAT(told, HasSubstr(R"("decrease_resources":{"db":1})"));
}

TEST_F(WorkerTest, CancelledTaskIsKilledAndReportedSo) {
  TestScheduler scheduler(1.2);
  StartWorker(scheduler);
  scheduler.Offer(1, Boom("sleep"));

  scheduler.SayInHeartbeats(R"("cancel":[1])");

  const boost::json::object report = scheduler.AwaitReport(1);
  EXPECT_EQ(Outcome(report), "cancelled");
  EXPECT_THAT(Log(1), HasSubstr("cancelled: cancelled by an operator"));
}

TEST_F(WorkerTest, LostTaskIsKilledWithoutAReport) {
  TestScheduler scheduler(1.2);
  StartWorker(scheduler);
  scheduler.Offer(1, Boom("sleep"));

  scheduler.SayInHeartbeats(R"("lost":[1])");
  scheduler.Await([&] {  // it is named no more: it is gone
    return scheduler.heartbeats_.size() > 2 &&
           scheduler.heartbeats_.back().at("attempts").as_array().empty();
  });
  scheduler.SayInHeartbeats("");
  scheduler.Offer(2, R"("task_id":"N","module":"basic","family":"Noop","params":{})");

  scheduler.AwaitReport(2);
  EXPECT_FALSE(scheduler.reports_.contains(1));
}

TEST_F(WorkerTest, StopLetsWhatRunsEndAndTakesNothingMore) {
  TestScheduler scheduler(1.2);
  scheduler.SayInHeartbeats(kGoOn);
  StartWorker(scheduler);
  scheduler.Offer(1, R"("task_id":"S","module":"behaviour","family":"Say","params":{})");
  scheduler.Await([&] { return scheduler.calls_.size() > 2; });

  worker_->Stop();
  AwaitWorker();

  EXPECT_EQ(Outcome(scheduler.reports_.at(1)), "done");
  EXPECT_EQ(scheduler.calls_.back(), "DELETE /v1/workers/w1");
}

TEST_F(WorkerTest, SecondStopKillsWhatRunsAndReportsItLost) {
  TestScheduler scheduler;
  StartWorker(scheduler);
  scheduler.Offer(1, Boom("stubborn"));
  scheduler.Await([&] { return scheduler.calls_.size() > 2; });

  worker_->Stop();
  worker_->Stop();
  AwaitWorker();

  EXPECT_EQ(Outcome(scheduler.reports_.at(1)), "lost");
}

TEST_F(WorkerTest, HeartbeatSaysAtOnceThatItStops) {
  TestScheduler scheduler;
  StartWorker(scheduler);
  scheduler.Offer(1, Boom("sleep"));
  scheduler.Await([&] { return scheduler.calls_.size() > 2; });

  worker_->Stop();
  scheduler.Await([&] { return !scheduler.heartbeats_.empty(); });
  worker_->Stop();
  AwaitWorker();

  EXPECT_TRUE(scheduler.heartbeats_[0].at("draining").as_bool());
}

TEST_F(WorkerTest, ReportOutlivesARestartOfTheScheduler) {
  TestScheduler scheduler(1.2);
  scheduler.SayInHeartbeats(kGoOn);
  StartWorker(scheduler);
  scheduler.Offer(1, R"("task_id":"S","module":"behaviour","family":"Say","params":{})");
  scheduler.Await([&] { return scheduler.calls_.size() > 2; });

  scheduler.Stop();
  scheduler.Start();

  EXPECT_EQ(Outcome(scheduler.AwaitReport(1)), "done");
}

TEST_F(WorkerTest, TaskIsStoppedBeforeItsLeaseRunsOutWhenTheSchedulerIsAway) {
  TestScheduler scheduler(3);
  StartWorker(scheduler);
  scheduler.Offer(1, Boom("stubborn"));
  scheduler.Await([&] { return !scheduler.heartbeats_.empty(); });
  const std::string log = folder_ + "/logs/0/1.log";

  scheduler.Stop();
  const LeaseTime stopped = LeaseClock::now();
  while (FileText(log).find(" X ") == std::string::npos) std::this_thread::yield();
  const Duration took = LeaseClock::now() - stopped;
  scheduler.Start();

  EXPECT_LT(took, seconds(3));
  EXPECT_EQ(Outcome(scheduler.AwaitReport(1)), "lost");
}

TEST_F(WorkerTest, MuchOutputIsCutAndTheRestOfTheMachineGoesOn) {
  options_.log.bytes_max = 1 << 20;
  options_.log.tail_max = 1 << 18;
  std::ofstream(folder_ + "/loud.py") << "import luigi, os\n"
                                         "class Loud(luigi.Task):\n"
                                         "  def run(self):\n"
                                         "    for i in range(100):\n"
                                         "      os.write(1, b'\\xff\\xfe' * (1 << 19))\n"
                                         "    print('the end')\n"
                                         "  def complete(self): return False\n";
  TestScheduler scheduler;
  StartWorker(scheduler);

  scheduler.Offer(1, R"("task_id":"L","module":"loud","family":"Loud","params":{})");

  const boost::json::object report = scheduler.AwaitReport(1);
  EXPECT_EQ(Outcome(report), "done");
  const std::string log = Log(1);
  EXPECT_LT(log.size(), (1u << 20) + 20000);
  EXPECT_THAT(log, HasSubstr("bytes left out here"));
  EXPECT_THAT(log, HasSubstr("the end\n"));
}

}  // namespace
}  // namespace headrace::worker
