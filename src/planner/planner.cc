// The planner's threads.

#include "planner/planner.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <spdlog/spdlog.h>

namespace headrace::planner {

namespace {

constexpr Duration kWait = std::chrono::seconds(20);  // of a claim
// One request has at most so many tasks, and (about) so many dependencies.
constexpr size_t kTasksInABatch = 1'000;
constexpr size_t kDepsInABatch = 100'000;

// The host as a whole failed: its import, or its process.
PlanFindings HostFailed(const Error& error, const host::HostError& failure) {
  PlanFindings findings;
  if (failure.import) {
    findings.error = client::TaskError{
        .type = failure.import->type,
        .message = failure.import->message,
        .traceback = failure.import->traceback,
        .where = failure.import->where.empty() ? "import" : failure.import->where};
  } else {
    findings.error =
        client::TaskError{.type = "TaskHost",
                          .message = error.message,
                          .traceback = failure.log_tail.empty() ? error.remedy : failure.log_tail,
                          .where = "import"};
  }
  return findings;
}

// How many tasks from `begin` go into one request.
size_t BatchSize(std::span<const client::PlannedTask> tasks) {
  size_t count = 0;
  size_t deps = 0;
  while (count < tasks.size() && count < kTasksInABatch) {
    deps += tasks[count].deps.size();
    if (count > 0 && deps > kDepsInABatch) break;
    ++count;
  }
  return count;
}

void Append(PlanFindings& all, PlanFindings more) {
  std::ranges::move(more.tasks, std::back_inserter(all.tasks));
  std::ranges::move(more.roots, std::back_inserter(all.roots));
  if (!all.error) all.error = std::move(more.error);
}

// It will not get better by itself: the scheduler's run shows what is wrong.
bool IsOurMistake(const Error& error) {
  return error.code == ErrorCode::kInvalid || error.code == ErrorCode::kCorrupt;
}

}  // namespace

Planner::Planner(PlannerOptions options, host::HostPool& pool, const Clock& clock)
    : options_(std::move(options)), pool_(pool), clock_(clock), index_(options_.complete_kept) {}

Planner::~Planner() {
  Stop();
  Join();
}

Result<void> Planner::Start() {
  for (size_t i = 0; i < options_.plans; ++i) {
    clients_.push_back(TRY(client::Client::Make(options_.client)));
  }
  client::ClientOptions once = options_.client;  // the watch may not be held up
  once.patience = {};
  once.timeout = std::chrono::seconds(5);
  clients_.push_back(TRY(client::Client::Make(once)));
  for (size_t i = 0; i < options_.plans; ++i) {
    threads_.emplace_back([this, i] { Work(*clients_[i]); });
  }
  threads_.emplace_back([this] { Watch(*clients_.back()); });
  return {};
}

void Planner::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (Claim* claim : claims_) EndClaim(*claim, Ended::kDropped);
  }
  wake_.notify_all();
  for (const auto& client : clients_) client->Cancel();
}

void Planner::Join() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

bool Planner::Stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Planner::Work(client::Client& client) {
  bool reachable = true;
  while (!Stopping()) {
    const auto plans = client.ClaimPlans(options_.id, 1, kWait);
    if (!plans) {
      if (reachable && !Stopping()) spdlog::warn("planner: {}", plans.error().message);
      reachable = false;
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, std::chrono::milliseconds(500), [this] { return stopping_; });
      continue;
    }
    if (!reachable) spdlog::info("planner: the scheduler answers again");
    reachable = true;
    for (const client::Plan& plan : *plans) Do(client, plan);
  }
}

void Planner::Do(client::Client& client, const client::Plan& plan) {
  const Steady::time_point now = Steady::now();
  Claim claim{
      .plan = plan, .deadline = now + options_.plan_limit, .renew_at = now + plan.lease / 3};
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    claims_.insert(&claim);
  }
  wake_.notify_all();
  PlanFindings findings = Find(claim);
  const Ended ended = EndedOf(claim);
  if (ended == Ended::kTookTooLong) {
    findings = {};
    findings.error = client::TaskError{
        .type = "TimeoutError",
        .message =
            fmt::format("planning took longer than {} s",
                        std::chrono::floor<std::chrono::seconds>(options_.plan_limit).count()),
        .traceback = {},
        .where = "timeout"};
  }
  if (ended == Ended::kDropped) {
    spdlog::info("planner: plan {} is left to another planner", plan.plan);
  } else {
    Report(client, plan, std::move(findings));
  }
  const std::lock_guard lock(mutex_);
  claims_.erase(&claim);
}

// A session for each module: what one imports must not change the ids of another.
PlanFindings Planner::Find(Claim& claim) {
  std::map<std::string, std::vector<client::TaskName>> by_module;
  for (const client::TaskName& root : claim.plan.roots) by_module[root.module].push_back(root);
  PlanFindings all;
  for (const auto& [module, roots] : by_module) {
    if (EndedOf(claim) != Ended::kNo) break;
    Append(all, FindIn(claim, roots));
  }
  return all;
}

