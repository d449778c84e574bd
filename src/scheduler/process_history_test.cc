// Random histories: pipelines, planners, headrace's and Luigi's workers and people, all at once,
// with lost answers, late reports, deaths and restarts. ProcessAccount says what must hold; a
// replica takes every record as the journal has it and must end equal; and a look at a moment that
// had no deadline must find nothing.
//
// HEADRACE_SEED=n repeats a history; HEADRACE_HISTORIES=n asks for more of them.

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "base/json_text.h"
#include "scheduler/process_account.h"
#include "scheduler/testing.h"

namespace headrace::scheduler {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kLease = seconds(30);
constexpr Duration kStockLease = seconds(60) + Duration(1);

const Settings kSettings{.retry_delay_s = 20,
                         .remove_delay_s = 100,
                         .worker_disconnect_delay_s = 60,
                         .retry_count = 4,
                         .disable_persist_s = 900,
                         .lease = kLease,
                         .plan_lease = seconds(45),
                         .losses_max = 3};

struct OurWorker {
  std::string name;
  bool registered = false;
  RequestId waits = 0;
  std::map<AttemptId, std::string> runs;  // task by attempt
  std::set<AttemptId> to_cancel;
  std::vector<AttemptId> past;  // reported or lost: a report of them must be refused
};

struct StockWorker {
  std::string name;
  std::string runs;
  Timestamp heard;
};

struct Planner {
  std::string name;
  RequestId waits = 0;
  std::vector<std::pair<PlanOffer, std::vector<PlannedTask>>> plans;
};

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {
    Start();
    Configure_();
  }

