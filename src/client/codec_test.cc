// The JSON of docs/protocol.md: what is written, and that what is read means the same.

#include <boost/json.hpp>

#include <gtest/gtest.h>

#include "base/python_json.h"
#include "client/decode.h"
#include "client/encode.h"

namespace headrace::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

template <class T>
T Decode(T (*read)(const boost::json::object&), std::string_view text) {
  return read(ParseJson(text)->as_object());
}

TEST(Encode, WorkerSaysWhatItIs) {
  EXPECT_EQ(EncodeWorker({.id = "vm1-4711",
                          .pools = {"default", "emr"},
                          .slots = 4,
                          .host = "vm1",
                          .pid = 4711,
                          .version = "0.1.0"}),
            R"({"worker":"vm1-4711","pools":["default","emr"],"slots":4,"host":"vm1","pid":4711,)"
            R"("version":"0.1.0"})");
}

TEST(Encode, HeartbeatHoldsOnlyWhatChanged) {
  Heartbeat heartbeat;
  heartbeat.attempts.push_back({.attempt = 91,
                                .status_message = std::nullopt,
                                .progress = std::nullopt,
                                .tracking_url = std::nullopt,
                                .decrease_resources = {}});
  heartbeat.attempts.push_back({.attempt = 92,
                                .status_message = "half way",
                                .progress = 50.5,
                                .tracking_url = "http://x",
                                .decrease_resources = {{"db", 1}}});

  EXPECT_EQ(EncodeHeartbeat(heartbeat),
            R"({"draining":false,"attempts":[{"attempt":91},{"attempt":92,)"
            R"("status_message":"half way","progress":50.5,"tracking_url":"http://x",)"
            R"("decrease_resources":{"db":1}}]})");
}

TEST(Encode, FinishOfATaskThatAskedForMore) {
  FinishReport report;
  report.worker = "w1";
  report.outcome = Outcome::kNewDependencies;
  report.new_deps = {{.module = "m", .family = "F", .params = {{"n", "1"}}, .id = "F_1"}};
  report.exit_code = 0;

  EXPECT_EQ(EncodeFinish(report),
            R"({"worker":"w1","outcome":"new_dependencies","new_deps":[{"module":"m","family":"F",)"
            R"("params":{"n":"1"},"id":"F_1"}],"exit_code":0})");
}

TEST(Encode, FinishOfATaskThatRaised) {
  FinishReport report;
  report.worker = "w1";
  report.outcome = Outcome::kFailed;
  report.error = {.type = "ValueError", .message = "bad", .traceback = "tb\n", .where = "run"};
  report.expl = R"("Runtime error:\n…")";
  report.signal = 11;
  report.tasks = {{"A_1", "DONE"}};

  EXPECT_EQ(EncodeFinish(report),
            R"({"worker":"w1","outcome":"failed","error":{"type":"ValueError","message":"bad",)"
            R"("traceback":"tb\n","where":"run"},"expl":"Runtime error:\n…","signal":11,)"
            R"("tasks":{"A_1":"DONE"}})");
}

TEST(Encode, PlannedTaskLeavesItsDefaultsOut) {
  PlannedTask task;
  task.task = {.module = "m", .family = "F", .params = {{"p", "v"}}, .id = "F_v"};
  PlannedTask full = task;
  full.visibility = {{"p", 1}};
  full.deps = {"A_1"};
  full.complete = true;
  full.checked_at = Timestamp(milliseconds(1500));
  full.external = true;
  full.priority = 2.5;
  full.resources = {{"db", 1}};
  full.timeout = seconds(60);
  full.retry = {.count = 3, .hard_timeout = std::nullopt, .window = seconds(10)};
  full.owners = {"a@x"};
  full.disabled = true;
  full.targets = {{"file", "abs"}};
  full.problem = "cannot travel";
  const std::vector<PlannedTask> tasks = {task, full};

  EXPECT_EQ(EncodeTasks("p1", tasks),
            R"({"planner":"p1","tasks":[{"id":"F_v","module":"m","family":"F",)"
            R"("params":{"p":"v"},"complete":false},)"
            R"({"id":"F_v","module":"m","family":"F","params":{"p":"v"},"visibility":{"p":1},)"
            R"("deps":["A_1"],"complete":true,"checked_at":1500,"external":true,"priority":2.5,)"
            R"("resources":{"db":1},"timeout_s":60,"retry":{"count":3,"window":10},)"
            R"("owners":["a@x"],"disabled":true,"targets":[["file","abs"]],)"
            R"("problem":"cannot travel"}]})");
}