PlanFindings Planner::FindIn(Claim& claim, std::span<const client::TaskName> roots) {
  const client::Plan& plan = claim.plan;
  const auto own = options_.host_by_pipeline.find(plan.pipeline);
  const bool has_own = own != options_.host_by_pipeline.end();
  const host::HostSettings& settings = has_own ? own->second : options_.host;
  const auto zygote = pool_.Get(settings, roots.front().module);
  if (!zygote) return HostFailed(zygote.error(), {});
  const auto session = (*zygote)->OpenSession();
  if (!session) return HostFailed(session.error(), (*zygote)->error());
  PlanWork work(**session,
                clock_,
                index_,
                {.pipeline_unit = plan.pipeline_unit,
                 .complete_limit = options_.complete_limit,
                 // The others are there because something was seen to be incomplete.
                 .ask_anew = plan.kind != client::PlanKind::kRun,
                 .scope = (has_own ? plan.pipeline : std::string()) + '/'});
  Enter(claim, session->get());
  Result<PlanFindings> found = work.Find(roots);
  Enter(claim, nullptr);
  if (found) return *std::move(found);
  PlanFindings findings;
  findings.error = client::TaskError{
      .type = "TaskHost",
      .message =
          fmt::format("{}, while it looked below {}", found.error().message, roots.front().family),
      .traceback = found.error().remedy,
      .where = "describe"};
  return findings;
}

void Planner::Report(client::Client& client, const client::Plan& plan, PlanFindings findings) {
  // It is offered again later; until then nobody is told but by this line. Who waits for an ad-hoc
  // run is told by its command.
  if (findings.error && plan.run && !plan.pipeline.empty()) {
    spdlog::warn("planner: run {} of pipeline {} cannot be planned: {}: {}",
                 *plan.run,
                 plan.pipeline,
                 findings.error->type,
                 findings.error->message);
  }
  const auto registered = Register(client, plan.plan, findings);
  if (!registered) {
    spdlog::warn("planner: plan {} is dropped: {}", plan.plan, registered.error().message);
    if (!IsOurMistake(registered.error())) return;
    findings.error = client::TaskError{.type = "RegistrationRefused",
                                       .message = registered.error().message,
                                       .traceback = registered.error().remedy,
                                       .where = "describe"};
  }
  const auto finished = client.FinishPlan(plan.plan, options_.id, findings.roots, findings.error);
  if (!finished && !Stopping()) {
    spdlog::warn("planner: plan {} is dropped: {}", plan.plan, finished.error().message);
  }
}

Result<void> Planner::Register(client::Client& client, int64_t plan, const PlanFindings& findings) {
  std::span<const client::PlannedTask> left = findings.tasks;
  while (!left.empty()) {
    const size_t count = BatchSize(left);
    TRY(client.RegisterTasks(plan, options_.id, left.first(count)));
    left = left.subspan(count);
  }
  return {};
}

void Planner::Watch(client::Client& client) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    // Woken when a plan begins, too: its times may come first.
    wake_.wait_until(lock, NextWatch());
    const Steady::time_point now = Steady::now();
    EndOverdue(now);
    std::vector<std::pair<Claim*, int64_t>> due;
    for (Claim* claim : claims_) {
      if (claim->renew_at > now || claim->ended != Ended::kNo) continue;
      claim->renew_at = now + claim->plan.lease / 3;
      due.emplace_back(claim, claim->plan.plan);
    }
    for (const auto& [claim, plan] : due) {
      lock.unlock();
      const auto renewed = client.RenewPlan(plan, options_.id);
      lock.lock();
      const bool lost = !renewed && (renewed.error().code == ErrorCode::kConflict ||
                                     renewed.error().code == ErrorCode::kNotFound);
      // It may have ended meanwhile.
      if (lost && claims_.contains(claim) && claim->plan.plan == plan)
        EndClaim(*claim, Ended::kDropped);
    }
  }
}

void Planner::EndOverdue(Steady::time_point now) {
  for (Claim* claim : claims_) {
    if (claim->deadline <= now) EndClaim(*claim, Ended::kTookTooLong);
  }
}

Planner::Steady::time_point Planner::NextWatch() const {
  Steady::time_point next = Steady::now() + std::chrono::minutes(1);
  for (const Claim* claim : claims_) {
    if (claim->ended == Ended::kNo) next = std::min({next, claim->renew_at, claim->deadline});
  }
  return next;
}

void Planner::EndClaim(Claim& claim, Ended why) {
  if (claim.ended == Ended::kNo) claim.ended = why;
  if (claim.session != nullptr) claim.session->Kill();
}

void Planner::Enter(Claim& claim, const host::Session* session) {
  const std::lock_guard lock(mutex_);
  claim.session = session;
  if (claim.ended != Ended::kNo && session != nullptr) session->Kill();
}

Planner::Ended Planner::EndedOf(const Claim& claim) const {
  const std::lock_guard lock(mutex_);
  return claim.ended;
}

}  // namespace headrace::planner
