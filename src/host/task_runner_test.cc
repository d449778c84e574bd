// Attempts run by the real Python host: their events, their outcomes, and how they are killed.

#include "host/task_runner.h"

#include <csignal>
#include <thread>

#include <gmock/gmock.h>

#include "base/clock.h"
#include "host/session.h"
#include "host/testing.h"

namespace headrace::host {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

class TaskRunnerTest : public HostTest {
 protected:
  RunRequest Request(const std::string& module, const std::string& family, Params params = {}) {
    RunRequest request{.attempt = "a-" + std::to_string(++attempts_)};
    request.host = Settings();
    request.task = {module, family, std::move(params)};
    request.sink = [this](Stream stream, std::string_view bytes) {
      (stream == Stream::kOut ? out_ : err_) += bytes;
    };
    return request;
  }
  RunRequest Boom(const std::string& how) { return Request("behaviour", "Boom", {{"how", how}}); }

  // Polls until every attempt has ended, for a minute at most. Other events go to events_.
  void Finish() {
    const auto end = std::chrono::steady_clock::now() + seconds(60);
    while (runner_.running() > 0 && std::chrono::steady_clock::now() < end) {
      for (RunEvent& event : runner_.Poll(seconds(1))) Take(std::move(event));
    }
    for (RunEvent& event : runner_.Poll(Duration::zero())) Take(std::move(event));
    EXPECT_EQ(runner_.running(), 0U);
  }
  void Take(RunEvent event) {
    if (Ended* ended = std::get_if<Ended>(&event.what)) {
      EXPECT_TRUE(outcomes_.emplace(event.attempt, std::move(ended->outcome)).second);
      return;
    }
    if (const Started* started = std::get_if<Started>(&event.what)) started_ = *started;
    events_.push_back(std::move(event));
  }
  // Polls until the task has said something on stdout.
  void FinishOutput(const std::string& wanted) {
    while (out_.find(wanted) == std::string::npos && runner_.running() > 0) {
      for (RunEvent& event : runner_.Poll(seconds(1))) Take(std::move(event));
    }
  }

  Outcome Run(RunRequest request) {
    const std::string attempt = request.attempt;
    runner_.Start(std::move(request));
    Finish();
    return outcomes_[attempt];
  }

