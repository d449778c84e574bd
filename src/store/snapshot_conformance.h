// What the snapshots of every store must do, as tests. See journal_conformance.h for how an
// implementation names itself.

#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "store/store.h"

namespace headrace::store {

template <class Factory>
class SnapshotConformance : public testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen() {
    store_.reset();
    Result<std::unique_ptr<Store>> opened = factory_.Open();
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  Snapshots& snapshots() { return store_->snapshots(); }

  void Write(CommitId commit, const std::string& records) {
    auto writer = snapshots().Begin(commit, Timestamp{Duration{5}});
    ASSERT_TRUE(writer) << writer.error().message;
    // In pieces, as it comes.
    const size_t half = records.find('\n', records.size() / 2) + 1;
    ASSERT_TRUE((*writer)->Add(std::string_view(records).substr(0, half)));
    if (half < records.size()) {
      ASSERT_TRUE((*writer)->Add(std::string_view(records).substr(half)));
    }
    const Result<SnapshotInfo> info = (*writer)->Finish();
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ(info->commit, commit);
    EXPECT_EQ(info->bytes, records.size());
  }
  std::string Read() {
    std::string all;
    const Result<void> read = snapshots().Read([&](std::string_view records) -> Result<void> {
      all += records;
      return {};
    });
    EXPECT_TRUE(read) << read.error().message;
    return all;
  }

  Factory factory_;
  std::unique_ptr<Store> store_;
};

TYPED_TEST_SUITE_P(SnapshotConformance);

TYPED_TEST_P(SnapshotConformance, NewStoreHasNone) {
  EXPECT_FALSE(this->snapshots().Newest());
}

TYPED_TEST_P(SnapshotConformance, TheNewestIsReadAsItWasWritten) {
  this->Write(3, "old\n");
  std::string records;
  while (records.size() < (5 << 20)) records += "line " + std::to_string(records.size()) + "\n";
  this->Write(7, records);

  this->Reopen();

  ASSERT_TRUE(this->snapshots().Newest());
  EXPECT_EQ(this->snapshots().Newest()->commit, 7U);
  EXPECT_EQ(this->snapshots().Newest()->at, Timestamp{Duration{5}});
  EXPECT_EQ(this->snapshots().Newest()->epoch, 1U);
  EXPECT_EQ(this->Read(), records);
}

TYPED_TEST_P(SnapshotConformance, OneThatIsNotFinishedChangesNothing) {
  this->Write(3, "old\n");
  {
    auto writer = this->snapshots().Begin(9, Timestamp{});
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->Add("new\n"));
  }

  EXPECT_EQ(this->snapshots().Newest()->commit, 3U);
  this->Reopen();
  EXPECT_EQ(this->snapshots().Newest()->commit, 3U);
  EXPECT_EQ(this->Read(), "old\n");
}

REGISTER_TYPED_TEST_SUITE_P(SnapshotConformance,
                            NewStoreHasNone,
                            TheNewestIsReadAsItWasWritten,
                            OneThatIsNotFinishedChangesNothing);

}  // namespace headrace::store
