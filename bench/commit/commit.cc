// Promise: a durable command costs much less than a sync of its own.
//
// Ours is the whole engine (mailbox, core, synced journal, replica) with as many commands in flight
// as there would be connections; each adds a new task. The rival is the same journal without group
// commit: one append for each command's records, with nothing else to do.
//
//   bench_commit [FOLDER]     where the journals are put: on the disk to be measured

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/time_zone.h"
#include "bench/result.h"
#include "engine/engine.h"
#include "store/sqlite_store.h"
#include "store/testing.h"

namespace headrace::bench {
namespace {

using std::chrono::steady_clock;

constexpr double kSeconds = 3;

class UtcOnly final : public scheduler::TimeZones {
 public:
  const TimeZoneRules* Find(std::string_view) const override { return &utc_; }

 private:
  UtcTimeZone utc_;
};

class CountingSink final : public engine::AnswerSink {
 public:
  void OnAnswers(std::vector<scheduler::Answer> answers) override {
    CHECK(box_.Put(answers.size()));
  }
  size_t Wait() {
    std::vector<size_t> sizes;
    box_.Take(sizes);
    size_t all = 0;
    for (const size_t size : sizes) all += size;
    return all;
  }

 private:
  Mailbox<size_t> box_{1'000'000};
};

scheduler::AddTask Add(uint64_t n) {
  scheduler::AddTask add;
  add.worker = "Worker(salt=0123456789, workers=1, host=here, username=root, pid=4711)";
  add.task = "Task_2026_11_25T07_" + std::to_string(n) + "_0123456789";
  add.family = "Task";
  add.facts.module = "bench";
  add.facts.params = "{\"hour\":\"2026-11-25T07\",\"n\":\"" + std::to_string(n) + "\"}";
  return add;
}

double Ours(const std::string& folder, store::Durability durability, uint64_t in_flight) {
  const auto store = store::SqliteStore::Open(folder, durability);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    std::exit(1);
  }
  const UtcOnly zones;
  const SystemClock clock;
  CountingSink sink;
  engine::Engine engine(**store, {}, zones, clock, {});
  const engine::SinkId id = engine.Attach(sink);
  CHECK(engine.Recover());
  engine.Start();

  const steady_clock::time_point start = steady_clock::now();
  double spent = 0;
  uint64_t next = 1;
  uint64_t answered = 0;
  while (spent < kSeconds) {
    for (; next <= answered + in_flight; ++next) {
      CHECK(engine.Submit(id, {.request = next, .body = Add(next)}));
    }
    answered += sink.Wait();
    spent = std::chrono::duration<double>(steady_clock::now() - start).count();
  }
  engine.Stop();
  const engine::EngineMetrics& metrics = engine.metrics();
  std::printf("%lu in flight: commit p50 %lu us, p99 %lu us, %.1f commands a batch\n",
              in_flight,
              metrics.commit_us.Quantile(0.5),
              metrics.commit_us.Quantile(0.99),
              static_cast<double>(metrics.batch_commands.sum()) /
                  static_cast<double>(metrics.batch_commands.count()));
  return static_cast<double>(answered) / spent;
}

double OneByOne(const std::string& folder, store::Durability durability) {
  const auto store = store::SqliteStore::Open(folder, durability);
  CHECK(store);
  const std::string records(400, 'x');
  uint64_t commits = 0;
  double spent = 0;
  const steady_clock::time_point start = steady_clock::now();
  for (; spent < kSeconds; ++commits) {
    CHECK((*store)->journal().Append(records + "\n", Timestamp{}));
    CHECK((*store)->journal().Maintain());
    spent = std::chrono::duration<double>(steady_clock::now() - start).count();
  }
  return static_cast<double>(commits) / spent;
}

}  // namespace
}  // namespace headrace::bench

int main(int argc, char** argv) {
  using namespace headrace;
  const store::TemporaryFolder temporary;
  const std::string folder = argc > 1 ? argv[1] : temporary.path();
  for (const auto durability : {store::Durability::kFsync, store::Durability::kOs}) {
    const std::string name = durability == store::Durability::kFsync ? "fsync" : "os";
    for (const uint64_t in_flight : {1U, 8U, 64U}) {
      const double rival = bench::OneByOne(folder + "/one-by-one", durability);
      const double ours = bench::Ours(folder + "/engine", durability, in_flight);
      bench::PrintResult("commit/" + name + "/" + std::to_string(in_flight), ours, rival);
      std::filesystem::remove_all(folder + "/one-by-one");
      std::filesystem::remove_all(folder + "/engine");
    }
  }
}
