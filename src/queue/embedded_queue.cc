// The scheduler's queue as a TaskQueue.

#include "queue/embedded_queue.h"

#include <utility>

namespace headrace::queue {

EmbeddedQueue::EmbeddedQueue(std::unique_ptr<client::Client> client, std::string worker)
    : client_(std::move(client)), worker_(std::move(worker)) {}

Result<std::vector<Received>> EmbeddedQueue::Receive(const ReceiveRequest& request) {
  std::vector<client::Message> messages =
      TRY(client_->Receive(worker_, request.pools, request.max, request.wait));

  std::vector<Received> received;
  received.reserve(messages.size());
  for (client::Message& message : messages) {
    std::string receipt = std::to_string(message.attempt);
    received.push_back(
        {.message = std::move(message), .receipt = std::move(receipt), .claimed = true});
  }
  return received;
}

Result<void> EmbeddedQueue::Extend(std::span<const std::string>, Duration) {
  return {};
}

Result<void> EmbeddedQueue::Delete(const std::string&) {
  return {};
}

void EmbeddedQueue::Cancel() {
  client_->Cancel();
}

}  // namespace headrace::queue
