// TaskQueue: where a worker gets attempts from. Messages are received, kept while they are worked
// on, and deleted when their attempt is over; one that is neither extended nor deleted comes back.
//
//   Receive ──▶ [Extend …] ──▶ Delete          or, when the worker dies: visible to others again
//
// The scheduler alone judges who may run what: a queue that says `claimed` has asked it already
// (the embedded one), else the worker claims the attempt before it starts it.
//
// One thread receives at a time; Extend, Delete and Cancel come from any thread. Every
// implementation passes queue/task_queue_conformance.h.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "client/worker_types.h"

namespace headrace::queue {

struct ReceiveRequest {
  std::vector<std::string> pools;
  int max = 1;      // at most so many messages
  Duration wait{};  // for the first one
};

struct Received {
  client::Message message;
  std::string receipt;  // names this delivery, for Extend and Delete
  bool claimed = false;
};

class TaskQueue {
 public:
  virtual ~TaskQueue() = default;

  // Blocks until there is at least one message or `wait` is over (then none). kUnavailable while
  // the queue cannot be reached; kNotFound: it does not know this worker (any more).
  virtual Result<std::vector<Received>> Receive(const ReceiveRequest& request) = 0;

  // Keeps these deliveries invisible for `span` from now on.
  virtual Result<void> Extend(std::span<const std::string> receipts, Duration span) = 0;

  // The attempt is over and the scheduler knows. Deleting twice is no error.
  virtual Result<void> Delete(const std::string& receipt) = 0;

  // A Receive() that waits returns at once, and so do all later ones, with kUnavailable.
  virtual void Cancel() = 0;
};

}  // namespace headrace::queue
