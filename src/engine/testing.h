// For the engine's tests: a clock that stands where it is set, a sink that can be waited for, a
// journal whose commits can be held or fail, and a real engine on a real SQLite store.

#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"
#include "base/time_zone.h"
#include "engine/engine.h"
#include "store/sqlite_store.h"
#include "store/testing.h"

namespace headrace::engine {

class UtcOnly final : public scheduler::TimeZones {
 public:
  const TimeZoneRules* Find(std::string_view) const override { return &utc_; }

 private:
  UtcTimeZone utc_;
};

class ManualClock final : public Clock {
 public:
  Timestamp Now() const override { return Timestamp(Duration(now_us_.load())); }
  void Advance(Duration by) { now_us_ += by.count(); }

 private:
  std::atomic<int64_t> now_us_{1'800'000'000'000'000};
};

// Keeps answers until the test takes them.
class WaitingSink final : public AnswerSink {
 public:
  void OnAnswers(std::vector<scheduler::Answer> answers) override {
    for (scheduler::Answer& answer : answers) CHECK(box_.Put(std::move(answer)));
  }
  // All that came in, once there is at least one.
  std::vector<scheduler::Answer> Wait() {
    std::vector<scheduler::Answer> answers;
    box_.Take(answers);
    return answers;
  }
  bool Empty() const { return box_.Size() == 0; }

 private:
  Mailbox<scheduler::Answer> box_{1 << 20};
};

// A store whose commits wait for the test's leave, or fail as it wishes.
class HeldStore final : public store::Store, private store::Journal {
 public:
  explicit HeldStore(store::Store& inner) : inner_(inner) {}

  store::Journal& journal() override { return *this; }
  store::Snapshots& snapshots() override { return inner_.snapshots(); }
  store::StateTables& tables() override { return inner_.tables(); }

  // From here on each commit waits for one Permit().
  void Hold() { held_ = true; }
  void Permit() { CHECK(permits_.Put('.')); }
  // Waits until a commit has arrived at the door.
  void AwaitCommit() {
    std::vector<char> arrived;
    arrivals_.Take(arrived);
  }
  void Break(ErrorCode code) { broken_ = static_cast<int>(code); }
  void Mend() { broken_ = -1; }
  int Attempts() const { return attempts_; }

 private:
  Result<store::CommitId> Append(std::string_view records, Timestamp at) override {
    ++attempts_;
    (void)arrivals_.Put('.');
    if (held_ && permits_taken_.empty()) permits_.Take(permits_taken_);
    if (held_) permits_taken_.pop_back();
    if (broken_ >= 0) {
      return std::unexpected(Error{static_cast<ErrorCode>(broken_.load()), "broken", "Mend it."});
    }
    return inner_.journal().Append(records, at);
  }
  Result<void> Maintain() override { return inner_.journal().Maintain(); }
  Result<void> ReadFrom(store::CommitId first, const Visitor& visitor) override {
    return inner_.journal().ReadFrom(first, visitor);
  }
  Result<size_t> Trim(store::CommitId before) override { return inner_.journal().Trim(before); }
  Result<void> ContinueAfter(store::CommitId last) override {
    return inner_.journal().ContinueAfter(last);
  }
  store::CommitId Last() const override { return inner_.journal().Last(); }
  store::Epoch OpenedAs() const override { return inner_.journal().OpenedAs(); }
  Result<uint64_t> Bytes() override { return inner_.journal().Bytes(); }

  store::Store& inner_;
  std::atomic<bool> held_{false};
  std::atomic<int> broken_{-1};
  std::atomic<int> attempts_{0};
  Mailbox<char> permits_{1'000};
  std::vector<char> permits_taken_;  // not used yet
  Mailbox<char> arrivals_{1 << 20};
};

inline scheduler::AddTask Add(std::string worker,
                              std::string task,
                              std::string status = "PENDING") {
  scheduler::AddTask add;
  add.worker = std::move(worker);
  add.task = std::move(task);
  add.status = std::move(status);
  add.family = "F";
  return add;
}

inline std::unique_ptr<store::SqliteStore> OpenForTest(const std::string& folder) {
  auto store = store::SqliteStore::Open(folder, store::Durability::kOs);
  EXPECT_TRUE(store) << store.error().message;
  return *std::move(store);
}

inline std::string DumpOf(Replica& replica) {
  std::string dump;
  EXPECT_TRUE(replica.ReadNow([&](const View& view) { dump = view.state.Dump(); }));
  return dump;
}

// An engine that recovered and runs.
struct RunningEngine {
  explicit RunningEngine(store::Store& store,
                         EngineSettings settings = {},
                         std::vector<ChangeListener*> listeners = {})
      : engine(store, {}, zones, clock, std::move(settings)), sink_id(engine.Attach(sink)) {
    for (ChangeListener* listener : listeners) engine.replica().Listen(*listener);
    const Result<void> recovered = engine.Recover();
    EXPECT_TRUE(recovered) << recovered.error().message;
    engine.Start();
  }

  bool Submit(scheduler::RequestId request, scheduler::Request body) {
    return engine.Submit(sink_id, {.request = request, .body = std::move(body)});
  }
  std::string Dump() { return DumpOf(engine.replica()); }

  UtcOnly zones;
  ManualClock clock;
  WaitingSink sink;
  Engine engine;
  SinkId sink_id;
};

}  // namespace headrace::engine
