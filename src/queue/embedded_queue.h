// EmbeddedQueue: the scheduler's own queue, reached over /v1. Receiving is claiming: what arrives
// is a running attempt of this worker, whose lease heartbeats renew and whose finish report ends
// it. So there is nothing to extend or delete.

#pragma once

#include <memory>
#include <string>

#include "client/client.h"
#include "queue/task_queue.h"

namespace headrace::queue {

class EmbeddedQueue final : public TaskQueue {
 public:
  // `client` is this queue's alone: a long poll holds its connection.
  EmbeddedQueue(std::unique_ptr<client::Client> client, std::string worker);

  Result<std::vector<Received>> Receive(const ReceiveRequest& request) override;
  Result<void> Extend(std::span<const std::string> receipts, Duration span) override;
  Result<void> Delete(const std::string& receipt) override;
  void Cancel() override;

 private:
  const std::unique_ptr<client::Client> client_;
  const std::string worker_;
};

}  // namespace headrace::queue
