// SchedulerLink: a worker's calls to the scheduler, each kind on a thread of its own, so that a
// receive that waits, or a scheduler that is away, holds up neither heartbeats nor the tasks.
//
//   Receive() ───▶ receiver ───▶ the queue               answers come as LinkEvents, on these
//   Register(), SendHeartbeat() ───▶ beater              threads
//   Report() ───▶ finishers (a few) ───▶ until accepted
//
// At most one receive and one heartbeat are on their way at a time; WorkerState sees to that. A
// report is sent again until the scheduler has accepted it or refused it for good.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/mailbox.h"
#include "client/client.h"
#include "queue/task_queue.h"
#include "worker/lease_clock.h"

namespace headrace::worker {

// What came of a call. `sent`: just before it was.
struct WorkerRegistered {
  client::Registration registration;
};
struct MessagesReceived {
  std::vector<client::Message> messages;
  LeaseTime sent;
};
struct ReceiveFailed {
  bool unknown_worker = false;
};
struct HeartbeatAnswered {
  client::HeartbeatAnswer answer;
  LeaseTime sent;
};
struct HeartbeatFailed {
  bool unknown_worker = false;
};
struct ReportSettled {
  int64_t attempt = 0;
};
using LinkEvent = std::variant<WorkerRegistered,
                               MessagesReceived,
                               ReceiveFailed,
                               HeartbeatAnswered,
                               HeartbeatFailed,
                               ReportSettled>;

struct LinkOptions {
  client::ClientOptions client;
  client::WorkerInfo worker;
  size_t finishers = 4;
};

class SchedulerLink {
 public:
  // `on_event` is called on the link's threads and must not block. Errors: a url that is none.
  static Result<std::unique_ptr<SchedulerLink>> Make(LinkOptions options,
                                                     std::function<void(LinkEvent)> on_event);
  ~SchedulerLink();  // breaks off what is on its way

  SchedulerLink(const SchedulerLink&) = delete;
  SchedulerLink& operator=(const SchedulerLink&) = delete;

  // The worker's thread. None of them blocks.
  void Register();
  void Receive(int max, Duration wait);
  void SendHeartbeat(client::Heartbeat heartbeat);
  void Report(int64_t attempt, client::FinishReport report);

  // Breaks off what is on its way and tells the scheduler that this worker is gone; attempts that
  // it still had (a receive whose answer did not arrive) are lost at once then. Blocks some seconds
  // at most. The last call.
  void Leave();

 private:
  struct RegisterRequest {};
  struct ReceiveRequest {
    int max;
    Duration wait;
  };
  struct ReportRequest {
    int64_t attempt;
    client::FinishReport report;
  };
  struct Finisher {
    explicit Finisher(std::unique_ptr<client::Client> its) : client(std::move(its)) {}
    const std::unique_ptr<client::Client> client;
    Mailbox<ReportRequest> requests{kRequestsMax};
    Mailbox<char> pause{1};  // nothing comes in; waits until it is closed
    std::thread thread;
  };
  using Telling = std::variant<RegisterRequest, client::Heartbeat>;
  static constexpr size_t kRequestsMax = 1 << 16;

  SchedulerLink(LinkOptions options, std::function<void(LinkEvent)> on_event);
  Result<std::unique_ptr<client::Client>> MakeClient(Duration patience, Duration timeout) const;
  Result<void> Start();
  void BreakOff();

  void ReceiveLoop();
  void BeatLoop();
  void RegisterWorker();
  void TellHeartbeat(const client::Heartbeat& heartbeat);
  void FinishLoop(Finisher& finisher);
  bool Deliver(Finisher& finisher, ReportRequest& request);

  const LinkOptions options_;
  const std::function<void(LinkEvent)> on_event_;

  std::unique_ptr<queue::TaskQueue> queue_;
  Mailbox<ReceiveRequest> receives_{4};
  std::thread receiver_;

  std::unique_ptr<client::Client> beat_client_;
  Mailbox<Telling> beats_{8};
  bool reachable_ = true;  // the beater's
  std::thread beater_;

  std::vector<std::unique_ptr<Finisher>> finishers_;
  size_t next_finisher_ = 0;
  bool broken_off_ = false;
};

}  // namespace headrace::worker
