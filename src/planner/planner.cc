// The planner's threads.

#include "planner/planner.h"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace headrace::planner {

namespace {

constexpr Duration kWait = std::chrono::seconds(20);  // of a claim
constexpr std::chrono::seconds kRenewEvery{10};
constexpr size_t kBatch = 1'000;

// The host as a whole failed: its import, or its process.
client::TaskError HostFailure(const Error& error, const host::Zygote* zygote) {
  const host::HostError failure = zygote == nullptr ? host::HostError{} : zygote->error();
  if (!failure.import) {
    return {.type = "TaskHost",
            .message = error.message,
            .traceback = failure.log_tail,
            .where = "import"};
  }
  return {.type = failure.import->type,
          .message = failure.import->message,
          .traceback = failure.import->traceback,
          .where = failure.import->where.empty() ? "import" : failure.import->where};
}

}  // namespace

Planner::Planner(PlannerOptions options, host::HostPool& pool, const Clock& clock)
    : options_(std::move(options)), pool_(pool), clock_(clock) {}

Planner::~Planner() {
  Stop();
  Join();
}

Result<void> Planner::Start() {
  for (size_t i = 0; i <= options_.plans; ++i) {
    clients_.push_back(TRY(client::Client::Make(options_.client)));
  }
  for (size_t i = 0; i < options_.plans; ++i) {
    threads_.emplace_back([this, i] { Work(*clients_[i]); });
  }
  threads_.emplace_back([this] { Renew(*clients_.back()); });
  return {};
}

void Planner::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
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

void Planner::Renew(client::Client& client) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, kRenewEvery, [this] { return stopping_; });
    const std::set<int64_t> plans = plans_;
    lock.unlock();
    for (int64_t plan : plans) (void)client.RenewPlan(plan, options_.id);
    lock.lock();
  }
}

void Planner::Do(client::Client& client, const client::Plan& plan) {
  {
    const std::lock_guard lock(mutex_);
    plans_.insert(plan.plan);
  }
  const auto found = Find(plan);
  PlanFindings findings;
  if (found) {
    findings = *found;
  } else {
    findings.error = client::TaskError{.type = "TaskHost",
                                       .message = found.error().message,
                                       .traceback = found.error().remedy,
                                       .where = "import"};
  }
  for (size_t begin = 0; begin < findings.tasks.size(); begin += kBatch) {
    const size_t count = std::min(kBatch, findings.tasks.size() - begin);
    const auto registered = client.RegisterTasks(
        plan.plan, options_.id, std::span(findings.tasks).subspan(begin, count));
    if (registered) continue;
    spdlog::warn("planner: plan {} is dropped: {}", plan.plan, registered.error().message);
    findings.roots.clear();
    break;
  }
  const bool whole = findings.tasks.empty() || !findings.roots.empty();
  if (whole) (void)client.FinishPlan(plan.plan, options_.id, findings.roots, findings.error);
  const std::lock_guard lock(mutex_);
  plans_.erase(plan.plan);
}

Result<PlanFindings> Planner::Find(const client::Plan& plan) {
  if (plan.roots.empty()) return PlanFindings{};
  const auto own = options_.host_by_pipeline.find(plan.pipeline);
  const host::HostSettings& settings =
      own == options_.host_by_pipeline.end() ? options_.host : own->second;
  const auto zygote = TRY(pool_.Get(settings, plan.roots.front().module));
  auto session = zygote->OpenSession();
  if (!session) {
    PlanFindings findings;
    findings.error = HostFailure(session.error(), zygote.get());
    return findings;
  }
  PlanWork work(**session,
                clock_,
                {.pipeline_unit = plan.pipeline_unit, .complete_limit = options_.complete_limit});
  return work.Find(plan.roots);
}

}  // namespace headrace::planner
