// Planner: claims plans from the scheduler, finds out what is complete, registers what it found.
//
// Stateless: it may be killed at any time; its plans are offered to another one. A thread for each
// plan at once, and one that watches over them: it renews their leases, and kills the session of a
// plan that takes too long, is another's by now, or is not wanted any more because we stop.

#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "client/client.h"
#include "host/host_pool.h"
#include "planner/plan_work.h"
#include "targets/completeness_index.h"

namespace headrace::planner {

struct PlannerOptions {
  client::ClientOptions client;                                // the scheduler's url
  std::string id;                                              // "vm1-4712"
  size_t plans = 2;                                            // at once
  host::HostSettings host;                                     // how Python is started…
  std::map<std::string, host::HostSettings> host_by_pipeline;  // …where a pipeline says otherwise
  Duration complete_limit = std::chrono::seconds(30);          // of one complete()
  Duration plan_limit = std::chrono::hours(1);                 // of a whole plan
  Duration complete_kept = std::chrono::seconds(5);            // complete() said yes: believed for
};

class Planner {
 public:
  // All outlive it. `pool` may be shared with a worker.
  Planner(PlannerOptions options, host::HostPool& pool, const Clock& clock);
  ~Planner();  // Stop(), and waits

  Planner(const Planner&) = delete;
  Planner& operator=(const Planner&) = delete;

  // Starts its threads. Errors: a url that is none.
  Result<void> Start();
  // Any thread. What is being planned is left to another planner.
  void Stop();
  // Until all threads have ended.
  void Join();

 private:
  using Steady = std::chrono::steady_clock;
  enum class Ended : uint8_t { kNo, kTookTooLong, kDropped };
  struct Claim {  // a plan that is being worked on
    const client::Plan& plan;
    Steady::time_point deadline;
    Steady::time_point renew_at;
    const host::Session* session = nullptr;  // alive while it is here
    Ended ended = Ended::kNo;
  };

  void Work(client::Client& client);
  void Do(client::Client& client, const client::Plan& plan);
  PlanFindings Find(Claim& claim);
  PlanFindings FindIn(Claim& claim, std::span<const client::TaskName> roots);
  void Report(client::Client& client, const client::Plan& plan, PlanFindings findings);
  Result<void> Register(client::Client& client, int64_t plan, const PlanFindings& findings);

  void Watch(client::Client& client);
  void EndOverdue(Steady::time_point now);                 // with the mutex held
  Steady::time_point NextWatch() const;                    // with the mutex held
  static void EndClaim(Claim& claim, Ended why);           // with the mutex held
  void Enter(Claim& claim, const host::Session* session);  // nullptr: it is about to end
  Ended EndedOf(const Claim& claim) const;
  bool Stopping() const;

  const PlannerOptions options_;
  host::HostPool& pool_;
  const Clock& clock_;
  targets::CompletenessIndex index_;
  mutable std::mutex mutex_;  // of the next three
  std::condition_variable wake_;
  bool stopping_ = false;
  std::set<Claim*> claims_;
  std::vector<std::unique_ptr<client::Client>> clients_;
  std::vector<std::thread> threads_;
};

}  // namespace headrace::planner
