// The state tables in SQLite: state.db, one table for each row type of state_tables.h, keyed by its
// first column, and meta (key, value) with 'format' and 'complete_to'.
//
// Not synced at every commit: what a loss of power takes is written again from the journal.

#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "store/sqlite_database.h"
#include "store/state_tables.h"

namespace headrace::store {

class SqliteTables final : public StateTables {
 public:
  static constexpr int64_t kFormat = 1;

  static Result<std::unique_ptr<SqliteTables>> Open(const std::string& path);

  Result<void> Write(const TableChanges& changes) override;
  uint64_t CompleteTo() const override { return complete_to_; }
  Result<void> Clear() override;

 private:
  template <class Row>
  struct Upsert {
    Statement statement;
  };

  explicit SqliteTables(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Result<void> Start();
  template <class Row>
  Result<void> PrepareUpsert();
  template <class Row>
  Result<void> Put(const std::vector<Row>& rows);
  Result<void> Remove(Statement& statement, const std::vector<std::string>& ids);
  Result<void> WriteRows(const TableChanges& changes);

  const std::unique_ptr<Database> database_;
  std::tuple<Upsert<TaskRow>,
             Upsert<AttemptRow>,
             Upsert<RunRow>,
             Upsert<PipelineRow>,
             Upsert<WorkerRow>,
             Upsert<ResourceRow>>
      upserts_;
  Statement remove_task_;
  Statement remove_worker_;
  Statement set_complete_;
  uint64_t complete_to_ = 0;
};

}  // namespace headrace::store
