// Planner: claims plans from the scheduler, finds out what is complete, registers what it found.
//
// Stateless: it may be killed at any time; its plans are offered to another one. A thread for each
// plan at once, and one that renews their leases.

#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "client/client.h"
#include "host/host_pool.h"
#include "planner/plan_work.h"

namespace headrace::planner {

struct PlannerOptions {
  client::ClientOptions client;                                // the scheduler's url
  std::string id;                                              // "vm1-4712"
  size_t plans = 2;                                            // at once
  host::HostSettings host;                                     // how Python is started…
  std::map<std::string, host::HostSettings> host_by_pipeline;  // …where a pipeline says otherwise
  Duration complete_limit = std::chrono::seconds(30);
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
  void Work(client::Client& client);
  void Renew(client::Client& client);
  void Do(client::Client& client, const client::Plan& plan);
  Result<PlanFindings> Find(const client::Plan& plan);
  bool Stopping() const;

  const PlannerOptions options_;
  host::HostPool& pool_;
  const Clock& clock_;
  mutable std::mutex mutex_;  // of the next three
  std::condition_variable wake_;
  bool stopping_ = false;
  std::set<int64_t> plans_;  // being worked on
  std::vector<std::unique_ptr<client::Client>> clients_;
  std::vector<std::thread> threads_;
};

}  // namespace headrace::planner
