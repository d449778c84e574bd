// Attempt: one running task as its parent sees it: three descriptors, a process group, and what is
// known of how it ends.
//
//   kImporting ──▶ kStarting ──▶ kRunning ──▶ kDraining ──▶ over
//    (its host)     (run sent)    (pid known)   (tree gone, output and report being read)
//
// The result may overtake the exit and the exit the result: they come over two sockets. So it is
// judged only after the report socket has been read to its end.

#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/python_json.h"
#include "base/unique_fd.h"
#include "host/line_socket.h"
#include "host/task_runner.h"

namespace headrace::host {

class Attempt {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Phase : uint8_t { kImporting, kStarting, kRunning, kDraining };
  enum class Reason : uint8_t { kTimeLimit, kAsked, kExitGrace };

  Attempt(RunRequest request, std::vector<RunEvent>& events);

  const RunRequest& request() const { return request_; }
  void Renew(Duration lease_end) { request_.lease_end = lease_end; }
  const std::string& name() const { return request_.attempt; }
  Phase phase() const { return phase_; }
  pid_t pid() const { return pid_; }

  // What the child gets: stdout, stderr, report socket. Moves to kStarting.
  Result<std::array<UniqueFd, 3>> OpenStreams();

  void OnStarted(pid_t pid, Time now);
  void OnExited(ExitStatus exit, const ProcessUsage& usage, Time now);  // its tree is gone
  void OnLost(std::string why, Time now);

  // Reads what there is, without blocking; a stream at its end is closed.
  void ReadOutput(Stream stream);
  void ReadReport(Time now);
  int output_fd(Stream stream) const { return outputs_[static_cast<size_t>(stream)].get(); }
  int report_fd() const { return report_ ? report_->fd() : -1; }

  bool Send(std::string_view line) { return report_ && report_->Send(line); }

  // SIGTERM now (or as soon as its pid is known), SIGKILL after `grace`.
  void Kill(Reason reason, std::string why, Duration grace, Time now);

  std::optional<Time> deadline() const;
  void OnTime(Time now);  // does what is due by then

  // kDraining, and read to the end or for long enough.
  bool Over(Time now) const;
  Outcome Conclude();

  std::shared_ptr<Zygote> host;  // shared with the pool; an outdated one lives on for its tasks
  bool fresh = false;            // `host` is an interpreter for this attempt alone

 private:
  void TakeReport(const std::string& line, Time now);
  void Emit(decltype(RunEvent::what) what);
  void SignalGroup(int signal) const;
  Outcome WithoutResult() const;

  RunRequest request_;
  std::vector<RunEvent>& events_;  // of the runner
  Phase phase_ = Phase::kImporting;
  pid_t pid_ = 0;
  std::array<UniqueFd, 2> outputs_;  // by Stream
  std::unique_ptr<LineSocket> report_;
  std::unique_ptr<JsonParser> parser_;

  std::optional<Time> limit_end_;  // request_.time_limit, from kRunning on
  std::optional<Time> exit_end_;   // once there is a result: when the process must be gone
  std::optional<Time> kill_at_;    // after a SIGTERM
  std::optional<Time> drain_end_;

  std::optional<Outcome> result_;  // as the task told it
  std::optional<Reason> killed_;   // why we have signalled it, if we did
  bool killed_before_result_ = false;
  std::string kill_words_;
  Duration kill_grace_{};
  std::optional<std::string> lost_;
  std::optional<ExitStatus> exit_;
  ProcessUsage usage_;
};

}  // namespace headrace::host