TEST(Encode, RunIsOfAnIntervalOrAdHoc) {
  NewRun interval;
  interval.pipeline = "x";
  interval.interval_start = Timestamp(milliseconds(3600000));
  NewRun task;
  task.task = {.module = "m", .family = "F", .params = {{"n", "1"}}, .id = {}};
  task.pool = "emr";

  EXPECT_EQ(EncodeNewRun(interval), R"({"pipeline":"x","interval_start":3600000})");
  EXPECT_EQ(EncodeNewRun(task), R"({"module":"m","family":"F","params":{"n":"1"},"pool":"emr"})");
}

TEST(Decode, MessageIsReadWhole) {
  const Message message = Decode(&DecodeMessage, R"({"attempt":91,"number":2,"task_id":"F_1",
    "module":"m","family":"F","params":{"hour":"2026-11-25T07","many":["1","7"]},"pool":"default",
    "pipeline":"ctr","run":1029,"unit":"pipeline","timeout_s":1.5,"lease_s":3,"new_field":[]})");

  Message expected;
  expected.attempt = 91;
  expected.number = 2;
  expected.task = {
      .module = "m", .family = "F", .params = {{"hour", "2026-11-25T07"}}, .id = "F_1"};
  expected.batch = {{"many", {"1", "7"}}};
  expected.pool = "default";
  expected.pipeline = "ctr";
  expected.run = 1029;
  expected.pipeline_unit = true;
  expected.timeout = milliseconds(1500);
  expected.lease = seconds(3);
  EXPECT_EQ(message, expected);
}

TEST(Decode, WhatIsMissingNullOrOfAnotherTypeIsTheDefault) {
  EXPECT_EQ(Decode(&DecodeMessage, R"({"run":null,"pool":7,"params":[],"timeout_s":"x"})"),
            Message());
}

TEST(Decode, LoneSurrogateComesAndGoesUnchanged) {
  const std::string wire = R"({"module":"m","family":"F","params":{"p":"\udcff\u00e9"},"id":"x"})";

  const TaskName task = Decode(&DecodeTaskName, wire);
  EXPECT_EQ(task.params[0].second, "\xED\xB3\xBF\xC3\xA9");

  FinishReport report;
  report.outcome = Outcome::kNewDependencies;
  report.new_deps = {task};
  EXPECT_NE(EncodeFinish(report).find(R"("params":{"p":"\udcff\u00e9"})"), std::string::npos);
}

TEST(Decode, HeartbeatAnswerNamesAttemptsAndMessages) {
  const HeartbeatAnswer answer = Decode(
      &DecodeHeartbeatAnswer,
      R"({"lost":[91],"cancel":[92,93],"messages":[{"attempt":94,"id":"m1","content":"hi"}]})");

  EXPECT_EQ(answer.lost, std::vector<int64_t>{91});
  EXPECT_EQ(answer.cancel, (std::vector<int64_t>{92, 93}));
  ASSERT_EQ(answer.messages.size(), 1u);
  EXPECT_EQ(answer.messages[0].content, "hi");
}

TEST(Decode, PlanOfEachKind) {
  const Plan plan = Decode(&DecodePlan, R"({"plan":17,"kind":"recheck","run":null,"unit":"task",
    "roots":[{"module":"m","family":"F","params":{},"id":null}],"lease_s":60})");

  EXPECT_EQ(plan.kind, PlanKind::kRecheck);
  EXPECT_FALSE(plan.run);
  EXPECT_EQ(plan.roots,
            std::vector<TaskName>({{.module = "m", .family = "F", .params = {}, .id = {}}}));
}

TEST(DecodeProblem, SaysWhatWasAskedWhatIsWrongAndWhatToDo) {
  const Error error = DecodeProblem(
      409, R"({"title":"Conflict","detail":"attempt 9 is over","remedy":"Drop it."})", "POST /x");

  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_EQ(error.message, "POST /x: attempt 9 is over");
  EXPECT_EQ(error.remedy, "Drop it.");
}

TEST(DecodeProblem, BodyThatIsNoProblemIsAnsweredByItsStatus) {
  EXPECT_EQ(DecodeProblem(502, "<html>", "GET /x").message, "GET /x: answered 502");
  EXPECT_EQ(DecodeProblem(502, "<html>", "GET /x").code, ErrorCode::kUnavailable);
  EXPECT_EQ(DecodeProblem(404, "", "GET /x").code, ErrorCode::kNotFound);
  EXPECT_EQ(DecodeProblem(413, "", "GET /x").code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace headrace::client
