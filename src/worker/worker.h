// Worker: takes attempts from the scheduler, runs each in a fresh runtime, reports how it ended.
//
// One thread (the one that calls Run) owns the decisions (WorkerState), the children (TaskRunner)
// and the logs; the calls to the scheduler have threads of their own (SchedulerLink) whose answers
// come through a mailbox. No thread a task, and nothing here waits for the scheduler.
//
// Killed with -9 it leaves nothing behind: the task hosts see the end of their socket and kill what
// they have forked.

#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/child_process.h"
#include "base/clock.h"
#include "base/mailbox.h"
#include "host/host_pool.h"
#include "host/task_runner.h"
#include "worker/attempt_log.h"
#include "worker/scheduler_link.h"
#include "worker/worker_state.h"

namespace headrace::worker {

struct WorkerOptions {
  client::ClientOptions client;  // the scheduler's url
  client::WorkerInfo worker;     // id, pools, slots, …
  WorkerLimits limits;           // its slots are worker.slots
  AttemptLogOptions log;         // dir empty: no logs

  host::HostSettings host;                                     // how Python is started…
  std::map<std::string, host::HostSettings> host_by_pipeline;  // …where a pipeline says otherwise

  std::set<std::string> unforked;  // pipelines whose attempts get a fresh interpreter always

  std::optional<Duration> timeout;  // of an attempt, where its task has none; zero or unset: none
  Duration exit_grace = std::chrono::seconds(30);  // between a task's result and its exit
  int64_t memory_bytes_max = 0;                    // address space of an attempt; zero: no limit
  bool skip_dependency_check = false;  // the planner's proof is enough: not asked again in the task
};

class Worker {
 public:
  // All outlive it. `pool` may be shared with a planner.
  Worker(WorkerOptions options, Children& children, host::HostPool& pool, const Clock& clock);
  ~Worker();  // on the thread that ran it

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Works until it is stopped and all that ran has been reported. Errors: options that make no
  // sense. Once.
  Result<void> Run();

  // Any thread; not a signal handler. First: drain: give back what has not started, let what runs
  // end. Again: kill what runs, at once.
  void Stop();

 private:
  struct Running {
    client::Message message;
    std::unique_ptr<AttemptLog> log;  // null: there is none
    LeaseTime since;
  };

  bool ObeyStop();  // true: time to go, whatever is left
  void Perform(std::vector<Action> actions);
  void Do(const Register& action);
  void Do(const Receive& action);
  void Do(SendHeartbeat& action);
  void Do(Launch& action);
  void Do(const Renew& action);
  void Do(const Kill& action);
  void Do(Report& action);
  void Do(const Forget& action);
  void Do(const Deliver& action);

  void On(LinkEvent& event);
  void On(const host::RunEvent& event);
  void NoteFreshInterpreter(Running& running);
  host::RunRequest MakeRequest(const client::Message& message, AttemptLog* log) const;
  const host::HostSettings& HostOf(const client::Message& message) const;
  void CloseLog(int64_t attempt, const client::FinishReport& report);

  const WorkerOptions options_;
  host::HostPool& pool_;
  const Clock& clock_;

  std::atomic<int> stops_ = 0;  // how often Stop() was called
  int stops_obeyed_ = 0;
  std::optional<LeaseTime> give_up_at_;  // after the second: reports are waited for until then

  WorkerState state_;
  Mailbox<LinkEvent> inbox_;
  host::TaskRunner runner_;
  std::unique_ptr<SchedulerLink> link_;
  std::map<int64_t, Running> running_;
};

}  // namespace headrace::worker
