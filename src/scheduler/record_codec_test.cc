// Every record comes back from its line as it was; what is wrong is named.

#include "scheduler/record_codec.h"

#include <gtest/gtest.h>

namespace headrace::scheduler {
namespace {

std::string Line(const Record& record) {
  std::string text;
  EncodeRecord(record, text);
  return text;
}

Timestamp At(int64_t micros) {
  return Timestamp(Duration(micros));
}

TEST(RecordCodec, ARecordComesBackAsItWas) {
  TaskFacts facts;
  facts.family = "Clicks";
  facts.params = R"({"hour":"2026-11-25T07","odd":"\udcff"})";
  facts.priority = 2.5;
  facts.deps = {TaskId{3}, TaskId{9}};
  facts.resources = {{"db", 1}, {"emr", 2}};
  facts.retry = RetryPolicy{.count = 3, .delay_s = 60};
  facts.external = false;
  facts.unit = Unit::kPipeline;
  const std::vector<Record> records = {
      TaskAdded{.task = TaskId{17},
                .key = "Clicks_x_1",
                .status = TaskStatus::kDone,
                .at = At(1795569502824552),
                .facts = facts},
      TaskStatusChanged{.task = TaskId{1},
                        .status = TaskStatus::kFailed,
                        .at = At(5),
                        .failed = true,
                        .failures_cleared = false,
                        .retry_at = At(9),
                        .disabled_at = {}},
      WorkerChanged{.worker = WorkerId{2},
                    .info = "{}",
                    .disabled = false,
                    .pools = {},
                    .slots = 0,
                    .draining = {},
                    .assistant = true},
      RunCreated{.run = RunId{1},
                 .pipeline = {},
                 .interval_start = At(0),
                 .interval_end = At(1),
                 .trigger = Trigger::kAdhoc,
                 .root = {.module = "m", .family = "F", .params = "{}", .key = ""},
                 .unit = Unit::kTask,
                 .pool = PoolId{1},
                 .priority = -1,
                 .at = At(2)},
      AttemptEnded{.attempt = AttemptId{4},
                   .outcome = AttemptOutcome::kLost,
                   .at = At(7),
                   .details = R"({"exit_code":3})"}};

  RecordDecoder decoder;
  for (const Record& record : records) {
    const std::string line = Line(record);
    const auto back = decoder.Decode(line.substr(0, line.size() - 1));
    ASSERT_TRUE(back) << back.error().message << " in " << line;
    EXPECT_EQ(Line(*back), line);
  }
}

TEST(RecordCodec, AnUnknownFieldIsIgnored) {
  RecordDecoder decoder;
  const auto record = decoder.Decode(R"({"r":"TaskRemoved","task":3,"why":"later"})");
  ASSERT_TRUE(record);
  EXPECT_EQ(Line(*record), "{\"r\":\"TaskRemoved\",\"task\":3}\n");
}

TEST(RecordCodec, WhatIsWrongIsNamed) {
  RecordDecoder decoder;
  EXPECT_EQ(decoder.Decode("[1]").error().message, "record is not a JSON object");
  EXPECT_EQ(decoder.Decode(R"({"r":"Nope"})").error().message, "unknown record Nope");
  EXPECT_EQ(decoder.Decode(R"({"r":"TaskRemoved","task":"x"})").error().message,
            "TaskRemoved: field task has the wrong type");
  EXPECT_FALSE(decoder.Decode("{"));
}

}  // namespace
}  // namespace headrace::scheduler
