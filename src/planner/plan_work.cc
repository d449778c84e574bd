// Expanding and checking, level by level.

#include "planner/plan_work.h"

#include <algorithm>
#include <set>

#include "targets/local_files.h"

namespace headrace::planner {

namespace {

client::TaskError Convert(const host::TaskError& error) {
  return {.type = error.type,
          .message = error.message,
          .traceback = error.traceback,
          .where = error.where};
}

bool AllFiles(const host::Node& node) {
  return std::all_of(node.outputs.begin(), node.outputs.end(), [](const host::Target& target) {
    return target.kind == "file" && target.options.empty();
  });
}

}  // namespace

Result<PlanFindings> PlanWork::Find(std::span<const client::TaskName> roots) {
  PlanFindings findings;
  std::vector<host::TaskName> names;
  for (const client::TaskName& root : roots) {
    names.push_back({.module = root.module, .family = root.family, .params = root.params});
  }
  const host::ExpandOptions one_level{.depth = 1, .complete = {}, .limit = options_.expand_limit};
  host::Expansion expansion = TRY(session_.Expand(names, one_level));
  for (host::Node& node : expansion.nodes) {
    if (node.id.empty()) {  // could not be loaded
      if (!findings.error && node.error) findings.error = Convert(*node.error);
    } else {
      findings.roots.push_back(IdOf(node.id));
    }
  }
  std::erase_if(expansion.nodes, [](const host::Node& node) { return node.id.empty(); });
  TRY(TakeLevel(std::move(expansion.nodes)));
  std::vector<std::string> next = options_.pipeline_unit ? std::vector<std::string>{} : NextLevel();
  while (!next.empty()) {
    host::Expansion level = TRY(session_.ExpandIds(next, one_level));
    TRY(TakeLevel(std::move(level.nodes)));
    next = NextLevel();
  }
  SettleWrappers();
  for (auto id = order_.rbegin(); id != order_.rend(); ++id) {
    findings.tasks.push_back(Planned(found_.at(*id)));
  }
  return findings;
}

Result<void> PlanWork::TakeLevel(std::vector<host::Node> nodes) {
  level_.clear();
  std::vector<std::string> by_files;
  std::vector<std::string> by_host;
  const Timestamp now = clock_.Now();  // before anything is looked at
  for (host::Node& node : nodes) {
    if (found_.contains(node.id)) continue;
    const std::string id = node.id;
    Found& found = found_[id];
    found.node = std::move(node);
    found.checked_at = now;
    order_.push_back(id);
    level_.push_back(id);
    if (found.node.error) {
      found.error = found.node.error;
      found.complete = false;
      continue;
    }
    switch (found.node.complete) {
      case host::CompleteKind::kNever: found.complete = false; break;
      case host::CompleteKind::kRequires:
        if (options_.pipeline_unit) by_host.push_back(id);
        break;
      case host::CompleteKind::kCustom: by_host.push_back(id); break;
      case host::CompleteKind::kOutputs:
        (AllFiles(found.node) ? by_files : by_host).push_back(id);
        break;
    }
  }
  CheckFiles(by_files);
  return AskHost(by_host);
}

void PlanWork::CheckFiles(std::span<const std::string> ids) {
  std::vector<std::string> paths;
  for (const std::string& id : ids) {
    for (const host::Target& target : found_[id].node.outputs) paths.push_back(target.uri);
  }
  const std::vector<bool> exist = targets::FilesExist(paths);
  size_t at = 0;
  for (const std::string& id : ids) {
    bool complete = true;
    for (size_t i = 0; i < found_[id].node.outputs.size(); ++i) complete &= exist[at++];
    found_[id].complete = complete;
  }
}

Result<void> PlanWork::AskHost(std::span<const std::string> ids) {
  if (ids.empty()) return {};
  const auto answers = TRY(session_.Complete(ids, options_.complete_limit));
  for (const std::string& id : ids) {
    Found& found = found_[id];
    found.complete = false;
    const auto answer = answers.find(id);
    if (answer == answers.end()) {
      found.error = host::TaskError{.where = "complete",
                                    .type = "NoAnswer",
                                    .message = "the task host did not answer for this task"};
    } else {
      found.complete = answer->second.complete;
      found.error = answer->second.error;
    }
  }
  return {};
}

// Dependencies of what is not complete, where they are not known yet.
std::vector<std::string> PlanWork::NextLevel() const {
  std::set<std::string> seen;
  std::vector<std::string> next;
  for (const std::string& id : level_) {
    const Found& found = found_.at(id);
    if (found.complete.value_or(false) || found.node.external) continue;
    for (const std::string& dep : found.node.deps) {
      if (!found_.contains(dep) && seen.insert(dep).second) next.push_back(dep);
    }
  }
  return next;
}

// A wrapper is complete when all it requires are. Dependencies were found after their dependents,
// so one pass from the end nearly always does; another follows while something changes.
void PlanWork::SettleWrappers() {
  bool changed = true;
  while (changed) {
    changed = false;
    for (auto id = order_.rbegin(); id != order_.rend(); ++id) {
      Found& found = found_[*id];
      if (found.complete) continue;
      bool open = false;
      bool complete = true;
      for (const std::string& dep : found.node.deps) {
        const auto below = found_.find(dep);
        if (below == found_.end()) continue;
        open |= !below->second.complete.has_value();
        complete &= below->second.complete.value_or(false);
      }
      if (open && complete) continue;
      found.complete = complete;
      changed = true;
    }
  }
}

// A root that is run whole is a task of its own: the root itself is registered by the stock worker
// inside, which could not get it if it were running already.
std::string PlanWork::IdOf(const std::string& id) const {
  return options_.pipeline_unit ? id + "@pipeline" : id;
}

client::PlannedTask PlanWork::Planned(const Found& found) const {
  const host::Node& node = found.node;
  client::PlannedTask task;
  task.task = {
      .module = node.module, .family = node.family, .params = node.params, .id = IdOf(node.id)};
  task.visibility = node.visibility;
  task.complete = found.complete.value_or(false);
  task.checked_at = found.checked_at;
  if (!task.complete && !options_.pipeline_unit) task.deps = node.deps;
  task.external = node.external;
  task.priority = node.priority;
  task.resources = node.resources;
  task.timeout = node.timeout;
  if (node.retry) {
    task.retry = client::RetryPolicy{.count = node.retry->count,
                                     .hard_timeout = node.retry->hard_timeout,
                                     .window = node.retry->window};
  }
  task.owners = node.owners;
  task.disabled = node.disabled;
  for (const host::Target& target : node.outputs)
    task.targets.emplace_back(target.kind, target.uri);
  if (found.error) task.error = Convert(*found.error);
  // What cannot travel fails here, with the reason, unless the root is run whole.
  if (!node.problem.empty() && !task.error && !task.complete && !options_.pipeline_unit) {
    task.problem = node.problem;
    task.error = client::TaskError{
        .type = "CannotTravel",
        .message = node.problem + "; run it with unit = \"pipeline\", or change it",
        .traceback = {},
        .where = "describe"};
  }
  return task;
}

}  // namespace headrace::planner
