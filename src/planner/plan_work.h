// PlanWork: finds out what is complete below a plan's roots, and what is not.
//
// Level by level: a level's tasks are described by the host, then looked at (files natively, the
// rest by complete() in the host, in one batch), and only what is incomplete is expanded further.
// So nothing below a complete task is ever built.
//
// Blocks; on a planner's own thread.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "client/planner_types.h"
#include "host/session.h"
#include "targets/completeness_index.h"

namespace headrace::planner {

struct PlanFindings {
  std::vector<client::PlannedTask> tasks;  // what was found last, the lowest level, first
  std::vector<std::string> roots;          // ids, of those that could be loaded
  std::optional<client::TaskError> error;  // of the first root that could not be loaded
};

struct PlanWorkOptions {
  bool pipeline_unit = false;                          // the root alone
  Duration complete_limit = std::chrono::seconds(30);  // of one complete()
  Duration expand_limit = std::chrono::minutes(10);    // of one level
  bool ask_anew = false;                               // whatever the index says
  std::string scope;  // of ids in the index: what else their completeness depends on
};

class PlanWork {
 public:
  // All outlive it. The index is asked for what complete() would have to answer; not for roots.
  PlanWork(host::Session& session,
           const Clock& clock,
           targets::CompletenessIndex& index,
           PlanWorkOptions options);

  // Once.
  Result<PlanFindings> Find(std::span<const client::TaskName> roots);

 private:
  struct Found {
    host::Node node;
    std::optional<bool> complete;  // unset: follows from its dependencies
    std::optional<host::TaskError> error;
    Timestamp checked_at;
  };
  enum class How : uint8_t { kKnown, kFiles, kHost, kDependencies };

  Result<void> TakeLevel(std::vector<host::Node> nodes, bool roots);
  How HowToCheck(const host::Node& node) const;
  void CheckFiles(std::span<const std::string> ids);
  std::vector<std::string> NotRemembered(std::vector<std::string> ids);
  Result<void> AskHost(std::span<const std::string> ids);
  std::vector<std::string> NextLevel() const;
  void SettleWrappers();
  bool DependenciesComplete(const Found& found) const;
  std::string IdOf(const std::string& id) const;
  client::PlannedTask Planned(const Found& found) const;

  host::Session& session_;
  const Clock& clock_;
  targets::CompletenessIndex& index_;
  const PlanWorkOptions options_;
  std::unordered_map<std::string, Found> found_;
  std::vector<std::string> order_;  // as they were found: dependents first
  std::vector<std::string> level_;  // found last
};

}  // namespace headrace::planner
