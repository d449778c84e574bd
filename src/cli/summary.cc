// Luigi's execution summary, from the run's tasks.

#include "cli/summary.h"

#include <fmt/format.h>
#include <map>

#include "cli/commands.h"

namespace headrace::cli {

namespace {

constexpr size_t kFamiliesShown = 5;

struct Group {
  int64_t count = 0;
  std::map<std::string, std::vector<std::string>> labels;  // by family
};

void Add(Group& group, const client::TaskRow& task) {
  ++group.count;
  group.labels[task.family].push_back(task.label);
}

std::string Describe(const std::string& family, const std::vector<std::string>& labels) {
  if (labels.size() == 1) return fmt::format("{}({})", family, labels.front());
  return fmt::format("{}({}) ...", family, labels.front());
}

void Print(const Group& group, std::string_view words, int indent) {
  if (group.count == 0) return;
  const std::string space(static_cast<size_t>(indent), ' ');
  fmt::print("{}* {} {}:\n", space, group.count, words);
  size_t shown = 0;
  for (const auto& [family, labels] : group.labels) {
    if (++shown > kFamiliesShown) {
      fmt::print("{}    ...\n", space);
      break;
    }
    fmt::print("{}    - {} {}\n", space, labels.size(), Describe(family, labels));
  }
}

struct Groups {
  Group complete, ran, failed, scheduling, external, failed_above, missing_above;
};

// All of the run's tasks, page by page.
Groups Sort(client::Client& client, const client::RunRow& run) {
  Groups groups;
  std::string cursor;
  do {
    const auto page =
        client.ListRunTasks(run.id, "limit=1000" + (cursor.empty() ? "" : "&cursor=" + cursor));
    if (!page) break;
    for (const client::TaskRow& task : page->items) {
      if (task.phase == "done") {
        Add(task.attempts > 0 ? groups.ran : groups.complete, task);
      } else if (task.phase == "disabled" || task.phase == "retrying") {
        Add(groups.failed, task);
      } else if (task.phase == "unknown") {
        Add(groups.scheduling, task);
      } else if (task.phase == "external") {
        Add(groups.external, task);
      } else {
        Add(task.phase == "blocked" ? groups.failed_above : groups.missing_above, task);
      }
    }
    cursor = page->next;
  } while (!cursor.empty());
  return groups;
}

// The tracebacks of what failed, before the summary.
void PrintFailures(client::Client& client, const client::RunRow& run) {
  constexpr size_t kShown = 5;
  const auto failed =
      client.ListRunTasks(run.id, "status=DISABLED&limit=" + std::to_string(kShown));
  if (!failed) return;
  for (const client::TaskRow& task : failed->items) {
    const auto attempts = client.ListAttempts(task.id, "limit=1");
    if (!attempts || attempts->items.empty() || !attempts->items.front().error) continue;
    const client::TaskError& error = *attempts->items.front().error;
    fmt::print(stderr,
               "{}({}) failed: {}: {}\n{}\n",
               task.family,
               task.label,
               error.type,
               error.message,
               error.traceback);
  }
}

void PrintErrors(const client::RunRow& run) {
  if (!run.error) return;
  fmt::print(stderr,
             "headrace: planning failed: {}: {}\n{}\n",
             run.error->type,
             run.error->message,
             run.error->traceback);
}

}  // namespace

int PrintSummary(client::Client& client, const client::RunRow& run) {
  const Groups groups = Sort(client, run);
  int64_t total = 0;
  for (const auto& [phase, count] : run.counts) total += count;
  PrintErrors(run);
  PrintFailures(client, run);
  fmt::print("\n===== Luigi Execution Summary =====\n\nScheduled {} tasks of which:\n", total);
  Print(groups.complete, "complete ones were encountered", 0);
  Print(groups.ran, "ran successfully", 0);
  Print(groups.failed, "failed", 0);
  Print(groups.scheduling, "failed scheduling", 0);
  const int64_t left =
      groups.external.count + groups.failed_above.count + groups.missing_above.count;
  if (left > 0) fmt::print("* {} were left pending, among these:\n", left);
  Print(groups.external, "were missing external dependencies", 4);
  Print(groups.failed_above, "had failed dependencies", 4);
  Print(groups.missing_above, "had missing dependencies", 4);
  int status = kOk;
  std::string_view words = ":) because there were no failed tasks or missing dependencies";
  if (groups.external.count > 0) {
    status = kMissingData;
    words = ":| because there were missing external dependencies";
  }
  if (groups.failed.count > 0) {
    status = kTaskFailed;
    words = ":( because there were failed tasks";
  }
  if (groups.scheduling.count > 0 || run.error) {
    status = kPlanningFailed;
    words = ":( because there were tasks whose scheduling failed";
  }
  if (status == kOk && run.state != "done") {
    status = kUnhandled;
    words = ":( because the run was ";
  }
  fmt::print("\nThis progress looks {}{}\n\n===== Luigi Execution Summary =====\n",
             words,
             status == kUnhandled ? run.state : "");
  return status;
}

}  // namespace headrace::cli
