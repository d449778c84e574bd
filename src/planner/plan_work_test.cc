// Plans over real tasks, in sessions of the real Python host.

#include "planner/plan_work.h"

#include <gmock/gmock.h>

#include "host/testing.h"
#include "host/zygote.h"

namespace headrace::planner {
namespace {

using client::PlannedTask;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// Every kind of task that planning tells apart. What complete() says is in files named after them;
// each call of it leaves a line in `calls`.
constexpr const char* kTasks = R"(
import os, luigi
from luigi.parameter import ParameterVisibility
DATA = os.environ["HOST_TEST_DATA"]

def asked(name):
    with open(f"{DATA}/calls", "a") as f:
        f.write(name + "\n")

class File(luigi.Task):
    i = luigi.IntParameter()
    def output(self):
        return luigi.LocalTarget(f"{DATA}/file{self.i}")

class Upper(luigi.Task):
    def requires(self):
        return [File(1), File(2)]
    def output(self):
        return luigi.LocalTarget(f"{DATA}/upper")

class Custom(luigi.Task):
    i = luigi.IntParameter()
    def requires(self):
        return File(100 + self.i)
    def complete(self):
        asked(f"custom{self.i}")
        if self.i == 13:
            raise OSError("store is down")
        return os.path.exists(f"{DATA}/custom{self.i}")

class All(luigi.WrapperTask):
    def requires(self):
        return [Part(2), Part(1)]

class Part(luigi.WrapperTask):
    n = luigi.IntParameter()
    def requires(self):
        return [File(self.n)] + ([Part(self.n - 1)] if self.n > 1 else [])

class Customs(luigi.WrapperTask):
    def requires(self):
        return [Custom(1), Custom(2), Custom(13)]

class Given(luigi.ExternalTask):
    def output(self):
        return luigi.LocalTarget(f"{DATA}/given")

class NeedsGiven(luigi.Task):
    def requires(self):
        return Given()
    def output(self):
        return [luigi.LocalTarget(f"{DATA}/a"), luigi.LocalTarget(f"{DATA}/b")]

class Never(luigi.Task):
    pass

class Secret(luigi.Task):
    key = luigi.Parameter(default="k", visibility=ParameterVisibility.PRIVATE)
    def output(self):
        return luigi.LocalTarget(f"{DATA}/secret")

class GivesSecret(luigi.WrapperTask):
    def requires(self):
        return [Secret(key="mine"), luigi.task.externalize(File(9))]

class Raises(luigi.WrapperTask):
    def requires(self):
        raise KeyError("boom")

class Needs(luigi.WrapperTask):
    def requires(self):
        return [Raises(), File(1)]

class Dies(luigi.WrapperTask):
    def requires(self):
        os._exit(3)
)";

class PlanWorkTest : public host::HostTest {
 protected:
  PlanWorkTest() {
    Write("planned.py", kTasks);
    const auto zygote = host::Zygote::Start(children_, Settings(), "planned");
    EXPECT_TRUE(zygote) << zygote.error().message;
    zygote_ = *zygote;
  }

  Result<PlanFindings> TryFind(const client::TaskName& root, PlanWorkOptions options = {}) {
    auto session = zygote_->OpenSession();
    if (!session) return std::unexpected(session.error());
    PlanWork work(**session, clock_, index_, std::move(options));
    return work.Find(std::span(&root, 1));
  }
  PlanFindings Find(const std::string& family,
                    const client::Params& params = {},
                    PlanWorkOptions options = {}) {
    Result<PlanFindings> found = TryFind(
        {.module = "planned", .family = family, .params = params, .id = {}}, std::move(options));
    EXPECT_TRUE(found) << found.error().message;
    return found ? *std::move(found) : PlanFindings{};
  }

