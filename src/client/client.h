// Client: the scheduler's /v1 API, one function a call.
//
// Plain blocking calls. One thread at a time, but for Cancel(): who calls from several threads has
// a client for each (a client is one connection, kept alive).
//
// The scheduler may be killed and come back at any time. A call that did not get through, or was
// answered 503, is sent again with growing pauses until `patience` is over; all writes of /v1 may
// be sent twice. Errors: kNotFound (404), kConflict (409: refused by the state), kInvalid (400,
// 413, an answer that makes no sense), kDenied (401, 403), kUnavailable and kTimeout (not reached);
// with the remedy the scheduler gives.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "client/common.h"
#include "client/planner_types.h"
#include "client/reads.h"
#include "client/worker_types.h"

namespace headrace::client {

struct ClientOptions {
  std::string url;  // "http://127.0.0.1:8082"
  std::string token = {};
  std::string ca_file = {};

  Duration patience{};                                 // how long to try again; zero: once
  Duration pause_min = std::chrono::milliseconds(50);  // between the first tries…
  Duration pause_max = std::chrono::seconds(2);        // …and the later ones
  Duration timeout = std::chrono::seconds(30);         // of one try, besides what is waited for
};

struct NewRun {
  // A pipeline's interval…
  std::string pipeline;
  std::optional<Timestamp> interval_start;
  // …or a task, ad hoc.
  TaskName task;
  double priority = 0;
  std::string pool;  // empty: by the task's family
};

struct RunCreated {
  int64_t run = 0;
  bool created = false;  // false: there was one for that interval; it is planned again
};

struct LogRange {
  std::string stream = "all";  // all, stdout, stderr
  int64_t offset = 0;
  int64_t limit = 65536;
};

class Client {
 public:
  static constexpr Duration kForever = std::chrono::hours(24 * 365);

  // kInvalid when the url is none.
  static Result<std::unique_ptr<Client>> Make(ClientOptions options);
  ~Client();

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Workers.
  Result<Registration> RegisterWorker(const WorkerInfo& worker);
  Result<std::vector<Message>> Receive(std::string_view worker,
                                       std::span<const std::string> pools,
                                       int max,
                                       Duration wait);
  Result<HeartbeatAnswer> SendHeartbeat(std::string_view worker, const Heartbeat& heartbeat);
  Result<void> FinishAttempt(int64_t attempt, const FinishReport& report);
  Result<void> RemoveWorker(std::string_view worker);

  // Planners.
  Result<std::vector<Plan>> ClaimPlans(std::string_view planner, int max, Duration wait);
  Result<Registered> RegisterTasks(int64_t plan,
                                   std::string_view planner,
                                   std::span<const PlannedTask> tasks);
  Result<void> RenewPlan(int64_t plan, std::string_view planner);
  Result<void> FinishPlan(int64_t plan,
                          std::string_view planner,
                          std::span<const std::string> roots,
                          const std::optional<TaskError>& error);

  // Operators. They answer the new status of the task, or the new state of the run.
  Result<RunCreated> CreateRun(const NewRun& run);
  Result<std::string> RetryTask(std::string_view task);
  Result<std::string> CancelTask(std::string_view task);
  Result<std::string> MarkTaskDone(std::string_view task);
  Result<std::string> RetryRun(int64_t run);
  Result<std::string> CancelRun(int64_t run);
  Result<bool> PausePipeline(std::string_view pipeline);  // paused?
  Result<bool> ResumePipeline(std::string_view pipeline);

  // Reads. `query` of a list: "phase=failed&limit=20&cursor=…", encoded (net/form.h).
  Result<RunRow> GetRun(int64_t run);
  Result<TaskRow> GetTask(std::string_view task);
  Result<Why> GetWhy(std::string_view task);
  Result<Overview> GetOverview();
  Result<Page<RunRow>> ListRuns(std::string_view query);
  Result<Page<TaskRow>> ListTasks(std::string_view query);
  Result<Page<TaskRow>> ListRunTasks(int64_t run, std::string_view query);
  Result<Page<AttemptRow>> ListAttempts(std::string_view task, std::string_view query);
  Result<Page<WorkerRow>> ListWorkers();
  Result<Page<PoolRow>> ListPools();
  Result<Page<PipelineRow>> ListPipelines();
  Result<LogPart> ReadLog(int64_t attempt, const LogRange& range);
  // Hands the log over as it grows, until the attempt has ended or `on_bytes` returns false.
  Result<void> FollowLog(int64_t attempt,
                         const LogRange& range,
                         const std::function<bool(std::string_view bytes)>& on_bytes);
  // The answer of any GET as it came: "/v1/tasks?limit=5".
  Result<std::string> Get(std::string_view path_and_query);

  // Any thread: the call that runs, and all later ones, fail at once with kUnavailable.
  void Cancel();
  bool IsCancelled() const;

  const std::string& url() const;

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace headrace::client
