// What every store must do, as tests. An implementation's test file names how it is opened:
//
//   struct SqliteFactory { Result<std::unique_ptr<Store>> Open(); };   // the same store each time
//   INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreConformance, SqliteFactory);

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "store/store.h"

namespace headrace::store {

template <class Factory>
class StoreConformance : public testing::Test {
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

TYPED_TEST_SUITE_P(StoreConformance);

TYPED_TEST_P(StoreConformance, NewJournalIsEmptyAndCountsFromOne) {
  EXPECT_EQ(this->journal().Last(), 0U);
  EXPECT_TRUE(this->ReadFrom(1).empty());

  this->Append(1, 3);

  EXPECT_EQ(this->journal().Last(), 3U);
}

TYPED_TEST_P(StoreConformance, CommitsComeBackInOrderAsTheyWereWritten) {
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

TYPED_TEST_P(StoreConformance, EveryOpeningRaisesTheEpochThatNewCommitsCarry) {
  EXPECT_EQ(this->journal().OpenedAs(), 1U);
  this->Append(1, 1);

  this->Reopen();
  this->Append(2, 2);

  EXPECT_EQ(this->journal().OpenedAs(), 2U);
  EXPECT_EQ(this->ReadFrom(1), (std::vector<std::string>{"1@1:1\n", "2@2:2\n"}));
}

TYPED_TEST_P(StoreConformance, OpenStoreIsRefusedToASecondOne) {
  const Result<std::unique_ptr<Store>> second = this->factory_.Open();

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message.find("in use"), std::string::npos) << second.error().message;
}

TYPED_TEST_P(StoreConformance, LargeCommitIsKeptWhole) {
  std::string large(9 << 20, 'x');
  large.back() = '\n';
  ASSERT_TRUE(this->journal().Append(large, Timestamp{}));
  ASSERT_TRUE(this->journal().Maintain());

  this->Reopen();

  EXPECT_EQ(this->ReadFrom(1).at(0), "1@1:" + large);
}

TYPED_TEST_P(StoreConformance, VisitorsErrorStopsTheReading) {
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

TYPED_TEST_P(StoreConformance, TrimTakesTheOldestInSlicesAndLeavesTheNewest) {
  this->Append(1, 250);

  EXPECT_EQ(*this->journal().Trim(151), Journal::kTrimRowsMax);
  EXPECT_EQ(*this->journal().Trim(151), 50U);
  EXPECT_EQ(*this->journal().Trim(151), 0U);

  EXPECT_EQ(this->ReadFrom(151).size(), 100U);
  while (*this->journal().Trim(1'000) > 0) {
  }
  this->Reopen();
  EXPECT_EQ(this->ReadFrom(250), (std::vector<std::string>{"250@1:250\n"}));
  EXPECT_EQ(this->journal().Last(), 250U);
}

TYPED_TEST_P(StoreConformance, TrimmedCommitIsMissedByWhoAsksForIt) {
  this->Append(1, 5);
  ASSERT_EQ(*this->journal().Trim(3), 2U);

  const Result<void> read =
      this->journal().ReadFrom(1, [](const Commit&) -> Result<void> { return {}; });

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(read.error().message.find("commit 1 of 5: missing"), std::string::npos);
}

TYPED_TEST_P(StoreConformance, TablesKeepTheLastOfEachRow) {
  StateTables& tables = this->store_->tables();
  TableChanges first;
  first.tasks = {{.id = "a", .status = "PENDING"}, {.id = "b", .status = "PENDING"}};
  first.attempts = {{.id = 1, .task = "a"}};
  TableChanges second;
  second.tasks_removed = {"b"};
  second.tasks = {{.id = "a", .status = "DONE", .priority = 1.5}};
  second.complete_to = 7;

  ASSERT_TRUE(tables.Write(first));
  EXPECT_EQ(tables.CompleteTo(), 0U);
  ASSERT_TRUE(tables.Write(second));

  this->Reopen();
  EXPECT_EQ(this->store_->tables().CompleteTo(), 7U);
  EXPECT_EQ(this->factory_.Query("SELECT id, status, priority FROM task"), "a|DONE|1.5\n");
  EXPECT_EQ(this->factory_.Query("SELECT id, task FROM attempt"), "1|a\n");
}

TYPED_TEST_P(StoreConformance, RemovedIdMayComeBackInTheSameWrite) {
  TableChanges changes;
  changes.workers = {{.id = "w", .kind = "luigi"}};
  ASSERT_TRUE(this->store_->tables().Write(changes));

  changes.workers_removed = {"w"};
  changes.workers = {{.id = "w", .kind = "headrace"}};
  ASSERT_TRUE(this->store_->tables().Write(changes));

  EXPECT_EQ(this->factory_.Query("SELECT id, kind FROM worker"), "w|headrace\n");
}

TYPED_TEST_P(StoreConformance, ClearedTablesAreEmptyAndCompleteToNothing) {
  TableChanges changes;
  changes.tasks = {{.id = "a"}};
  changes.runs = {{.id = 1}};
  changes.pipelines = {{.name = "p"}};
  changes.resources = {{.name = "r", .total = 2}};
  changes.complete_to = 3;
  ASSERT_TRUE(this->store_->tables().Write(changes));

  ASSERT_TRUE(this->store_->tables().Clear());

  EXPECT_EQ(this->store_->tables().CompleteTo(), 0U);
  EXPECT_EQ(this->factory_.Query("SELECT (SELECT count(*) FROM task), (SELECT count(*) FROM run),"
                                 " (SELECT count(*) FROM pipeline),"
                                 " (SELECT count(*) FROM resource)"),
            "0|0|0|0\n");
}

REGISTER_TYPED_TEST_SUITE_P(StoreConformance,
                            NewJournalIsEmptyAndCountsFromOne,
                            CommitsComeBackInOrderAsTheyWereWritten,
                            EveryOpeningRaisesTheEpochThatNewCommitsCarry,
                            OpenStoreIsRefusedToASecondOne,
                            LargeCommitIsKeptWhole,
                            VisitorsErrorStopsTheReading,
                            TrimTakesTheOldestInSlicesAndLeavesTheNewest,
                            TrimmedCommitIsMissedByWhoAsksForIt,
                            TablesKeepTheLastOfEachRow,
                            RemovedIdMayComeBackInTheSameWrite,
                            ClearedTablesAreEmptyAndCompleteToNothing);

}  // namespace headrace::store