  SystemClock clock_;
  targets::CompletenessIndex index_{seconds(60)};
  std::shared_ptr<host::Zygote> zygote_;
};

const PlannedTask& The(const PlanFindings& findings,
                       const std::string& family,
                       const client::Params& params = {}) {
  for (const PlannedTask& task : findings.tasks) {
    if (task.task.family == family && task.task.params == params) return task;
  }
  ADD_FAILURE() << "no " << family;
  static const PlannedTask kNone;
  return kNone;
}

TEST_F(PlanWorkTest, FilesAreLookedAtAndWhatIsIncompleteIsExpanded) {
  Write("file2", "x");
  const Timestamp before = clock_.Now();

  const PlanFindings found = Find("Upper");

  ASSERT_THAT(found.tasks, SizeIs(3));
  const PlannedTask& upper = The(found, "Upper");
  const PlannedTask& first = The(found, "File", {{"i", "1"}});
  const PlannedTask& second = The(found, "File", {{"i", "2"}});
  EXPECT_FALSE(upper.complete);
  EXPECT_FALSE(first.complete);
  EXPECT_TRUE(second.complete);
  EXPECT_THAT(upper.deps, UnorderedElementsAre(first.task.id, second.task.id));
  EXPECT_THAT(found.roots, ElementsAre(upper.task.id));
  EXPECT_THAT(first.targets, ElementsAre(testing::Pair("file", folder_ / "file1")));
  EXPECT_GE(*upper.checked_at, before);
  EXPECT_LE(*first.checked_at, clock_.Now());
  EXPECT_FALSE(found.error);
}

TEST_F(PlanWorkTest, NothingIsExpandedBelowACompleteTask) {
  Write("upper", "x");

  const PlanFindings found = Find("Upper");

  ASSERT_THAT(found.tasks, SizeIs(1));
  EXPECT_TRUE(found.tasks[0].complete);
  EXPECT_THAT(found.tasks[0].deps, IsEmpty());
}

TEST_F(PlanWorkTest, WrapperIsCompleteOnceAllBelowItAre) {
  Write("file1", "x");

  PlanFindings found = Find("All");
  EXPECT_FALSE(The(found, "All").complete);
  EXPECT_TRUE(The(found, "Part", {{"n", "1"}}).complete);
  EXPECT_FALSE(The(found, "Part", {{"n", "2"}}).complete);

  Write("file2", "x");
  found = Find("All");
  EXPECT_THAT(found.tasks, SizeIs(5));
  for (const PlannedTask& task : found.tasks) EXPECT_TRUE(task.complete) << task.task.id;
}

TEST_F(PlanWorkTest, CompleteOfItsOwnIsAskedAndItsErrorToldWithoutGoingFurther) {
  Write("custom1", "x");

  const PlanFindings found = Find("Customs");

  EXPECT_TRUE(The(found, "Custom", {{"i", "1"}}).complete);
  EXPECT_FALSE(The(found, "Custom", {{"i", "2"}}).complete);
  EXPECT_FALSE(The(found, "File", {{"i", "102"}}).complete);  // below it
  const PlannedTask& broken = The(found, "Custom", {{"i", "13"}});
  ASSERT_TRUE(broken.error);
  EXPECT_EQ(broken.error->type, "OSError");
  EXPECT_EQ(broken.error->where, "complete");
  EXPECT_THAT(broken.deps, IsEmpty());
  EXPECT_THAT(found.tasks, SizeIs(5));
  EXPECT_FALSE(The(found, "Customs").complete);
}

TEST_F(PlanWorkTest, CompleteAnswerIsRememberedAcrossPlansAndAnIncompleteOneIsNot) {
  Write("custom1", "x");
  const PlanFindings first = Find("Customs");
  std::filesystem::remove(folder_ / "custom1");
  std::filesystem::remove(folder_ / "calls");

  const PlanFindings second = Find("Customs");

  EXPECT_EQ(Read("calls"), "custom2\ncustom13\n");
  EXPECT_TRUE(The(second, "Custom", {{"i", "1"}}).complete);
  EXPECT_EQ(The(second, "Custom", {{"i", "1"}}).checked_at,
            The(first, "Custom", {{"i", "1"}}).checked_at);
}

TEST_F(PlanWorkTest, RootIsAskedAnewAndSoIsTheSameTaskOfAnotherScope) {
  Write("custom1", "x");
  Find("Customs");
  std::filesystem::remove(folder_ / "custom1");

  EXPECT_FALSE(Find("Custom", {{"i", "1"}}).tasks.back().complete);
  const PlanFindings anew = Find("Customs", {}, {.ask_anew = true});
  EXPECT_FALSE(The(anew, "Custom", {{"i", "1"}}).complete);
  const PlanFindings other = Find("Customs", {}, {.scope = "other/"});
  EXPECT_FALSE(The(other, "Custom", {{"i", "1"}}).complete);
}

TEST_F(PlanWorkTest, ExternalTaskIsMarkedAndAllOutputsCount) {
  Write("a", "x");

  PlanFindings found = Find("NeedsGiven");
  EXPECT_TRUE(The(found, "Given").external);
  EXPECT_FALSE(The(found, "Given").complete);
  EXPECT_FALSE(The(found, "NeedsGiven").complete);

  Write("b", "x");
  found = Find("NeedsGiven");
  EXPECT_THAT(found.tasks, SizeIs(1));
}

TEST_F(PlanWorkTest, TaskWithoutOutputIsNeverComplete) {
  const PlanFindings found = Find("Never");

  ASSERT_THAT(found.tasks, SizeIs(1));
  EXPECT_FALSE(found.tasks[0].complete);
}

TEST_F(PlanWorkTest, WhatCannotTravelFailsWithTheReasonUnlessItIsExternal) {
  const PlanFindings found = Find("GivesSecret");

  const PlannedTask& secret = The(found, "Secret");
  ASSERT_TRUE(secret.error);
  EXPECT_EQ(secret.error->type, "CannotTravel");
  EXPECT_EQ(secret.error->where, "describe");
  EXPECT_THAT(secret.error->message, HasSubstr("private parameters cannot travel: key"));
  const PlannedTask& given = The(found, "File", {{"i", "9"}});
  EXPECT_TRUE(given.external);
  EXPECT_FALSE(given.error);
}

TEST_F(PlanWorkTest, RequiresThatRaisesIsTheTasksErrorAndTheRestIsPlanned) {
  const PlanFindings found = Find("Needs");

  const PlannedTask& raises = The(found, "Raises");
  ASSERT_TRUE(raises.error);
  EXPECT_EQ(raises.error->type, "KeyError");
  EXPECT_THAT(raises.error->traceback, HasSubstr("planned.py"));
  EXPECT_FALSE(The(found, "Needs").error);
  EXPECT_FALSE(The(found, "File", {{"i", "1"}}).complete);
}

TEST_F(PlanWorkTest, RootThatIsRunWholeIsRegisteredAlone) {
  const PlanFindings found = Find("All", {}, {.pipeline_unit = true});

  ASSERT_THAT(found.tasks, SizeIs(1));
  EXPECT_THAT(found.tasks[0].deps, IsEmpty());
  EXPECT_FALSE(found.tasks[0].complete);
  EXPECT_THAT(found.roots, ElementsAre(found.tasks[0].task.id));

  Write("file1", "x");
  Write("file2", "x");
  EXPECT_TRUE(Find("All", {}, {.pipeline_unit = true}).tasks[0].complete);
}

TEST_F(PlanWorkTest, RootThatCannotBeLoadedIsThePlansError) {
  const PlanFindings nobody = Find("Nobody");
  const PlanFindings wrong = Find("File", {{"i", "one"}});

  ASSERT_TRUE(nobody.error);
  EXPECT_EQ(nobody.error->where, "load");
  EXPECT_THAT(nobody.roots, IsEmpty());
  ASSERT_TRUE(wrong.error);
  EXPECT_EQ(wrong.error->type, "ValueError");
}

TEST_F(PlanWorkTest, SessionThatDiesIsAnErrorAndTheNextPlanWorks) {
  const auto found = TryFind({.module = "planned", .family = "Dies", .params = {}, .id = {}});

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(Find("Never").tasks, SizeIs(1));
}

TEST_F(PlanWorkTest, TenThousandTasksArePlannedFromOneFolder) {
  const client::TaskName root{.module = "basic", .family = "Flat", .params = {}, .id = {}};
  for (int i = 0; i < 10'000; i += 2) Write("w/" + std::to_string(i) + ".txt", "");

  const Result<PlanFindings> found = TryFind(root);

  ASSERT_TRUE(found) << found.error().message;
  ASSERT_THAT(found->tasks, SizeIs(10'001));
  const auto complete = std::ranges::count(found->tasks, true, &PlannedTask::complete);
  EXPECT_EQ(complete, 5'000);
}

}  // namespace
}  // namespace headrace::planner