  void Run(int steps) {
    for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      const int dice = static_cast<int>(random_() % 1000);
      if (dice < 320) {
        WorkerStep(ours_[random_() % ours_.size()]);
      } else if (dice < 480) {
        StockStep(stock_[random_() % stock_.size()]);
      } else if (dice < 720) {
        PlannerStep(planners_[random_() % planners_.size()]);
      } else if (dice < 770) {
        OperatorStep();
      } else if (dice < 790) {
        OutsideStep();
      } else if (dice < 793) {
        Restart();
      } else {
        Pass(Upto(Chance(5) ? Duration(minutes(25)) : Duration(seconds(9))));
      }
      Check();
      if (step % 50 == 0) Compare();
    }
    if (testing::Test::HasFailure()) return;
    Quieten();
    Compare();
  }

 private:
  bool Chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  Duration Upto(Duration most) {
    return Duration(static_cast<int64_t>(random_() >> 1) % (most.count() + 1));
  }
  std::string Some(const std::vector<std::string>& texts) {
    return texts.empty() ? "nothing" : texts[random_() % texts.size()];
  }

  // ---- the scheduler

  void Start() { scheduler_ = std::make_unique<Scheduler>(kSettings, zones_); }

  void Restart() {
    Start();
    RecordDecoder decoder;
    std::istringstream lines(journal_);
    for (std::string line; std::getline(lines, line);) scheduler_->Apply(*decoder.Decode(line));
    scheduler_->Recovered(now_);
    waiting_.clear();
    for (OurWorker& worker : ours_) worker.waits = 0;
    for (Planner& planner : planners_) planner.waits = 0;
    Configure_();
  }

  using Taker = std::function<void(const Reply&)>;

  RequestId Say(Request body, Taker taker = [](const Reply&) {}) {
    const RequestId request = ++requests_;
    waiting_[request] = std::move(taker);
    Handle({.request = request, .body = std::move(body)});
    return request;
  }

  // The number of records and answers that came of it.
  size_t Handle(const Command& command) {
    Outcome out;
    scheduler_->Handle(command, now_, out);
    for (const Record& record : out.records) {
      std::string line;
      EncodeRecord(record, line);
      journal_ += line;
      line.pop_back();
      const auto decoded = decoder_.Decode(line);
      EXPECT_TRUE(decoded) << line;
      replica_.Apply(*decoded);
      account_.Learn(record);
    }
    for (const Answer& answer : out.answers) {
      const auto taker = waiting_.find(answer.request);
      if (taker == waiting_.end()) {
        ADD_FAILURE() << "request " << answer.request << " was answered twice";
        continue;
      }
      const Taker take = std::move(taker->second);
      waiting_.erase(taker);
      take(answer.reply);
    }
    return out.records.size() + out.answers.size();
  }

  void LookInVain() {
    const auto deadline = scheduler_->NextDeadline();
    if (deadline && *deadline <= now_) return;
    const size_t before = journal_.size();
    EXPECT_EQ(Handle({.body = Tick{}}), 0) << "had no deadline:\n" << journal_.substr(before);
  }

  // Stops at every deadline, as the engine does.
  void Pass(Duration duration) {
    const Timestamp until = now_ + duration;
    for (auto deadline = scheduler_->NextDeadline(); deadline && *deadline <= until;) {
      if (*deadline > now_ + Duration(1)) {
        now_ = *deadline - Duration(1);
        LookInVain();
      }
      now_ = std::max(now_, *deadline);
      account_.At(now_);
      Handle({.body = Tick{}});
      deadline = scheduler_->NextDeadline();
      ASSERT_TRUE(!deadline || *deadline > now_) << "it would look again and again";
    }
    now_ = until;
    account_.At(now_);
    LookInVain();
  }

  void Configure_() {
    const auto pipeline = [](const char* name, const char* cron, int64_t catchup, double count) {
      return PipelineSet{
          .name = name,
          .module = "m",
          .family = name,
          .params = R"({"t":"{interval_start:%d-%H:%M}"})",
          .schedule = cron,
          .timezone = "UTC",
          .catchup = catchup,
          .active_runs_max = 3,
          .retry = {
              .count = static_cast<int64_t>(count), .delay_s = 5, .backoff = 2, .max_delay_s = 60}};
    };
    Handle({.body = Configure{.pools = {{.name = "default", .slots = slots_},
                                        {.name = "heavy", .slots = 1, .families = {"H"}}},
                              .pipelines = {pipeline("P", "0 * * * *", -1, 4),
                                            pipeline("Q", cron_.c_str(), 2, 2)},
                              .pool_of_pipeline = {},
                              .resources = {{"db", 1}}}});
  }

  // ---- headrace's workers

  void WorkerStep(OurWorker& worker) {
    const int dice = static_cast<int>(random_() % 100);
    if (!worker.registered) return RegisterIt(worker);
    if (dice < 30 && worker.waits == 0) return Receive(worker);
    if (dice < 55) return Beat(worker);
    if (dice < 90 && !worker.runs.empty()) return FinishOne(worker);
    if (dice < 95) return ReportLate(worker);
    if (dice < 97) return Leave(worker);
    if (dice < 98) Die(worker);
  }

  void RegisterIt(OurWorker& worker) {
    Say(RegisterWorker{
        .worker = worker.name, .pools = {"default", "heavy"}, .slots = 4, .info = "{}"});
    worker.registered = true;
  }

  void Receive(OurWorker& worker) {
    const bool answer_is_lost = Chance(3);
    const Duration wait = Chance(50) ? Duration{} : Duration(seconds(20));
    const uint32_t max = 1 + static_cast<uint32_t>(random_() % 3);
    worker.waits = requests_ + 1;
    Say(ReceiveWork{.worker = worker.name, .pools = {"default", "heavy"}, .max = max, .wait = wait},
        [this, &worker, answer_is_lost](const Reply& reply) {
          worker.waits = 0;
          if (std::holds_alternative<Refused>(reply)) worker.registered = false;
          const auto* messages = std::get_if<Messages>(&reply);
          if (messages == nullptr || answer_is_lost) return;
          for (const Message& message : messages->messages) {
            account_.Started(message.task, worker.name, message.attempt, now_ + kLease);
            worker.runs[message.attempt] = message.task;
          }
        });
  }

  void Drop(OurWorker& worker, AttemptId attempt) {
    const auto run = worker.runs.find(attempt);
    if (run == worker.runs.end()) return;
    account_.Ended(run->second, worker.name, attempt);
    worker.past.push_back(attempt);
    worker.to_cancel.erase(attempt);
    worker.runs.erase(run);
  }

  // Killed -9 and started anew: its processes died with it, and nobody is told.
  void Die(OurWorker& worker) {
    for (const auto& [attempt, task] : worker.runs) account_.Ended(task, worker.name, attempt);
    worker.runs.clear();
  }

  void DropAll(OurWorker& worker) {
    const std::map<AttemptId, std::string> runs = worker.runs;
    for (const auto& [attempt, task] : runs) Drop(worker, attempt);
  }

  // A worker kills what has no lease any more before the scheduler gives it to another.
  void DropDead(OurWorker& worker) {
    const std::map<AttemptId, std::string> runs = worker.runs;
    for (const auto& [attempt, task] : runs) {
      if (account_.Lives(attempt, now_)) continue;
      Drop(worker, attempt);
      // A scheduler that was started anew may wait for its report a little longer.
      if (account_.IsOpen(attempt)) worker.past.pop_back();
    }
  }

  void Beat(OurWorker& worker) {
    DropDead(worker);
    Heartbeat beat{.worker = worker.name, .draining = Chance(3), .attempts = {}};
    for (const auto& [attempt, task] : worker.runs) {
      if (Chance(95)) beat.attempts.push_back({.attempt = attempt});
    }
    const auto named = beat.attempts;
    Say(beat, [this, &worker, named](const Reply& reply) {
      if (std::holds_alternative<Refused>(reply)) worker.registered = false;
      const auto* taken = std::get_if<HeartbeatTaken>(&reply);
      if (taken == nullptr) return;
      for (const AttemptNews& news : named) account_.Renewed(news.attempt, now_ + kLease);
      for (AttemptId lost : taken->lost) Drop(worker, lost);
      worker.to_cancel.insert(taken->cancel.begin(), taken->cancel.end());
    });
  }

  FinishAttempt ReportOf(const OurWorker& worker, AttemptId attempt, const std::string& task) {
    FinishAttempt report{.attempt = attempt, .worker = worker.name, .details = "{}"};
    if (worker.to_cancel.contains(attempt)) {
      report.outcome = AttemptOutcome::kCancelled;
      return report;
    }
    for (const std::string& dep : Outside::DepsOf(task)) {
      if (outside_.outputs.contains(dep)) continue;
      report.outcome = AttemptOutcome::kMissing;
      return report;
    }
    const int dice = quiet_ ? 100 : static_cast<int>(random_() % 100);
    if (dice < 15) {
      report.outcome = AttemptOutcome::kFailed;
      report.error = R"({"message":"no luck"})";
    } else if (dice < 18) {
      report.outcome = AttemptOutcome::kReturned;
    } else if (dice < 21) {
      report.outcome = AttemptOutcome::kLost;
    } else if (task[0] == 'L' && !outside_.outputs.contains("D" + task.substr(1))) {
      report.outcome = AttemptOutcome::kNewDependencies;
      report.new_deps = {SpecFor("D" + task.substr(1))};
    } else {
      outside_.outputs.insert(task);
    }
    return report;
  }

  void FinishOne(OurWorker& worker) {
    DropDead(worker);
    if (worker.runs.empty()) return;
    const auto [attempt, task] = *worker.runs.begin();
    const FinishAttempt report = ReportOf(worker, attempt, task);
    Drop(worker, attempt);
    Say(report, [task](const Reply& reply) {
      EXPECT_TRUE(std::holds_alternative<Done>(reply)) << task << "'s own report was refused";
    });
  }

  void ReportLate(OurWorker& worker) {
    if (worker.past.empty()) return;
    const AttemptId attempt = worker.past[random_() % worker.past.size()];
    const auto outcome = Chance(50) ? AttemptOutcome::kDone : AttemptOutcome::kFailed;
    const FinishAttempt late{.attempt = attempt, .worker = worker.name, .outcome = outcome};
    Say(late, [attempt](const Reply& reply) {
      EXPECT_TRUE(std::holds_alternative<Refused>(reply))
          << "attempt " << attempt.value << " was over, and its late report was taken";
    });
  }

  void Leave(OurWorker& worker) {
    DropAll(worker);
    Say(RemoveWorker{.worker = worker.name});
    worker.registered = false;
  }

  // ---- Luigi's workers

  void StockStep(StockWorker& worker) {
    const int dice = static_cast<int>(random_() % 100);
    if (now_ >= worker.heard + kStockLease) worker.runs.clear();
    worker.heard = now_;
    account_.Heard(worker.name, now_ + kStockLease);
    if (dice < 20) return Offer(worker, Some(account_.Keys()));
    if (dice < 50) return Say(Ping{.worker = worker.name}), void();
    if (!worker.runs.empty()) return ReportStock(worker);
    Say(GetWork{.worker = worker.name}, [this, &worker](const Reply& reply) {
      const auto* work = std::get_if<Work>(&reply);
      if (work == nullptr || work->task.empty()) return;
      account_.Started(work->task, worker.name, {}, now_ + kStockLease);
      worker.runs = work->task;
    });
  }

  void Offer(StockWorker& worker, const std::string& task) {
    if (task == "nothing" || task[0] == 'X') return;
    AddTask add{.worker = worker.name, .task = task, .family = task.substr(0, 1)};
    if (outside_.outputs.contains(task)) add.status = "DONE";
    add.deps = Outside::DepsOf(task);
    if (task[0] == 'R') add.facts.resources = Resources{{"db", 1}};
    Say(add);
  }

  void ReportStock(StockWorker& worker) {
    const bool fails = !quiet_ && Chance(20);
    if (!fails) outside_.outputs.insert(worker.runs);
    account_.Ended(worker.runs, worker.name, {});
    AddTask report{.worker = worker.name,
                   .task = std::exchange(worker.runs, ""),
                   .status = fails ? "FAILED" : "DONE"};
    report.runnable = false;
    Say(report);
  }

  // ---- planners

  static TaskSpec SpecFor(const std::string& key) {
    return {.module = "m",
            .family = key.substr(0, 1),
            .params = R"({"t":")" + key.substr(key.find(' ') + 1) + R"("})",
            .key = key};
  }
  static std::string KeyOf(const TaskSpec& spec) {
    return spec.key.empty() ? spec.family + " " + JsonString(spec.params, "t").value_or("")
                            : spec.key;
  }

  // Looks now; what it found is registered later.
  std::vector<PlannedTask> Expand(const PlanOffer& offer) {
    std::vector<PlannedTask> found;
    std::vector<std::string> todo;
    std::set<std::string> seen;
    for (const TaskSpec& root : offer.roots) todo.push_back(KeyOf(root));
    while (!todo.empty()) {
      const std::string key = todo.back();
      todo.pop_back();
      if (!seen.insert(key).second) continue;
      const TaskSpec spec = SpecFor(key);
      PlannedTask task{.key = key, .checked_at = now_};
      task.facts.module = spec.module;
      task.facts.family = spec.family;
      task.facts.params = spec.params;
      task.facts.external = key[0] == 'X';
      if (key[0] == 'R') task.facts.resources = Resources{{"db", 1}};
      if (key[0] == 'X') outside_.externals.insert(key);
      task.complete = outside_.outputs.contains(key);
      if (!task.complete) task.deps = Outside::DepsOf(key);
      if (!quiet_ && Chance(1)) task.error = R"({"message":"complete() raised"})";
      todo.insert(todo.end(), task.deps.begin(), task.deps.end());
      found.push_back(std::move(task));
    }
    return found;
  }

  void PlannerStep(Planner& planner) {
    const int dice = static_cast<int>(random_() % 100);
    if (planner.plans.empty()) return Claim(planner);
    auto& [offer, found] = planner.plans.back();
    if (!quiet_ && dice < 2) return planner.plans.clear();  // died
    if (dice < 10 && !quiet_) {
      Say(PlanHeartbeat{.plan = offer.plan, .planner = planner.name});
    } else if (!found.empty()) {
      const size_t some = std::min<size_t>(found.size(), 1 + random_() % 8);
      RegisterTasks batch{.plan = offer.plan, .planner = planner.name};
      batch.tasks.assign(found.begin(), found.begin() + static_cast<ptrdiff_t>(some));
      found.erase(found.begin(), found.begin() + static_cast<ptrdiff_t>(some));
      Say(batch, [&planner, plan = offer.plan](const Reply& reply) {
        if (!std::holds_alternative<Refused>(reply)) return;
        std::erase_if(planner.plans, [&](const auto& each) { return each.first.plan == plan; });
      });
    } else {
      FinishPlan finish{.plan = offer.plan, .planner = planner.name};
      for (const TaskSpec& root : offer.roots) finish.roots.push_back(KeyOf(root));
      if (!quiet_ && dice < 13) finish.error = R"({"message":"no module"})";
      planner.plans.pop_back();
      Say(finish);
    }
  }

  void Claim(Planner& planner) {
    if (planner.waits != 0) return;
    const Duration wait = Chance(50) ? Duration{} : Duration(seconds(20));
    planner.waits = requests_ + 1;
    Say(ClaimPlans{.planner = planner.name, .max = 2, .wait = wait},
        [this, &planner](const Reply& reply) {
          planner.waits = 0;
          for (const PlanOffer& offer : std::get<PlanOffers>(reply).plans) {
            planner.plans.emplace_back(offer, Expand(offer));
          }
        });
  }

  // ---- people, and the world

  RunId SomeRun() { return RunId{1 + static_cast<uint32_t>(random_() % 40)}; }

  void OperatorStep() {
    const std::string task = Some(account_.Keys());
    switch (random_() % 12) {
      case 1: Say(RetryTask{.task = task}); break;
      case 2: Say(CancelTask{.task = task}); break;
      case 3: Say(CancelRun{.run = SomeRun()}); break;
      case 4: Say(RetryRun{.run = SomeRun()}); break;
      case 5: Say(PausePipeline{.pipeline = Chance(50) ? "P" : "Q", .paused = Chance(40)}); break;
      case 6: MarkDone(task); break;
      case 7: Say(CreateRun{.root = SpecFor(Chance(50) ? task : "N " + task.substr(2))}); break;
      case 8: Say(CreateRun{.pipeline = "P", .interval_start = now_ - Upto(minutes(300))}); break;
      case 9: Say(SetPaused{.paused = Chance(20)}); break;
      case 10:
        slots_ = 1 + static_cast<uint32_t>(random_() % 4);
        cron_ = Some({"*/20 * * * *", "*/30 * * * *", "0 */2 * * *"});
        Configure_();
        break;
      default: Say(ReEnableTask{.task = task}); break;
    }
  }

  void MarkDone(const std::string& task) {
    for (StockWorker& worker : stock_) {
      if (worker.runs != task) continue;  // Luigi's rule: what runs there goes on, unheeded
      account_.Ended(task, worker.name, {});
      worker.runs.clear();
    }
    Say(MarkAsDone{.task = task});
  }

  void OutsideStep() {
    for (const std::string& external : outside_.externals) {
      if (Chance(30)) outside_.outputs.insert(external);
    }
    if (Chance(10) && !outside_.outputs.empty()) outside_.outputs.erase(outside_.outputs.begin());
  }

  // ---- what must hold

  void Check() {
    for (const std::string& broken : account_.broken()) ADD_FAILURE() << broken;
    for (const OurWorker& worker : ours_) {
      if (worker.waits == 0) continue;
      for (const char* pool : {"default", "heavy"}) EXPECT_EQ(account_.LeftLying(pool), "");
    }
  }

  void Compare() {
    scheduler_->state().CheckInvariants();
    replica_.CheckInvariants();
    EXPECT_EQ(replica_.Dump(), scheduler_->state().Dump());
  }

  // No more faults: all that can end has to.
  void Quieten() {
    quiet_ = true;
    Say(SetPaused{.paused = false});
    Say(PausePipeline{.pipeline = "P", .paused = false});
    Say(PausePipeline{.pipeline = "Q", .paused = false});
    for (int round = 0; round < 400 && !testing::Test::HasFailure(); ++round) {
      outside_.outputs.insert(outside_.externals.begin(), outside_.externals.end());
      for (OurWorker& worker : ours_) {
        for (int i = 0; i < 5; ++i) WorkerStep(worker);
        Beat(worker);
      }
      for (StockWorker& worker : stock_) {
        if (!worker.runs.empty()) ReportStock(worker);
      }
      for (int i = 0; i < 20; ++i) PlannerStep(planners_[random_() % planners_.size()]);
      Pass(Duration(seconds(5)));
      Check();
    }
    EXPECT_TRUE(Stuck().empty()) << Stuck();
  }

  // A run that is neither at its end nor young.
  std::string Stuck() const {
    const State& state = scheduler_->state();
    for (RunId id : state.runs_active()) {
      if (now_ - state.run(id).created < minutes(20)) continue;
      return "run " + std::to_string(id.value) + " is still " +
             std::string(Name(state.run(id).state)) + "\n" + state.Dump();
    }
    return {};
  }

  std::mt19937_64 random_;
  UtcOnly zones_;
  std::unique_ptr<Scheduler> scheduler_;
  std::string journal_;
  RecordDecoder decoder_;
  State replica_;
  ProcessAccount account_;
  Timestamp now_ = Timestamp(std::chrono::hours(24 * 20'000));
  RequestId requests_ = 0;
  std::map<RequestId, Taker> waiting_;
  uint32_t slots_ = 3;
  std::string cron_ = "*/20 * * * *";
  bool quiet_ = false;

  Outside outside_;
  std::vector<OurWorker> ours_ = {{.name = "h1"}, {.name = "h2"}, {.name = "h3"}};
  std::vector<StockWorker> stock_ = {{.name = "s1"}, {.name = "s2"}};
  std::vector<Planner> planners_ = {{.name = "p1"}, {.name = "p2"}};
};

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : std::strtoull(given, nullptr, 10);
}

TEST(ProcessHistory, NoTaskLivesTwiceThroughLossesAndRestarts) {
  const bool repeats = std::getenv("HEADRACE_SEED") != nullptr;
  std::random_device dice;
  const uint64_t first = FromEnvironment("HEADRACE_SEED", dice());
  const uint64_t histories = FromEnvironment("HEADRACE_HISTORIES", repeats ? 1 : 40);
  for (uint64_t seed = first; seed < first + histories && !HasFailure(); ++seed) {
    std::fprintf(stderr, "HEADRACE_SEED=%ju\n", uintmax_t{seed});  // also when a CHECK stops us
    SCOPED_TRACE("HEADRACE_SEED=" + std::to_string(seed));
    World(seed).Run(1500);
  }
}

}  // namespace
}  // namespace headrace::scheduler
