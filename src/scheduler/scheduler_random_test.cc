// Random histories: schedules, planners, headrace's workers, stock Luigi clients and operators, who
// die, come back and report late, all at one scheduler. An account of our own (scheduler_account.h)
// is held against every record; every history ends by a calm in which all that was asked for must
// end, and by a replay that must give the same state (testing.h).
//
// HEADRACE_SEED=n runs that history alone, HEADRACE_SEEDS=n so many of them.

#include <algorithm>
#include <cstdlib>
#include <random>
#include <unordered_map>

#include <gtest/gtest.h>

#include "scheduler/scheduler_account.h"
#include "scheduler/testing.h"

namespace headrace::scheduler {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kSteps = 1'500;
constexpr int kSharedTasks = 12;
constexpr Timestamp kStart = Timestamp(std::chrono::hours(24 * 20'000));
constexpr Timestamp kSchedulesEnd = kStart + std::chrono::hours(8);

PipelineSet PipelineOf(int n) {
  return {.name = "p" + std::to_string(n),
          .module = "m",
          .family = "Root",
          .params = R"({"p":")" + std::to_string(n) + R"(","at":"{interval_start:%H%M}"})",
          .schedule = n == 0 ? "*/20 * * * *" : "7 * * * *",
          .timezone = "UTC",
          .start = kStart,
          .end = kSchedulesEnd,
          .catchup = n == 2 ? 1 : -1,
          .active_runs_max = n == 0 ? 3u : 16u,
          .weight = 1.0 + n,
          .retry = {.count = 3, .delay_s = 20, .backoff = 2, .max_delay_s = 60}};
}

// The user's code: which task needs which, by name alone.
struct Catalog {
  static uint64_t HashOf(const std::string& key) {
    uint64_t hash = 1469598103934665603u;
    for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return hash;
  }
  static std::vector<std::string> Deps(const std::string& key) {
    const uint64_t hash = HashOf(key);
    std::vector<std::string> deps;
    if (key[0] == 'r') {
      for (uint64_t i = 0; i <= hash % 4; ++i) deps.push_back("t" + key + std::to_string(i));
    } else if (key[0] == 't') {
      for (uint64_t i = 0; i < hash % 3; ++i) {
        deps.push_back("s" + std::to_string((hash >> (8 * i)) % kSharedTasks));
      }
      if (hash % 5 == 0) deps.push_back("x" + std::to_string(hash % 4));
    }
    std::sort(deps.begin(), deps.end());
    deps.erase(std::unique(deps.begin(), deps.end()), deps.end());
    return deps;
  }
  static std::string KeyOf(const TaskSpec& spec) {
    if (!spec.key.empty()) return spec.key;
    std::string key = "r";
    for (const char c : spec.params) {
      if (c >= '0' && c <= '9') key += c;
    }
    return key;
  }
  static bool IsExternal(const std::string& key) { return key[0] == 'x'; }
};

class World : public Bench {
 public:
  explicit World(uint64_t seed) : Bench(Limits()), random_(seed) {
    now = kStart;
    Configure configure{.pools = {{.name = "default", .slots = 4},
                                  {.name = "emr", .slots = 2, .families = {"Emr*"}}},
                        .pipelines = {PipelineOf(0), PipelineOf(1), PipelineOf(2)},
                        .pool_of_pipeline = {},
                        .resources = {{"db", 2}}};
    configure_ = configure;
    Do(configure);
  }

  void Run() {
    for (int step = 0; step < kSteps && !testing::Test::HasFailure(); ++step) {
      Happen();
      if (Chance(60)) MoveTime(now + Upto(Chance(5) ? minutes(20) : seconds(20)));
    }
    Calm();
    EXPECT_GT(account_.started(), 50u);
    EXPECT_GT(account_.started_by_stock(), 0u);
  }

 private:
  struct Hand {  // an attempt at a worker, or one it had when it died
    Message message;
    std::string worker;
    Timestamp renewed;
  };
  struct Worker {
    bool alive = false;
    RequestId waits = 0;
    Timestamp beat_at;
  };

  static Settings Limits() {
    Settings settings;
    settings.retry_delay_s = 120;
    settings.remove_delay_s = 300;
    settings.stable_done_cooldown_s = 0;
    settings.adhoc_retry = {.count = 2, .window_s = 1e9, .delay_s = 5};
    return settings;
  }

  bool Chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  size_t Below(size_t count) { return static_cast<size_t>(random_() % count); }
  Duration Upto(Duration most) {
    return Duration(1 + static_cast<int64_t>(random_() >> 1) % most.count());
  }

  // Says it, holds the account against what it led to, and hands the answers to who waits.
  std::vector<Answer> Do(Request body) { return DoAs(++requests, std::move(body)); }
  std::vector<Answer> DoAs(RequestId request, Request body) {
    std::vector<Answer> answers = SayAs(request, std::move(body));
    account_.Take(records);
    for (Answer& answer : answers) {
      if (auto* messages = std::get_if<Messages>(&answer.reply)) Deliver(answer.request, *messages);
      if (std::get_if<Refused>(&answer.reply) && receivers_.contains(answer.request)) {
        workers_[receivers_[answer.request]] = {};  // given up meanwhile: it registers again
        receivers_.erase(answer.request);
      }
      if (auto* offers = std::get_if<PlanOffers>(&answer.reply)) {
        plans_.insert(plans_.end(), offers->plans.begin(), offers->plans.end());
      }
    }
    return answers;
  }
  template <class T>
  std::optional<T> Own(std::vector<Answer> answers) {
    for (Answer& answer : answers) {
      if (answer.request != requests) continue;
      if (auto* reply = std::get_if<T>(&answer.reply)) return std::move(*reply);
    }
    return std::nullopt;
  }

  void Deliver(RequestId request, const Messages& messages) {
    const auto owner = receivers_.find(request);
    ASSERT_NE(owner, receivers_.end());
    Worker& worker = workers_[owner->second];
    EXPECT_TRUE(worker.alive || messages.messages.empty()) << "given to one that has left";
    for (const Message& message : messages.messages) {
      hands_.push_back({.message = message, .worker = owner->second, .renewed = now});
    }
    worker.waits = 0;
    receivers_.erase(owner);
  }

  // Time passes; whatever is due happens when it is due, and nothing does before.
  void MoveTime(Timestamp to) {
    for (int rounds = 0; rounds < 1'000; ++rounds) {
      const auto deadline = scheduler->NextDeadline();
      const Timestamp next = deadline ? std::min(std::max(*deadline, now), to) : to;
      if (next > now + seconds(1)) {
        now = now + (next - now) / 2;
        EXPECT_TRUE(Do(Tick{}).empty()) << "somebody was answered before the deadline";
        EXPECT_TRUE(records.empty()) << "something was due before the deadline";
      }
      now = next;
      Do(Tick{});
      if (now >= to) return;
    }
    FAIL() << "the scheduler's deadline stays in the past";
  }

  void Happen() {
    switch (Below(20)) {
      case 0:
      case 1:
      case 2: return PlannerClaims();
      case 3:
      case 4:
      case 5: return PlannerAnswers();
      case 6:
      case 7:
      case 8: return WorkerReceives(WorkerName(Below(3)));
      case 9: return WorkerBeats(WorkerName(Below(3)));
      case 10:
      case 11:
      case 12:
      case 13: return AttemptEnds();
      case 14: return Chance(30) ? WorkerDies(WorkerName(Below(3))) : void();
      case 15:
      case 16: return StockClient("stock" + std::to_string(Below(2)));
      case 17: return Operator();
      case 18: return UserDeletesATarget();
      default:
        for (int n = 0; n < 3; ++n) WorkerBeats(WorkerName(static_cast<size_t>(n)));
    }
  }

  static std::string WorkerName(size_t n) { return "h" + std::to_string(n); }

  // ---- the planner

  void PlannerClaims() {
    if (Chance(5)) plans_.clear();  // it died: its plans are offered again
    Do(ClaimPlans{.planner = "pl", .max = static_cast<uint32_t>(1 + Below(3))});
  }

  void PlannerAnswers() {
    if (plans_.empty()) return;
    const size_t which = Below(plans_.size());
    const PlanOffer plan = plans_[which];
    if (!Chance(20)) plans_.erase(plans_.begin() + static_cast<std::ptrdiff_t>(which));
    if (Chance(8)) {
      Do(FinishPlan{.plan = plan.plan,
                    .planner = Chance(50) ? "pl" : "another",
                    .error = R"({"type":"E","message":"m","traceback":"","where":"import"})"});
      return;
    }
    PlanOut(plan);
  }

  // What a planner does: looks from the roots down, not below what is complete.
  void PlanOut(const PlanOffer& plan) {
    RegisterTasks tasks{.plan = plan.plan, .planner = "pl"};
    std::set<std::string> seen;
    std::vector<std::string> roots, open;
    for (const TaskSpec& spec : plan.roots) roots.push_back(Catalog::KeyOf(spec));
    open = roots;
    while (!open.empty()) {
      const std::string key = open.back();
      open.pop_back();
      if (!seen.insert(key).second) continue;
      const std::vector<std::string> deps = Catalog::Deps(key);
      PlannedTask task{.key = key, .facts = Facts(key), .complete = complete_.contains(key)};
      task.checked_at = now;
      if (!task.complete) task.deps = deps;
      tasks.tasks.push_back(task);
      if (!task.complete) open.insert(open.end(), deps.begin(), deps.end());
    }
    Do(std::move(tasks));
    Do(FinishPlan{.plan = plan.plan, .planner = "pl", .roots = roots});
  }

  static TaskFacts Facts(const std::string& key) {
    TaskFacts facts;
    facts.family = Catalog::HashOf(key) % 7 == 0 ? "EmrJob" : "F";
    facts.module = "m";
    facts.params = "{}";
    facts.external = Catalog::IsExternal(key);
    facts.priority = static_cast<double>(Catalog::HashOf(key) % 3);
    if (Catalog::HashOf(key) % 6 == 0) facts.resources = Resources{{"db", 1}};
    return facts;
  }

  // ---- headrace's workers

  void WorkerReceives(const std::string& name) {
    Worker& worker = workers_[name];
    if (worker.waits != 0) return;
    if (!worker.alive) {
      Do(RegisterWorker{.worker = name, .pools = PoolsOf(name), .slots = 3, .info = "{}"});
      worker = {.alive = true, .beat_at = now};
    }
    receivers_[++requests] = name;
    worker.waits = requests;
    DoAs(requests,
         ReceiveWork{.worker = name,
                     .pools = PoolsOf(name),
                     .max = static_cast<uint32_t>(1 + Below(2)),
                     .wait = Chance(50) ? Duration{} : Duration(seconds(10))});
  }
  static std::vector<std::string> PoolsOf(const std::string& name) {
    return name == "h0" ? std::vector<std::string>{"default"}
                        : std::vector<std::string>{"emr", "default"};
  }

  void WorkerBeats(const std::string& name) {
    if (!workers_[name].alive) return;
    Heartbeat beat{.worker = name};
    for (const Hand& hand : hands_) {
      if (hand.worker == name) beat.attempts.push_back({.attempt = hand.message.attempt});
    }
    const auto taken = Own<HeartbeatTaken>(Do(beat));
    if (!taken) {  // given up meanwhile: it registers again when it receives
      workers_[name].alive = false;
      return;
    }
    for (const AttemptId lost : taken->lost) {
      EXPECT_FALSE(account_.Runs(lost)) << "told that it lost an attempt that is its own";
      std::erase_if(hands_, [&](const Hand& hand) { return hand.message.attempt == lost; });
    }
    for (const AttemptId cancelled : taken->cancel) Finish(cancelled, AttemptOutcome::kCancelled);
  }

  // Killed: it says nothing more, but a report of its may still be on the way.
  void WorkerDies(const std::string& name) {
    Worker& worker = workers_[name];
    if (worker.waits != 0) {
      DoAs(worker.waits, StopWaiting{});
      receivers_.erase(worker.waits);
    }
    worker = {};
    for (const Hand& hand : hands_) {
      if (hand.worker == name) late_.push_back(hand);
    }
    std::erase_if(hands_, [&](const Hand& hand) { return hand.worker == name; });
  }

  void AttemptEnds() {
    if (!late_.empty() && Chance(20)) {
      const size_t which = Below(late_.size());
      const Hand hand = late_[which];
      late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(which));
      return Report(hand, AttemptOutcome::kDone);
    }
    if (hands_.empty()) return;
    const AttemptId attempt = hands_[Below(hands_.size())].message.attempt;
    const size_t dice = Below(100);
    if (dice < 72) return Finish(attempt, AttemptOutcome::kDone);
    if (dice < 84) return Finish(attempt, AttemptOutcome::kFailed);
    if (dice < 89) return Finish(attempt, AttemptOutcome::kNewDependencies);
    if (dice < 93) return Finish(attempt, AttemptOutcome::kMissing);
    if (dice < 97) return Finish(attempt, AttemptOutcome::kReturned);
    Finish(attempt, AttemptOutcome::kLost);
  }

  void Finish(AttemptId attempt, AttemptOutcome outcome) {
    const auto found = std::find_if(hands_.begin(), hands_.end(), [&](const Hand& hand) {
      return hand.message.attempt == attempt;
    });
    if (found == hands_.end()) return;
    const Hand hand = *found;
    hands_.erase(found);
    Report(hand, outcome);
    if (Chance(5)) Report(hand, AttemptOutcome::kDone);  // the answer was lost: it says it again
  }

  // Taken when the attempt runs, refused without any effect when it does not.
  void Report(const Hand& hand, AttemptOutcome outcome) {
    const bool runs = account_.Runs(hand.message.attempt);
    FinishAttempt report{.attempt = hand.message.attempt,
                         .worker = hand.worker,
                         .outcome = outcome,
                         .details = "{}"};
    if (outcome == AttemptOutcome::kNewDependencies) {
      // Shared tasks ask for those before them alone, or for themselves: no circles of two.
      const std::string& own = hand.message.task;
      const size_t before = own[0] == 's' ? std::stoul(own.substr(1)) + 1 : kSharedTasks;
      const std::string key = "s" + std::to_string(Below(before));
      report.new_deps = {{.module = "m", .family = "F", .params = "{}", .key = key}};
    }
    if (outcome == AttemptOutcome::kDone && runs) complete_.insert(hand.message.task);
    const auto refused = Own<Refused>(Do(report));
    EXPECT_EQ(refused.has_value(), !runs) << "attempt " << hand.message.attempt.value;
    EXPECT_TRUE(!refused || records.empty()) << "a refused report changed something";
  }

  // ---- everybody else

  // A stock Luigi client: schedules a tree, works at it, or goes away without a word.
  void StockClient(const std::string& name) {
    std::string& works = stock_works_[name];
    if (works.empty() && Chance(50)) {
      const std::string root = "tstock" + std::to_string(Below(6));
      for (const std::string& key : Catalog::Deps(root)) StockAdds(name, key);
      StockAdds(name, root);
    }
    if (works.empty()) {
      const auto work = Own<Work>(Do(scheduler::GetWork{.worker = name, .host = "x"}));
      if (work) works = work->task;
      return;
    }
    if (Chance(10)) {  // killed: nobody reports
      works.clear();
      return;
    }
    if (Chance(70)) {
      const bool done = Chance(80);
      if (done) complete_.insert(works);
      Do(AddTask{.worker = name,
                 .task = works,
                 .status = done ? "DONE" : "FAILED",
                 .family = "F",
                 .runnable = false});
      works.clear();
    } else {
      Do(Ping{.worker = name});
    }
  }
  void StockAdds(const std::string& name, const std::string& key) {
    AddTask add{.worker = name, .task = key, .family = "F", .deps = Catalog::Deps(key)};
    if (complete_.contains(key)) add.status = "DONE";
    add.runnable = !Catalog::IsExternal(key);
    if (Catalog::HashOf(key) % 6 == 0) add.facts.resources = Resources{{"db", 1}};
    Do(add);
  }

  void Operator() {
    const std::string shared = "s" + std::to_string(Below(kSharedTasks));
    switch (Below(9)) {
      case 0: Do(RetryTask{.task = shared}); break;
      case 1: Do(CancelTask{.task = shared}); break;
      case 2: Do(RetryRun{.run = RunId{static_cast<uint32_t>(1 + Below(20))}}); break;
      case 3: Do(CancelRun{.run = RunId{static_cast<uint32_t>(1 + Below(20))}}); break;
      case 4: Do(PausePipeline{.pipeline = "p1", .paused = Chance(30)}); break;
      case 5: Do(SetPaused{.paused = Chance(20)}); break;
      case 6: {
        CreateRun run;
        if (Chance(50)) {
          run.pipeline = "p" + std::to_string(Below(3));
          run.interval_start = now - Upto(std::chrono::hours(1));
        } else {
          run.root = {.module = "m",
                      .family = "Root",
                      .params = R"({"n":")" + std::to_string(9000 + Below(5)) + R"("})"};
        }
        Do(run);
        break;
      }
      case 7:
        configure_.pools[0].slots = static_cast<uint32_t>(1 + Below(5));
        Do(configure_);
        break;
      default: Do(Prune{});
    }
  }

  void UserDeletesATarget() {
    if (complete_.empty()) return;
    auto victim = complete_.begin();
    std::advance(victim, static_cast<std::ptrdiff_t>(Below(complete_.size())));
    if (!Catalog::IsExternal(*victim)) complete_.erase(victim);
  }

  // ---- the end: everybody does what he should, and all that was asked for ends

  void Calm() {
    late_.clear();
    stock_works_.clear();  // stock clients are gone: the scheduler gives them up by itself
    for (int n = 0; n < 4; ++n) complete_.insert("x" + std::to_string(n));
    Do(SetPaused{.paused = false});
    for (int n = 0; n < 3; ++n) Do(PausePipeline{.pipeline = PipelineOf(n).name, .paused = false});
    configure_.pools[0].slots = 4;
    Do(configure_);
    for (int round = 0; round < 20'000 && !Over() && !testing::Test::HasFailure(); ++round) {
      PlannerClaims();
      for (const PlanOffer& plan : std::exchange(plans_, {})) PlanOut(plan);
      for (size_t n = 0; n < 3; ++n) {
        WorkerBeats(WorkerName(n));
        WorkerReceives(WorkerName(n));
      }
      const std::vector<Hand> hands = hands_;
      for (const Hand& hand : hands) Finish(hand.message.attempt, AttemptOutcome::kDone);
      MoveTime(now + seconds(8));
    }
    CheckEnd();
  }

  bool Over() const {
    return now > kSchedulesEnd + std::chrono::hours(1) && scheduler->state().plans().empty() &&
           account_.running() == 0 && ActiveRuns().empty();
  }
  std::vector<std::string> ActiveRuns() const {
    std::vector<std::string> active;
    const State& state = scheduler->state();
    for (const RunId id : state.runs_active()) {
      if (state.run(id).state == RunState::kFailed) continue;
      active.push_back("run " + std::to_string(id.value) + " is " +
                       std::string(Name(state.run(id).state)) + ", its root " +
                       Catalog::KeyOf(state.run(id).spec));
    }
    return active;
  }

  void CheckEnd() const {
    EXPECT_EQ(account_.running(), 0u);
    EXPECT_TRUE(scheduler->state().plans().empty());
    EXPECT_EQ(ActiveRuns(), std::vector<std::string>{}) << scheduler->state().Dump();
    for (int n = 0; n < 2; ++n) {  // all is caught up on: no interval is left out
      const auto& made =
          account_.intervals().at(scheduler->state().FindPipeline(PipelineOf(n).name));
      const Duration every = n == 0 ? Duration(minutes(20)) : Duration(std::chrono::hours(1));
      for (auto next = made.begin(); std::next(next) != made.end(); ++next) {
        EXPECT_EQ(*std::next(next), *next + every) << "an interval was left out";
      }
      EXPECT_LE(*made.begin(), kStart + every);
      EXPECT_GE(*made.rbegin() + every + every, kSchedulesEnd);
    }
    for (const auto& [id, task] : account_.tasks()) {
      const State& state = scheduler->state();
      if (!state.task(id).used || state.task(id).removed) continue;
      EXPECT_EQ(task.status, state.task(id).status) << task.key;
    }
  }

  std::mt19937_64 random_;
  Account account_;
  Configure configure_;
  std::vector<PlanOffer> plans_;
  std::map<std::string, Worker> workers_;
  std::map<RequestId, std::string> receivers_;
  std::vector<Hand> hands_, late_;
  std::map<std::string, std::string> stock_works_;
  std::set<std::string> complete_;  // whose targets are there
};

uint64_t Number(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(SchedulerRandom, NothingIsLostDoneTwiceOrForgotten) {
  const uint64_t only = Number("HEADRACE_SEED", 0);
  const uint64_t first = only != 0 ? only : 1;
  const uint64_t last = only != 0 ? only : Number("HEADRACE_SEEDS", 300);
  for (uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("HEADRACE_SEED=" + std::to_string(seed));
    {
      World world(seed);
      world.Run();
    }
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace headrace::scheduler
