// What every TaskQueue must do, one sentence a test. An implementation's test instantiates it with
// a driver: what stands at the other end of the queue.
//
//   INSTANTIATE_TEST_SUITE_P(Embedded, TaskQueueConformance, testing::Values(&MakeEmbeddedDriver));

#pragma once

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "queue/task_queue.h"

namespace headrace::queue {

// The sender's side, and the queue under test.
class TaskQueueDriver {
 public:
  virtual ~TaskQueueDriver() = default;
  virtual TaskQueue& queue() = 0;
  // Makes a message for its pool receivable.
  virtual void Send(const client::Message& message) = 0;
  // Returns once a Receive() waits at the other end.
  virtual void AwaitReceiver() = 0;
};

class TaskQueueConformance : public testing::TestWithParam<std::unique_ptr<TaskQueueDriver> (*)()> {
 protected:
  static client::Message Message(int64_t attempt) {
    client::Message message;
    message.attempt = attempt;
    message.task = {.module = "pipes",
                    .family = "Count",
                    .params = {{"day", "2026-11-25"}, {"path", "caf\xC3\xA9 \xED\xB3\xBF"}},
                    .id = "Count_" + std::to_string(attempt)};
    message.pool = "default";
    return message;
  }

  std::vector<Received> Receive(int max, Duration wait = std::chrono::seconds(10)) {
    Result<std::vector<Received>> received =
        driver_->queue().Receive({.pools = {"default"}, .max = max, .wait = wait});
    EXPECT_TRUE(received) << received.error().message;
    return received ? *std::move(received) : std::vector<Received>();
  }

  const std::unique_ptr<TaskQueueDriver> driver_ = GetParam()();
};

TEST_P(TaskQueueConformance, MessageArrivesAsItWasSent) {
  driver_->Send(Message(7));

  const std::vector<Received> received = Receive(1);

  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].message, Message(7));
  EXPECT_FALSE(received[0].receipt.empty());
}

TEST_P(TaskQueueConformance, ReceiveTakesAtMostWhatWasAskedFor) {
  for (int64_t attempt = 1; attempt <= 3; ++attempt) driver_->Send(Message(attempt));

  size_t received = Receive(2).size();

  EXPECT_LE(received, 2u);
  while (received < 3) {
    ASSERT_EQ(Receive(1).size(), 1u);
    ++received;
  }
}

TEST_P(TaskQueueConformance, WaitingReceiverGetsWhatIsSentMeanwhile) {
  auto waiting = std::async(std::launch::async, [&] { return Receive(1); });
  driver_->AwaitReceiver();

  driver_->Send(Message(7));

  EXPECT_EQ(waiting.get().size(), 1u);
}

TEST_P(TaskQueueConformance, EmptyQueueAnswersWithNothing) {
  EXPECT_TRUE(Receive(1, std::chrono::milliseconds(1)).empty());
}

TEST_P(TaskQueueConformance, CancelEndsAReceiverThatWaits) {
  auto waiting = std::async(std::launch::async, [&] {
    return driver_->queue().Receive(
        {.pools = {"default"}, .max = 1, .wait = std::chrono::seconds(60)});
  });
  driver_->AwaitReceiver();

  driver_->queue().Cancel();

  EXPECT_EQ(waiting.get().error().code, ErrorCode::kUnavailable);
}

TEST_P(TaskQueueConformance, ExtendAndDeleteOfADeliverySucceed) {
  driver_->Send(Message(7));
  const std::vector<Received> received = Receive(1);
  ASSERT_EQ(received.size(), 1u);
  const std::vector<std::string> receipts = {received[0].receipt};

  EXPECT_TRUE(driver_->queue().Extend(receipts, std::chrono::seconds(30)));
  EXPECT_TRUE(driver_->queue().Delete(receipts[0]));
  EXPECT_TRUE(driver_->queue().Delete(receipts[0]));
}

}  // namespace headrace::queue
