// The journal's file: damage is found and named, a full disk is an error that can be waited out.

#include "store/sqlite_journal.h"

#include <gtest/gtest.h>

#include "store/testing.h"

namespace headrace::store {
namespace {

class SqliteJournalTest : public testing::Test {
 protected:
  void SetUp() override {
    Open();
    for (int n = 1; n <= 3; ++n) ASSERT_TRUE(journal_->Append("record\n", Timestamp{}));
  }

  void Open() {
    auto opened = SqliteJournal::Open(path_, Durability::kFsync);
    ASSERT_TRUE(opened) << opened.error().message;
    journal_ = std::move(*opened);
  }

  // Changes the file behind the journal's back, and what reading then says.
  Result<void> ReadAfter(const std::string& sql) {
    journal_.reset();
    EXPECT_EQ(QueryFile(path_, sql), "");
    Open();
    return journal_->ReadFrom(1, [](const Commit&) -> Result<void> { return {}; });
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.path() + "/journal.db";
  std::unique_ptr<SqliteJournal> journal_;
};

TEST_F(SqliteJournalTest, ChangedRecordIsRefusedWithItsPlace) {
  const auto read =
      ReadAfter("UPDATE group_commit SET records = 'recorD' || char(10) WHERE commit_id = 2");

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(read.error().message,
            "journal " + path_ + ": commit 2 of 3: bad checksum over its 7 bytes");
}

TEST_F(SqliteJournalTest, ChangedTimeOrEpochIsRefused) {
  EXPECT_FALSE(ReadAfter("UPDATE group_commit SET at = at + 1 WHERE commit_id = 1"));
  EXPECT_FALSE(ReadAfter("UPDATE group_commit SET at = at - 1, epoch = 9 WHERE commit_id = 1"));
  EXPECT_TRUE(ReadAfter("UPDATE group_commit SET epoch = 1 WHERE commit_id = 1"));
}

TEST_F(SqliteJournalTest, CommitThatStandsUnderAnotherNumberIsRefused) {
  EXPECT_FALSE(ReadAfter("UPDATE group_commit SET commit_id = 4 WHERE commit_id = 3"));
  const auto read = ReadAfter("UPDATE group_commit SET commit_id = 3 WHERE commit_id = 4");
  EXPECT_TRUE(read);
}

TEST_F(SqliteJournalTest, MissingCommitIsRefusedWithItsPlace) {
  const auto read = ReadAfter("DELETE FROM group_commit WHERE commit_id = 2");

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "journal " + path_ + ": commit 2 of 3: missing");
}

TEST_F(SqliteJournalTest, FullDiskRefusesTheCommitAndTakesItLater) {
  const std::string large(64 << 10, 'x');
  ASSERT_TRUE(journal_->LimitPages(5));

  const auto refused = journal_->Append(large + "\n", Timestamp{});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFull);
  EXPECT_EQ(refused.error().remedy, "Make room on that disk.");
  ASSERT_TRUE(journal_->LimitPages(0));

  EXPECT_EQ(*journal_->Append(large + "\n", Timestamp{}), 4U);
  EXPECT_TRUE(journal_->ReadFrom(1, [](const Commit&) -> Result<void> { return {}; }));
}

TEST_F(SqliteJournalTest, WriteAheadLogStaysSmallHoweverMuchIsWritten) {
  const std::string records = std::string(20'000, 'x') + "\n";
  for (int n = 0; n < 1'000; ++n) {
    ASSERT_TRUE(journal_->Append(records, Timestamp{}));
    ASSERT_TRUE(journal_->Maintain());
  }

  EXPECT_LE(std::filesystem::file_size(path_ + "-wal"),
            (SqliteJournal::kCheckpointPages + 20) * 4'200U);
}

TEST_F(SqliteJournalTest, NothingIsAppendedAfterAFailedCommit) {
  ASSERT_EQ(QueryFile(path_, "DROP TABLE group_commit"), "");

  EXPECT_FALSE(journal_->Append("record\n", Timestamp{}));

  EXPECT_DEATH((void)journal_->Append("record\n", Timestamp{}), "CHECK !failed_");
}

}  // namespace
}  // namespace headrace::store
