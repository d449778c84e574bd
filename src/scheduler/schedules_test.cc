// Which intervals get a run: at the beginning, after a change of the schedule, with a bounded
// catch-up, and while runs hold the next ones back.

#include <gtest/gtest.h>

#include "scheduler/testing.h"

namespace headrace::scheduler {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class Calendar : public Bench {
 public:
  PipelineSet spec{.name = "p",
                   .module = "m",
                   .family = "Root",
                   .params = "{}",
                   .schedule = "0 * * * *",
                   .timezone = "UTC",
                   .catchup = -1};
  const Timestamp midnight = now;

  void SetUp() {
    Say(Configure{.pools = {{.name = "default", .slots = 4}},
                  .pipelines = {spec},
                  .pool_of_pipeline = {},
                  .resources = {}});
  }
  void PassUntil(Timestamp time) {
    while (now < time) {
      const auto next = scheduler->NextDeadline();
      now = next && *next < time ? *next : time;
      Say(Tick{});
    }
  }
  // "0:00-1:00 1:00-2:00", hours and minutes since midnight, by the runs' numbers.
  std::string Intervals() const {
    std::string text;
    const State& state = scheduler->state();
    for (uint32_t i = 1; i <= state.runs().size(); ++i) {
      const Run& run = state.run(RunId{i});
      text += (text.empty() ? "" : " ") + Clock(run.interval_start) + "-" + Clock(run.interval_end);
    }
    return text;
  }

 private:
  std::string Clock(Timestamp at) const {
    const auto passed = std::chrono::duration_cast<minutes>(at - midnight).count();
    const std::string rest = std::to_string(passed % 60);
    return std::to_string(passed / 60) + ":" + (rest.size() < 2 ? "0" : "") + rest;
  }
};

TEST(Schedules, WithoutAStartTheIntervalInWhichItIsFirstSeenIsTheFirst) {
  Calendar calendar;
  calendar.now += minutes(20);
  calendar.SetUp();

  calendar.PassUntil(calendar.midnight + minutes(61));

  EXPECT_EQ(calendar.Intervals(), "0:00-1:00");
}

TEST(Schedules, ALongerIntervalAfterAChangeBeginsBeforeWhatWasSettled) {
  Calendar calendar;
  calendar.SetUp();
  calendar.PassUntil(calendar.midnight + minutes(190));
  EXPECT_EQ(calendar.Intervals(), "0:00-1:00 1:00-2:00 2:00-3:00");

  calendar.spec.schedule = "0 */2 * * *";
  calendar.SetUp();
  calendar.PassUntil(calendar.midnight + minutes(250));

  EXPECT_EQ(calendar.Intervals(), "0:00-1:00 1:00-2:00 2:00-3:00 2:00-4:00");
}

TEST(Schedules, AChangeBackMakesNoRunTwice) {
  Calendar calendar;
  calendar.SetUp();
  calendar.PassUntil(calendar.midnight + minutes(130));
  calendar.spec.schedule = "0 */12 * * *";
  calendar.SetUp();
  calendar.spec.schedule = "0 * * * *";
  calendar.SetUp();

  calendar.PassUntil(calendar.midnight + minutes(190));

  EXPECT_EQ(calendar.Intervals(), "0:00-1:00 1:00-2:00 2:00-3:00");
}

TEST(Schedules, AShorterIntervalAfterAChangeBeginsWhereTheLastEnded) {
  Calendar calendar;
  calendar.SetUp();
  calendar.PassUntil(calendar.midnight + minutes(70));

  calendar.spec.schedule = "*/30 * * * *";
  calendar.SetUp();
  calendar.PassUntil(calendar.midnight + minutes(121));

  EXPECT_EQ(calendar.Intervals(), "0:00-1:00 1:00-1:30 1:30-2:00");
}

TEST(Schedules, ABoundedCatchupMakesTheLastIntervalsOnly) {
  Calendar calendar;
  calendar.spec.start = calendar.midnight - hours(24 * 365 * 20);
  calendar.spec.catchup = 2;
  calendar.now += hours(5);

  calendar.SetUp();

  EXPECT_EQ(calendar.Intervals(), "3:00-4:00 4:00-5:00");
}

TEST(Schedules, ACatchupThatIsWideEnoughMakesAllOfThem) {
  Calendar calendar;
  calendar.spec.start = calendar.midnight + hours(3);
  calendar.spec.catchup = 10;
  calendar.now += hours(5);

  calendar.SetUp();

  EXPECT_EQ(calendar.Intervals(), "3:00-4:00 4:00-5:00");
}

TEST(Schedules, ACatchupEndsWhereTheScheduleEnds) {
  Calendar calendar;
  calendar.spec.start = calendar.midnight;
  calendar.spec.end = calendar.midnight + hours(4);
  calendar.spec.catchup = 1;
  calendar.now += hours(9);

  calendar.SetUp();

  EXPECT_EQ(calendar.Intervals(), "3:00-4:00");
}

TEST(Schedules, ACancelledRunMakesRoomForTheNext) {
  Calendar calendar;
  calendar.spec.start = calendar.midnight;
  calendar.spec.active_runs_max = 1;
  calendar.now += hours(2);
  calendar.SetUp();
  EXPECT_EQ(calendar.Intervals(), "0:00-1:00");

  calendar.Ask<RunNow>(CancelRun{.run = RunId{1}});

  EXPECT_EQ(calendar.Intervals(), "0:00-1:00 1:00-2:00");
}

TEST(Schedules, ARunThatCannotBePlannedMakesRoomForTheNext) {
  Calendar calendar;
  calendar.spec.start = calendar.midnight;
  calendar.spec.active_runs_max = 1;
  calendar.now += hours(2);
  calendar.SetUp();

  for (int i = 0; i < 5; ++i) {
    calendar.Pass(120);
    const auto plans = calendar.Ask<PlanOffers>(ClaimPlans{.planner = "pl", .max = 1}).plans;
    ASSERT_EQ(plans.size(), 1);
    calendar.Ask<Done>(FinishPlan{.plan = plans[0].plan, .planner = "pl", .error = "{}"});
  }

  EXPECT_EQ(calendar.Intervals(), "0:00-1:00 1:00-2:00");
}

}  // namespace
}  // namespace headrace::scheduler