  const SystemClock clock_;
  HostPool pool_{children_, clock_};
  TaskRunner runner_{children_, pool_};
  int attempts_ = 0;
  std::string out_, err_;
  Started started_;
  std::vector<RunEvent> events_;
  std::map<std::string, Outcome> outcomes_;
};

TEST_F(TaskRunnerTest, DoneTaskTellsWhatItUsed) {
  const Outcome outcome = Run(Request("basic", "Noop"));

  EXPECT_EQ(outcome.status, OutcomeStatus::kDone);
  EXPECT_EQ(outcome.exit, ExitStatus{});
  EXPECT_GT(outcome.cpu_s, 0);
  EXPECT_GT(outcome.max_rss_kb, 1000);
  EXPECT_FALSE(outcome.output_cut);
  EXPECT_THAT(err_, HasSubstr("Worker headrace done"));
}

TEST_F(TaskRunnerTest, ReportsComeInOrderAndMessagesAreAnswered) {
  RunRequest request = Request("behaviour", "Say");
  const std::string attempt = request.attempt;
  runner_.Start(std::move(request));
  FinishOutput("from shell");

  EXPECT_TRUE(runner_.SendMessage(attempt, "m1", "ping"));
  Finish();

  EXPECT_EQ(outcomes_[attempt].status, OutcomeStatus::kDone);
  EXPECT_EQ(outcomes_[attempt].expl, R"({"expl":1})");
  ASSERT_EQ(events_.size(), 7U);
  EXPECT_GT(std::get<Started>(events_[0].what).pid, 1);
  EXPECT_THAT(std::get<Loaded>(events_[1].what).id, HasSubstr("Say_"));
  EXPECT_EQ(std::get<StatusMessage>(events_[2].what).text, "half");
  EXPECT_EQ(std::get<Progress>(events_[3].what).percentage, 50);
  EXPECT_EQ(std::get<TrackingUrl>(events_[4].what).url, "http://t/1");
  EXPECT_EQ(std::get<ResourcesDecreased>(events_[5].what).resources.at("db"), 1);
  EXPECT_EQ(std::get<MessageResponse>(events_[6].what).response, "got ping");
  EXPECT_EQ(out_, "hello out\nraw\nfrom shell\nno newline at end");
  EXPECT_FALSE(runner_.SendMessage(attempt, "m2", "late"));
}

TEST_F(TaskRunnerTest, ExceptionsAndDeathsAreToldApart) {
  std::map<std::string, std::string> told;
  for (const char* how : {"raise", "exit0", "kbd", "_exit0", "_exit5", "segv", "killgroup"}) {
    const Outcome outcome = Run(Boom(how));
    EXPECT_EQ(outcome.status, OutcomeStatus::kFailed) << how;
    told[how] = outcome.error->where + ": " + outcome.error->Text();
  }

  EXPECT_EQ(told,
            (std::map<std::string, std::string>{
                {"raise", "run: ValueError: bad \xC3\xA9\xED\xB2\x80"},
                {"exit0", "run: SystemExit: 0"},
                {"kbd", "run: KeyboardInterrupt"},
                {"_exit0", "exit: exited with code 0 without a result"},
                {"_exit5", "exit: exited with code 5 without a result"},
                {"segv", "exit: killed by signal 11 (SIGSEGV)"},
                {"killgroup", "exit: killed by signal 9 (SIGKILL)"},
            }));
}

TEST_F(TaskRunnerTest, DynamicTaskAsksForDependencies) {
  const Outcome outcome = Run(Request("basic", "Dyn"));

  EXPECT_EQ(outcome.status, OutcomeStatus::kNewDependencies);
  ASSERT_EQ(outcome.new_deps.size(), 2U);
  EXPECT_EQ(outcome.new_deps[1].task, (TaskName{"basic", "Write", {{"i", "2"}}}));
  EXPECT_EQ(outcome.new_deps[1].id, "Write_2_a9facda7c5");
}

TEST_F(TaskRunnerTest, MissingDependencyIsNoFailureOfTheTask) {
  const Outcome outcome = Run(Request("basic", "Mid", {{"n", "1"}, {"k", "1"}}));
  EXPECT_EQ(outcome.status, OutcomeStatus::kMissing);
  EXPECT_THAT(outcome.missing, ElementsAre(HasSubstr("Write_1")));

  RunRequest unchecked = Request("basic", "Mid", {{"n", "1"}, {"k", "1"}});
  unchecked.skip_dependency_check = true;
  EXPECT_EQ(Run(std::move(unchecked)).status, OutcomeStatus::kDone);
}

TEST_F(TaskRunnerTest, BatchParametersAreLists) {
  RunRequest request = Request("basic", "Batch", {{"d", "1"}, {"k", "k"}});
  request.batch = {{"d", {"1", "7", "3"}}};

  EXPECT_EQ(Run(std::move(request)).status, OutcomeStatus::kDone);
  EXPECT_EQ(out_, "batch 7\nSUCCESS handler\n");
}

TEST_F(TaskRunnerTest, PipelineTellsTheStatusOfEachTask) {
  RunRequest request = Request("basic", "Flat", {{"n", "3"}});
  request.pipeline = true;

  const Outcome outcome = Run(std::move(request));

  EXPECT_EQ(outcome.status, OutcomeStatus::kDone);
  EXPECT_EQ(outcome.tasks.size(), 4U);
  EXPECT_EQ(outcome.tasks.at("Write_1_64a8d99e05"), "DONE");
  EXPECT_THAT(outcome.summary, HasSubstr("4 ran successfully"));
}

TEST_F(TaskRunnerTest, PipelineThatFailsSaysWhatRemains) {
  RunRequest request = Request("basic", "NeedsExt");
  request.pipeline = true;

  const Outcome outcome = Run(std::move(request));

  EXPECT_EQ(outcome.status, OutcomeStatus::kFailed);
  EXPECT_EQ(outcome.error->type, "MISSING_EXT");
}

TEST_F(TaskRunnerTest, TimeLimitEndsTheTask) {
  RunRequest request = Boom("sleep");
  request.time_limit = milliseconds(300);

  const Outcome outcome = Run(std::move(request));

  EXPECT_EQ(outcome.status, OutcomeStatus::kFailed);
  EXPECT_EQ(outcome.error->where, "timeout");
  EXPECT_EQ(outcome.error->message, "timed out after 0.3 s");
  EXPECT_EQ(outcome.exit->signal, SIGTERM);
}

TEST_F(TaskRunnerTest, TaskThatIgnoresSigtermIsKilledAfterItsGrace) {
  RunRequest request = Boom("stubborn");
  const std::string attempt = request.attempt;
  runner_.Start(std::move(request));
  FinishOutput("ignoring");

  runner_.Kill(attempt, "an operator wants it", milliseconds(100));
  Finish();

  EXPECT_EQ(outcomes_[attempt].status, OutcomeStatus::kKilled);
  EXPECT_EQ(outcomes_[attempt].error->message, "an operator wants it");
  EXPECT_EQ(outcomes_[attempt].exit->signal, SIGKILL);
}

TEST_F(TaskRunnerTest, SecondKillShortensTheGrace) {
  RunRequest request = Boom("stubborn");
  const std::string attempt = request.attempt;
  runner_.Start(std::move(request));
  FinishOutput("ignoring");

  runner_.Kill(attempt, "first", seconds(3600));
  runner_.Kill(attempt, "second", milliseconds(100));
  Finish();

  EXPECT_EQ(outcomes_[attempt].status, OutcomeStatus::kKilled);
  EXPECT_EQ(outcomes_[attempt].error->message, "first");
}

TEST_F(TaskRunnerTest, KillBeforeTheStartEndsItToo) {
  RunRequest request = Boom("sleep");
  const std::string attempt = request.attempt;
  runner_.Start(std::move(request));

  runner_.Kill(attempt, "changed my mind", seconds(10));
  Finish();

  EXPECT_EQ(outcomes_[attempt].status, OutcomeStatus::kKilled);
}

TEST_F(TaskRunnerTest, ResultCountsWhenTheProcessDoesNotExit) {
  RunRequest request = Boom("endless_thread");
  request.exit_grace = milliseconds(200);
  request.grace = milliseconds(200);

  const Outcome outcome = Run(std::move(request));

  EXPECT_EQ(outcome.status, OutcomeStatus::kDone);
  EXPECT_EQ(outcome.exit->signal, SIGTERM);
}

TEST_F(TaskRunnerTest, ProcessTreeIsGoneWhenTheAttemptHasEnded) {
  for (const auto& [how, file] : {std::pair("background", "bg.pid"), {"daemonize", "daemon.pid"}}) {
    EXPECT_EQ(Run(Boom(how)).status, OutcomeStatus::kDone);
    EXPECT_EQ(kill(std::stoi(Read(file)), 0), -1) << how;
  }
}

TEST_F(TaskRunnerTest, TaskThatKillsItsHostIsLostAndTheNextOneRuns) {
  const Outcome outcome = Run(Boom("killparent"));

  EXPECT_EQ(outcome.status, OutcomeStatus::kLost);
  EXPECT_EQ(outcome.error->message, "the task host of behaviour was killed by signal 9 (SIGKILL)");
  EXPECT_EQ(Run(Request("behaviour", "Boom", {{"how", "random"}})).status, OutcomeStatus::kDone);
}

TEST_F(TaskRunnerTest, FailedImportFailsTheAttempt) {
  const Outcome raised = Run(Request("import_raises", "A"));
  EXPECT_EQ(raised.status, OutcomeStatus::kFailed);
  EXPECT_EQ(raised.error->where, "import");
  EXPECT_EQ(raised.error->Text(), "RuntimeError: no config");

  const Outcome died = Run(Request("import_aborts", "A"));
  EXPECT_THAT(died.error->message, HasSubstr("SIGABRT"));
  EXPECT_THAT(died.error->traceback, HasSubstr("about to abort"));
}

TEST_F(TaskRunnerTest, MissingInterpreterIsNoFailureOfTheTask) {
  RunRequest request = Request("basic", "Noop");
  request.host.python = "/no/python";

  const Outcome outcome = Run(std::move(request));

  EXPECT_EQ(outcome.status, OutcomeStatus::kLost);
  EXPECT_THAT(outcome.error->message, HasSubstr("/no/python"));
}

TEST_F(TaskRunnerTest, WhereForkingIsUnsafeEachTaskGetsAFreshInterpreter) {
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = Run(Request("thread_at_import", "UsesLock"));
    EXPECT_EQ(outcome.status, OutcomeStatus::kDone);
    EXPECT_TRUE(started_.fresh_interpreter);
    EXPECT_GT(outcome.max_rss_kb, 1000);
  }
}

