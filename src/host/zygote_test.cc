// Starting hosts: what they tell, why they fail, and when the pool replaces them.

#include "host/zygote.h"

#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "base/clock.h"
#include "host/host_pool.h"
#include "host/session.h"
#include "host/testing.h"

namespace headrace::host {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ZygoteTest : public HostTest {
 protected:
  std::shared_ptr<Zygote> Start(const std::string& module) {
    Result<std::shared_ptr<Zygote>> zygote = Zygote::Start(children_, Settings(), module);
    EXPECT_TRUE(zygote) << zygote.error().message;
    return *zygote;
  }
  HostError Failure(const std::string& module) {
    const auto zygote = Start(module);
    EXPECT_EQ(zygote->WaitReady(), nullptr);
    EXPECT_EQ(zygote->state(), Zygote::State::kFailed);
    return zygote->error();
  }
};

TEST_F(ZygoteTest, ReadyTellsWhatWasImported) {
  const auto zygote = Start("basic");

  const HostInfo* const info = zygote->WaitReady();

  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->families.at("Nested"), "basic");
  EXPECT_THAT(info->luigi, HasSubstr("."));
  EXPECT_THAT(info->event_handlers, testing::Contains("event.core.timeout"));
  EXPECT_GT(info->rss_kb, 1000);
  EXPECT_THAT(info->Warnings(), IsEmpty());
  EXPECT_EQ(zygote->WaitReady(), info);
}

TEST_F(ZygoteTest, WarningsAreSentencesForTheOwner) {
  EXPECT_THAT(Start("thread_at_import")->WaitReady()->Warnings(),
              ElementsAre(HasSubstr("metrics-flusher")));
  EXPECT_THAT(Start("two_names")->WaitReady()->Warnings(), ElementsAre(HasSubstr("Other")));
  EXPECT_THAT(Start("namespace_a")->WaitReady()->Warnings(), ElementsAre(HasSubstr("teamA")));
}

TEST_F(ZygoteTest, FailedImportTellsTheException) {
  const HostError error = Failure("import_raises");

  EXPECT_EQ(error.message, "importing import_raises: RuntimeError: no config");
  EXPECT_THAT(error.import->traceback, HasSubstr("import_raises.py"));
}

TEST_F(ZygoteTest, InterpreterThatDiesTellsHowWithTheEndOfItsLog) {
  const HostError error = Failure("import_aborts");

  EXPECT_EQ(error.message,
            "the task host ended while importing import_aborts: killed by signal 6 (SIGABRT)");
  EXPECT_THAT(error.log_tail, HasSubstr("about to abort"));
}

TEST_F(ZygoteTest, ImportThatHangsIsKilledAtItsLimit) {
  HostSettings settings = Settings();
  settings.import_limit = milliseconds(500);
  const auto zygote = *Zygote::Start(children_, settings, "import_hangs");

  EXPECT_EQ(zygote->WaitReady(), nullptr);

  EXPECT_EQ(zygote->error().message, "importing import_hangs took longer than 0.5 s");
  EXPECT_TRUE(zygote->TryWait());
}

TEST_F(ZygoteTest, InterpreterThatIsNotThereIsAnErrorWithARemedy) {
  HostSettings settings = Settings();
  settings.python = "/no/python";

  const auto zygote = Zygote::Start(children_, settings, "basic");

  ASSERT_FALSE(zygote);
  EXPECT_THAT(zygote.error().message, HasSubstr("/no/python"));
  EXPECT_THAT(zygote.error().remedy, HasSubstr("[host] python"));
}

TEST_F(ZygoteTest, LogGoesToItsFile) {
  HostSettings settings = Settings();
  settings.log_file = folder_ / "host.log";
  ASSERT_NE((*Zygote::Start(children_, settings, "printing"))->WaitReady(), nullptr);

  EXPECT_EQ(Read("host.log"), "printed at import\n");
}

class ManualClock final : public Clock {
 public:
  Timestamp Now() const override { return now; }
  Timestamp now = SystemClock().Now();
};

class HostPoolTest : public ZygoteTest {
 protected:
  std::shared_ptr<Zygote> Get(const std::string& module) {
    auto zygote = pool_.Get(Settings(), module);
    EXPECT_TRUE(zygote);
    (*zygote)->WaitReady();
    return *zygote;
  }

