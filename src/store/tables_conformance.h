// What the state tables of every store must do, as tests. Takes the same factory as
// journal_conformance.h, which for these also has
//
//   std::string Query(const std::string& sql);   // rows as lines, columns parted by `|`

#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "store/store.h"

namespace headrace::store {

template <class Factory>
class TablesConformance : public testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen() {
    store_.reset();
    Result<std::unique_ptr<Store>> opened = factory_.Open();
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  Factory factory_;
  std::unique_ptr<Store> store_;
};

TYPED_TEST_SUITE_P(TablesConformance);

TYPED_TEST_P(TablesConformance, TablesKeepTheLastOfEachRow) {
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

TYPED_TEST_P(TablesConformance, RemovedIdMayComeBackInTheSameWrite) {
  TableChanges changes;
  changes.workers = {{.id = "w", .kind = "luigi"}};
  ASSERT_TRUE(this->store_->tables().Write(changes));

  changes.workers_removed = {"w"};
  changes.workers = {{.id = "w", .kind = "headrace"}};
  ASSERT_TRUE(this->store_->tables().Write(changes));

  EXPECT_EQ(this->factory_.Query("SELECT id, kind FROM worker"), "w|headrace\n");
}

TYPED_TEST_P(TablesConformance, ClearedTablesAreEmptyAndCompleteToNothing) {
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

REGISTER_TYPED_TEST_SUITE_P(TablesConformance,
                            TablesKeepTheLastOfEachRow,
                            RemovedIdMayComeBackInTheSameWrite,
                            ClearedTablesAreEmptyAndCompleteToNothing);

}  // namespace headrace::store
