// A scheduler under test: says commands in short, keeps the records, and checks at the end that
// their replay gives the same state.

#pragma once

#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/time_zone.h"
#include "scheduler/record_codec.h"
#include "scheduler/scheduler.h"

namespace headrace::scheduler {

class UtcOnly final : public TimeZones {
 public:
  const TimeZoneRules* Find(std::string_view name) const override {
    return name == "UTC" || name.empty() ? &utc_ : nullptr;
  }

 private:
  UtcTimeZone utc_;
};

class Bench {
 public:
  explicit Bench(const Settings& settings = {}) : settings_(settings) {
    scheduler = std::make_unique<Scheduler>(settings_, zones_);
  }
  ~Bench() {
    scheduler->state().CheckInvariants();
    ExpectSameState(journal);
    ExpectSameState(snapshot_ + journal.substr(snapshot_at_));  // the journal was trimmed once
    TakeSnapshot();
    ExpectSameState(snapshot_);
  }

  // The answers to the command: its own, and those it brought to waiting ones.
  std::vector<Answer> Say(Request body) { return SayAs(++requests, std::move(body)); }
  std::vector<Answer> SayAs(RequestId request, Request body) {
    Outcome out;
    scheduler->Handle({.request = request, .body = std::move(body)}, now, out);
    for (const Record& record : out.records) EncodeRecord(record, journal);
    records = std::move(out.records);
    if (request % kSnapshotEvery == 5) TakeSnapshot();
    return std::move(out.answers);
  }
  // The command's own answer, which must be a T.
  template <class T>
  T Ask(Request body) {
    for (Answer& answer : Say(std::move(body))) {
      if (answer.request != requests) continue;
      if (auto* reply = std::get_if<T>(&answer.reply)) return std::move(*reply);
      if (auto* refused = std::get_if<Refused>(&answer.reply)) {
        ADD_FAILURE() << "refused: " << refused->detail;
      }
    }
    ADD_FAILURE() << "no such answer";
    return {};
  }
  void Pass(double seconds) {
    now += Duration(static_cast<int64_t>(seconds * 1e6));
    Say(Tick{});
  }

  // "report <- clean, lookup; clean <- raw": registered by `worker`, as Luigi's client does.
  void Given(const std::string& graph, const std::string& worker = "w") {
    std::istringstream parts(graph);
    for (std::string part; std::getline(parts, part, ';');) {
      std::istringstream words(part);
      AddTask add{.worker = worker, .family = "F"};
      words >> add.task;
      std::vector<std::string> deps;
      for (std::string word; words >> word;) {
        if (word == "<-") continue;
        if (word.back() == ',') word.pop_back();
        deps.push_back(word);
      }
      add.deps = deps;
      Ask<Done>(add);
    }
  }
  std::string GetWork(const std::string& worker = "w") {
    return Ask<Work>(scheduler::GetWork{.worker = worker}).task;
  }
  void Report(const std::string& task, const std::string& status, const std::string& worker = "w") {
    Ask<Done>(AddTask{.worker = worker, .task = task, .status = status, .runnable = false});
  }
  std::string Status(const std::string& task) const {
    const TaskId id = scheduler->state().FindTask(task);
    return id.value == 0 ? "" : std::string(Name(scheduler->state().task(id).status));
  }
  std::string PhaseOf(const std::string& task) const {
    const TaskId id = scheduler->state().FindTask(task);
    return id.value == 0 ? "" : std::string(Name(scheduler->state().task(id).phase));
  }

  std::unique_ptr<Scheduler> scheduler;
  std::string journal;
  std::vector<Record> records;  // of the last command
  Timestamp now = Timestamp(std::chrono::hours(24 * 20'000));
  RequestId requests = 0;

 private:
  static constexpr RequestId kSnapshotEvery = 500;

  static std::string SnapshotOf(const State& state) {
    std::string snapshot;
    state.ForEachKept([&](const Record& record) { EncodeRecord(record, snapshot); });
    return snapshot;
  }
  void TakeSnapshot() {
    snapshot_ = SnapshotOf(scheduler->state());
    snapshot_at_ = journal.size();
  }
  void ExpectSameState(const std::string& journal_text) {
    Scheduler replayed(settings_, zones_);
    RecordDecoder decoder;
    std::istringstream lines(journal_text);
    for (std::string line; std::getline(lines, line);) {
      const auto record = decoder.Decode(line);
      EXPECT_TRUE(record) << (record ? "" : record.error().message) << " in " << line;
      if (record) replayed.Apply(*record);
    }
    replayed.state().CheckInvariants();
    const State& state = scheduler->state();
    EXPECT_EQ(replayed.state().Dump(), state.Dump());
    EXPECT_EQ(SnapshotOf(replayed.state()), SnapshotOf(state));
  }

  const Settings settings_;
  UtcOnly zones_;
  std::string snapshot_;
  size_t snapshot_at_ = 0;  // in `journal`
};

}  // namespace headrace::scheduler
