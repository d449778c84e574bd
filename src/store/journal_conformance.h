// What the journal of every store must do, as tests; and opening and locking the store. An
// implementation's test file names how it is opened:
//
//   struct SqliteFactory { Result<std::unique_ptr<Store>> Open(); };   // the same store each time
//   INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, JournalConformance, SqliteFactory);

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "store/store.h"

namespace headrace::store {

template <class Factory>
class JournalConformance : public testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen() {
    store_.reset();
    Result<std::unique_ptr<Store>> opened = factory_.Open();
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  Journal& journal() { return store_->journal(); }

  // One text a commit: "3@1:three\n" is commit 3 of epoch 1.
  std::vector<std::string> ReadFrom(CommitId first) {
    std::vector<std::string> texts;
    const Result<void> read = journal().ReadFrom(first, [&](const Commit& commit) -> Result<void> {
      texts.push_back(std::to_string(commit.id) + "@" + std::to_string(commit.epoch) + ":" +
                      std::string(commit.records));
      return {};
    });
    EXPECT_TRUE(read) << read.error().message;
    return texts;
  }

  void Append(int from, int to) {
    for (int n = from; n <= to; ++n) {
      const Result<CommitId> commit = journal().Append(std::to_string(n) + "\n", Timestamp{});
      ASSERT_TRUE(commit) << commit.error().message;
      EXPECT_EQ(*commit, static_cast<CommitId>(n));
    }
  }

  Factory factory_;
  std::unique_ptr<Store> store_;
};

TYPED_TEST_SUITE_P(JournalConformance);

TYPED_TEST_P(JournalConformance, NewJournalIsEmptyAndCountsFromOne) {
  EXPECT_EQ(this->journal().Last(), 0U);
  EXPECT_TRUE(this->ReadFrom(1).empty());

  this->Append(1, 3);

  EXPECT_EQ(this->journal().Last(), 3U);
}

TYPED_TEST_P(JournalConformance, CommitsComeBackInOrderAsTheyWereWritten) {
  const std::string odd = "{\"text\":\"\xc3\xa9\\n 'quoted' \\u0000\"}\nsecond\n";
  const Timestamp at{Duration{1'795'569'502'824'552}};
  ASSERT_TRUE(this->journal().Append("first\n", Timestamp{}));
  ASSERT_TRUE(this->journal().Append(odd, at));

  this->Reopen();

  EXPECT_EQ(this->ReadFrom(1), (std::vector<std::string>{"1@1:first\n", "2@1:" + odd}));
  EXPECT_EQ(this->ReadFrom(2), (std::vector<std::string>{"2@1:" + odd}));
  EXPECT_TRUE(this->journal().ReadFrom(2, [&](const Commit& commit) -> Result<void> {
    EXPECT_EQ(commit.at, at);
    return {};
  }));
}

TYPED_TEST_P(JournalConformance, EveryOpeningRaisesTheEpochThatNewCommitsCarry) {
  EXPECT_EQ(this->journal().OpenedAs(), 1U);
  this->Append(1, 1);

  this->Reopen();
  this->Append(2, 2);

  EXPECT_EQ(this->journal().OpenedAs(), 2U);
  EXPECT_EQ(this->ReadFrom(1), (std::vector<std::string>{"1@1:1\n", "2@2:2\n"}));
}

TYPED_TEST_P(JournalConformance, OpenStoreIsRefusedToASecondOne) {
  const Result<std::unique_ptr<Store>> second = this->factory_.Open();

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message.find("in use"), std::string::npos) << second.error().message;
}

TYPED_TEST_P(JournalConformance, LargeCommitIsKeptWhole) {
  std::string large(9 << 20, 'x');
  large.back() = '\n';
  ASSERT_TRUE(this->journal().Append(large, Timestamp{}));
  ASSERT_TRUE(this->journal().Maintain());

  this->Reopen();

  EXPECT_EQ(this->ReadFrom(1).at(0), "1@1:" + large);
}

TYPED_TEST_P(JournalConformance, VisitorsErrorStopsTheReading) {
  this->Append(1, 3);
  int visits = 0;

  const Result<void> read = this->journal().ReadFrom(1, [&](const Commit& commit) -> Result<void> {
    ++visits;
    if (commit.id == 2) return Fail(ErrorCode::kCorrupt, "no");
    return {};
  });

  EXPECT_EQ(visits, 2);
  EXPECT_EQ(read.error().message, "no");
}

TYPED_TEST_P(JournalConformance, TrimTakesTheOldestInSlicesAndLeavesTheNewest) {
  this->Append(1, 1'150);

  EXPECT_EQ(*this->journal().Trim(1'051), Journal::kTrimRowsMax);
  EXPECT_EQ(*this->journal().Trim(1'051), 50U);
  EXPECT_EQ(*this->journal().Trim(1'051), 0U);

  EXPECT_EQ(this->ReadFrom(1'051).size(), 100U);
  while (*this->journal().Trim(2'000) > 0) {
  }
  this->Reopen();
  EXPECT_EQ(this->ReadFrom(1'150), (std::vector<std::string>{"1150@1:1150\n"}));
  EXPECT_EQ(this->journal().Last(), 1'150U);
}

TYPED_TEST_P(JournalConformance, JournalContinuesAfterACommitItNeverHad) {
  this->Append(1, 3);

  ASSERT_TRUE(this->journal().ContinueAfter(7));

  EXPECT_TRUE(this->ReadFrom(8).empty());
  this->Append(8, 9);
  this->Reopen();
  EXPECT_EQ(this->ReadFrom(8), (std::vector<std::string>{"8@1:8\n", "9@1:9\n"}));
  EXPECT_FALSE(this->journal().ReadFrom(3, [](const Commit&) -> Result<void> { return {}; }));
}

TYPED_TEST_P(JournalConformance, TrimmedCommitIsMissedByWhoAsksForIt) {
  this->Append(1, 5);
  ASSERT_EQ(*this->journal().Trim(3), 2U);

  const Result<void> read =
      this->journal().ReadFrom(1, [](const Commit&) -> Result<void> { return {}; });

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(read.error().message.find("commit 1 of 5: missing"), std::string::npos);
}

REGISTER_TYPED_TEST_SUITE_P(JournalConformance,
                            NewJournalIsEmptyAndCountsFromOne,
                            CommitsComeBackInOrderAsTheyWereWritten,
                            EveryOpeningRaisesTheEpochThatNewCommitsCarry,
                            OpenStoreIsRefusedToASecondOne,
                            LargeCommitIsKeptWhole,
                            VisitorsErrorStopsTheReading,
                            TrimTakesTheOldestInSlicesAndLeavesTheNewest,
                            JournalContinuesAfterACommitItNeverHad,
                            TrimmedCommitIsMissedByWhoAsksForIt);

}  // namespace headrace::store
