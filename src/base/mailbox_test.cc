// The mailbox alone and between real threads.

#include "base/mailbox.h"

#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace headrace {
namespace {

using std::chrono::seconds;

TEST(Mailbox, HandsOverEverythingInOrder) {
  Mailbox<int> box(10);
  for (int i : {1, 2, 3}) ASSERT_TRUE(box.Put(std::move(i)));
  std::vector<int> out = {99};

  EXPECT_TRUE(box.Take(out));

  EXPECT_EQ(out, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(box.Size(), 0u);
}

TEST(Mailbox, RefusesWhatIsTooMuchAndLeavesItToTheCaller) {
  Mailbox<std::unique_ptr<int>> box(1);
  ASSERT_TRUE(box.Put(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);

  EXPECT_FALSE(box.Put(std::move(second)));

  EXPECT_EQ(*second, 2);
}

TEST(Mailbox, TakeReturnsWithNothingWhenItsTimeIsOver) {
  Mailbox<int> box(1);
  std::vector<int> out;

  EXPECT_TRUE(box.Take(out, Duration(1)));

  EXPECT_TRUE(out.empty());
}

TEST(Mailbox, ClosedBoxGivesItsRestAndThenEnds) {
  Mailbox<int> box(10);
  ASSERT_TRUE(box.Put(1));
  box.Close();
  std::vector<int> out;

  EXPECT_FALSE(box.Put(2));
  EXPECT_TRUE(box.Take(out));
  EXPECT_EQ(out, std::vector<int>{1});
  EXPECT_FALSE(box.Take(out));
}

TEST(Mailbox, ClosingWakesAWaitingTaker) {
  Mailbox<int> box(10);
  bool more = true;
  std::jthread taker([&] {
    std::vector<int> out;
    more = box.Take(out);
  });

  box.Close();
  taker.join();

  EXPECT_FALSE(more);
}

TEST(Mailbox, NudgeWakesAWaitingTakerOnce) {
  Mailbox<int> box(10);
  std::vector<int> out;
  box.Nudge();

  EXPECT_TRUE(box.Take(out));  // would wait for ever
  EXPECT_TRUE(box.Take(out, Duration(1)));

  EXPECT_TRUE(out.empty());
}

TEST(Mailbox, LingerEndsWhenEnoughHaveCome) {
  Mailbox<int> box(10);
  std::jthread putter([&] {
    for (int i : {1, 2, 3}) ASSERT_TRUE(box.Put(std::move(i)));
  });

  box.Linger(3, seconds(60));

  EXPECT_EQ(box.Size(), 3u);
}

TEST(Mailbox, NothingIsLostOrDoubledBetweenManyPuttersAndATaker) {
  constexpr int kPutters = 4, kItems = 20'000;
  Mailbox<int> box(100);
  std::vector<std::jthread> putters;
  for (int p = 0; p < kPutters; ++p) {
    putters.emplace_back([&box, p] {
      for (int i = 0; i < kItems; ++i) {
        while (!box.Put(p * kItems + i)) std::this_thread::yield();
      }
    });
  }

  std::vector<int> next(kPutters, 0);  // each putter's items come in its order
  std::vector<int> out;
  for (int taken = 0; taken < kPutters * kItems;) {
    ASSERT_TRUE(box.Take(out));
    taken += static_cast<int>(out.size());
    for (int item : out) ASSERT_EQ(item % kItems, next[static_cast<size_t>(item / kItems)]++);
  }

  EXPECT_EQ(next, std::vector<int>(kPutters, kItems));
}

}  // namespace
}  // namespace headrace