TEST_F(TaskRunnerTest, FreshInterpreterTellsDeathsAndLeavesNothingBehind) {
  RunRequest dies = Boom("segv");
  dies.fresh_interpreter = true;
  EXPECT_EQ(Run(std::move(dies)).error->message, "killed by signal 11 (SIGSEGV)");

  RunRequest forks = Boom("daemonize");
  forks.fresh_interpreter = true;
  EXPECT_EQ(Run(std::move(forks)).status, OutcomeStatus::kDone);
  EXPECT_EQ(kill(std::stoi(Read("daemon.pid")), 0), -1);

  RunRequest sleeps = Boom("sleep");
  sleeps.fresh_interpreter = true;
  sleeps.time_limit = milliseconds(200);
  EXPECT_EQ(Run(std::move(sleeps)).error->where, "timeout");
}

TEST_F(TaskRunnerTest, ManyRunAtOnceAndEachEndsOnce) {
  for (int i = 0; i < 40; ++i) {
    runner_.Start(Request("basic", "Write", {{"i", std::to_string(i)}}));
  }
  Finish();

  EXPECT_EQ(outcomes_.size(), 40U);
  for (const auto& [attempt, outcome] : outcomes_) {
    EXPECT_EQ(outcome.status, OutcomeStatus::kDone) << attempt;
  }
}

TEST_F(TaskRunnerTest, PlannersOpenSessionsInTheZygoteThatRunsTasks) {
  const auto plan = [this] {
    for (int i = 0; i < 5; ++i) {
      const auto session = (*pool_.Get(Settings(), "basic"))->OpenSession();
      ASSERT_TRUE(session) << session.error().message;
      const std::vector<TaskName> roots = {{"basic", "Nested", {{"m", "5"}, {"k", "5"}}}};
      EXPECT_EQ((*session)->Expand(roots, {.depth = 0})->nodes.size(), 31U);
    }
  };
  std::thread first(plan);
  std::thread second(plan);
  for (int i = 0; i < 10; ++i) runner_.Start(Request("basic", "Noop", {{"i", std::to_string(i)}}));
  Finish();
  first.join();
  second.join();

  EXPECT_EQ(outcomes_.size(), 10U);
  EXPECT_EQ(pool_.size(), 1U);
}

TEST_F(TaskRunnerTest, WakeEndsAPoll) {
  runner_.Wake();

  EXPECT_TRUE(runner_.Poll(seconds(60)).empty());
}

}  // namespace
}  // namespace headrace::host
