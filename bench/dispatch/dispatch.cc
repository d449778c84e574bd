// Promise: handing out a task and taking its DONE costs the same however much is pending; Luigi's
// own scheduler ranks everything that is pending, each time.
//
// Ours is the core with its records written as the journal's lines; the rival is
// luigi.scheduler.Scheduler in its own process, called in Python, without HTTP. Both get the same
// graphs. One operation: get_work, and add_task with DONE.
//
//   bench_dispatch [PYTHON [SIZE...]]      PYTHON: one that has Luigi; sizes: 1000 10000 100000

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/time_zone.h"
#include "bench/result.h"
#include "scheduler/record_codec.h"
#include "scheduler/scheduler.h"

namespace headrace::bench {
namespace {

using std::chrono::steady_clock;

constexpr double kSeconds = 1;
constexpr const char* kShapes[] = {"flat", "fan_in", "chains", "resources"};

class UtcOnly final : public scheduler::TimeZones {
 public:
  const TimeZoneRules* Find(std::string_view) const override { return &utc_; }

 private:
  UtcTimeZone utc_;
};

struct Core {
  void Say(scheduler::Request body) {
    out.records.clear();
    out.answers.clear();
    scheduler.Handle({.request = 1, .body = std::move(body)}, now, out);
    lines.clear();
    for (const scheduler::Record& record : out.records) EncodeRecord(record, lines);
  }

  UtcOnly zones;
  scheduler::Scheduler scheduler{{}, zones};
  Timestamp now{Duration{1'800'000'000'000'000}};
  scheduler::Outcome out;
  std::string lines;
};

std::string TaskName(size_t n) {
  return "Task_" + std::to_string(n) + "_0123456789";
}

scheduler::AddTask Report(std::string task, std::string status) {
  scheduler::AddTask add;
  add.worker = "worker";
  add.task = std::move(task);
  add.status = std::move(status);
  add.family = "Task";
  return add;
}

// The same as graph() in luigi_dispatch.py.
void Fill(Core& core, const std::string& shape, size_t size) {
  if (shape == "resources") core.Say(scheduler::UpdateResources{.totals = {{"db", 4}}});
  for (size_t n = 0; n < size; ++n) {
    scheduler::AddTask add = Report(TaskName(n), "PENDING");
    add.facts.module = "bench";
    add.facts.params = "{\"n\":\"" + std::to_string(n) + "\"}";
    if (shape == "chains" && n % 10 != 0) add.deps = {TaskName(n - 1)};
    if (shape == "fan_in" && n % 100 == 99) {
      add.deps.emplace();
      for (size_t leaf = n - 99; leaf < n; ++leaf) add.deps->push_back(TaskName(leaf));
    }
    if (shape == "resources") add.facts.resources = scheduler::Resources{{"db", 1}};
    core.Say(std::move(add));
  }
}

// Operations a second, of graphs of which half is worked off, as many as it takes.
double Ours(const std::string& shape, size_t size) {
  size_t done = 0;
  double spent = 0;
  while (spent < kSeconds) {
    const auto core = std::make_unique<Core>();
    Fill(*core, shape, size);
    const steady_clock::time_point start = steady_clock::now();
    for (size_t n = 0; n < size / 2; ++n, ++done) {
      scheduler::GetWork get;
      get.worker = "worker";
      core->Say(std::move(get));
      const auto& work = std::get<scheduler::Work>(core->out.answers.at(0).reply);
      CHECK(!work.task.empty());
      core->Say(Report(work.task, "DONE"));
    }
    spent += std::chrono::duration<double>(steady_clock::now() - start).count();
  }
  return static_cast<double>(done) / spent;
}

double Luigis(const std::string& python, const std::string& shape, size_t size) {
  const std::string command = python + " " BENCH_RIVAL " " + shape + " " + std::to_string(size);
  FILE* const output = popen(command.c_str(), "r");
  CHECK(output != nullptr);
  double rate = 0;
  if (std::fscanf(output, "%lf", &rate) != 1 || rate <= 0) {
    std::fprintf(stderr, "no figure from: %s\n", command.c_str());
    std::exit(1);
  }
  pclose(output);
  return rate;
}

}  // namespace
}  // namespace headrace::bench

int main(int argc, char** argv) {
  using namespace headrace::bench;
  const std::string python = argc > 1 ? argv[1] : BENCH_PYTHON;
  std::vector<size_t> sizes;
  for (int n = 2; n < argc; ++n) sizes.push_back(std::strtoul(argv[n], nullptr, 10));
  if (sizes.empty()) sizes = {1'000, 10'000, 100'000};
  for (const char* shape : kShapes) {
    for (const size_t size : sizes) {
      const double ours = Ours(shape, size);
      PrintResult("dispatch/" + std::string(shape) + "/" + std::to_string(size),
                  ours,
                  Luigis(python, shape, size));
    }
  }
}