  ManualClock clock_;
  HostPool pool_{children_, clock_, {.zygotes_max = 2}};
};

TEST_F(HostPoolTest, OneZygoteServesAModuleAndWhatItImports) {
  const auto package = Get("pkg.mod");

  EXPECT_EQ(Get("pkg.mod"), package);
  EXPECT_EQ(Get("pkg.other"), package);
  EXPECT_NE(Get("basic"), package);
  EXPECT_EQ(pool_.size(), 2U);
}

TEST_F(HostPoolTest, OtherSettingsNeedAnotherZygote) {
  HostSettings settings = Settings();
  settings.env.emplace_back("TZ", "Asia/Tokyo");

  EXPECT_NE(*pool_.Get(settings, "basic"), Get("basic"));
}

TEST_F(HostPoolTest, ChangedSourceReplacesTheZygoteAndTheOldOneFinishesItsSession) {
  Write("changing.py", "import luigi\nclass X(luigi.WrapperTask):\n    priority = 1\n");
  auto before = Get("changing");
  const auto session = *before->OpenSession();
  const std::weak_ptr<Zygote> old = before;
  before.reset();

  Write("changing.py", "import luigi\nclass X(luigi.WrapperTask):\n    priority = 22\n");
  clock_.now += seconds(1);
  const auto after = Get("changing");

  ASSERT_FALSE(old.expired());
  EXPECT_NE(after, old.lock());
  const std::vector<TaskName> names = {{"changing", "X", {}}};
  EXPECT_EQ(session->Describe(names, seconds(10))->at(0).priority, 1);
  EXPECT_EQ((*after->OpenSession())->Describe(names, seconds(10))->at(0).priority, 22);
}

TEST_F(HostPoolTest, ConfigurationThatAppearsReplacesTheZygote) {
  HostSettings settings = Settings();
  settings.cwd = folder_;
  const auto before = *pool_.Get(settings, "config");
  ASSERT_NE(before->WaitReady(), nullptr);

  Write("luigi.cfg", "[C]\np=new\n");
  clock_.now += seconds(1);

  EXPECT_NE(*pool_.Get(settings, "config"), before);
}

TEST_F(HostPoolTest, TheCalendarReplacesTheZygote) {
  const auto today = Get("basic");
  const auto hourly = Get("now_defaults");

  clock_.now += hours(1);
  EXPECT_NE(Get("now_defaults"), hourly);

  clock_.now += hours(24);
  EXPECT_NE(Get("basic"), today);
}

TEST_F(HostPoolTest, DeadZygoteIsReplaced) {
  const auto before = Get("basic");
  kill(static_cast<pid_t>(before->info()->pid), SIGKILL);
  while (!before->TryWait()) {
  }

  EXPECT_NE(Get("basic"), before);
}

TEST_F(HostPoolTest, ZygoteThatIsKilledWhileItImportsIsReplacedAtOnce) {
  const std::shared_ptr<Zygote> before = *pool_.Get(Settings(), "import_hangs");
  syscall(SYS_pidfd_send_signal, before->control().process_fd, SIGKILL, nullptr, 0);
  EXPECT_EQ(before->WaitReady(), nullptr);

  EXPECT_EQ(before->state(), Zygote::State::kGone);
  EXPECT_THAT(before->error().message, HasSubstr("killed by signal 9 (SIGKILL)"));
  EXPECT_NE(*pool_.Get(Settings(), "import_hangs"), before);
}

TEST_F(HostPoolTest, FailedImportIsTriedAgainOnlyAfterAWhile) {
  const auto failed = Get("import_raises");
  EXPECT_EQ(Get("import_raises"), failed);

  clock_.now += seconds(6);

  EXPECT_NE(Get("import_raises"), failed);
}

TEST_F(HostPoolTest, TheOneUsedLongestAgoMakesRoom) {
  const auto basic = Get("basic");
  clock_.now += milliseconds(1);
  const auto classes = Get("classes");
  clock_.now += milliseconds(1);

  Get("behaviour");

  EXPECT_EQ(pool_.size(), 2U);
  EXPECT_EQ(Get("classes"), classes);
}

}  // namespace
}  // namespace headrace::host
