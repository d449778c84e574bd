// Expanding and checking, level by level.

#include "planner/plan_work.h"

#include <algorithm>
#include <unordered_set>

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

PlanWork::PlanWork(host::Session& session,
                   const Clock& clock,
                   targets::CompletenessIndex& index,
                   PlanWorkOptions options)
    : session_(session), clock_(clock), index_(index), options_(std::move(options)) {}

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
  TRY(TakeLevel(std::move(expansion.nodes), true));
  std::vector<std::string> next = options_.pipeline_unit ? std::vector<std::string>{} : NextLevel();
  while (!next.empty()) {
    host::Expansion level = TRY(session_.ExpandIds(next, one_level));
    TRY(TakeLevel(std::move(level.nodes), false));
    next = NextLevel();
  }
  SettleWrappers();
  for (auto id = order_.rbegin(); id != order_.rend(); ++id) {
    findings.tasks.push_back(Planned(found_.at(*id)));
  }
  return findings;
}

Result<void> PlanWork::TakeLevel(std::vector<host::Node> nodes, bool roots) {
  level_.clear();
  std::vector<std::string> by_files;
  std::vector<std::string> by_host;
  const Timestamp now = clock_.Now();  // before anything is looked at
  for (host::Node& node : nodes) {
    const auto [entry, is_new] = found_.try_emplace(node.id);
    if (!is_new) continue;
    const std::string& id = entry->first;
    Found& found = entry->second;
    found.node = std::move(node);
    found.checked_at = now;
    order_.push_back(id);
    level_.push_back(id);
    switch (HowToCheck(found.node)) {
      case How::kKnown:
        found.complete = false;
        found.error = found.node.error;
        break;
      case How::kFiles: by_files.push_back(id); break;
      case How::kHost: by_host.push_back(id); break;
      case How::kDependencies: break;
    }
  }
  CheckFiles(by_files);
  if (!roots && !options_.ask_anew) by_host = NotRemembered(std::move(by_host));
  return AskHost(by_host);
}

PlanWork::How PlanWork::HowToCheck(const host::Node& node) const {
  if (node.error) return How::kKnown;
  switch (node.complete) {
    case host::CompleteKind::kNever: return How::kKnown;
    case host::CompleteKind::kRequires:  // what is not expanded has to be asked itself
      return options_.pipeline_unit || node.external ? How::kHost : How::kDependencies;
    case host::CompleteKind::kCustom: return How::kHost;
    case host::CompleteKind::kOutputs: return AllFiles(node) ? How::kFiles : How::kHost;
  }
  return How::kHost;
}

void PlanWork::CheckFiles(std::span<const std::string> ids) {
  std::vector<std::string> paths;
  for (const std::string& id : ids) {
    for (const host::Target& target : found_[id].node.outputs) paths.push_back(target.uri);
  }
  const std::vector<bool> exist = targets::FilesExist(paths);
  size_t at = 0;
  for (const std::string& id : ids) {
    Found& found = found_[id];
    bool complete = true;
    for (size_t i = 0; i < found.node.outputs.size(); ++i) complete &= exist[at++];
    found.complete = complete;
  }
}

// Takes the answers of a moment ago, and gives back the ids that have none.
std::vector<std::string> PlanWork::NotRemembered(std::vector<std::string> ids) {
  std::erase_if(ids, [this](const std::string& id) {
    Found& found = found_[id];
    const auto seen = index_.Find(options_.scope + id, found.checked_at);
    if (!seen) return false;
    found.complete = true;
    found.checked_at = *seen;
    return true;
  });
  return ids;
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
      if (answer->second.complete) index_.Remember(options_.scope + id, found.checked_at);
    }
  }
  return {};
}

// Dependencies of what is not complete, where they are not known yet. As in Luigi, what could not
// be checked is not expanded: it may well be complete.
std::vector<std::string> PlanWork::NextLevel() const {
  std::unordered_set<std::string> seen;
  std::vector<std::string> next;
  for (const std::string& id : level_) {
    const Found& found = found_.at(id);
    if (found.complete.value_or(false) || found.error || found.node.external) continue;
    for (const std::string& dep : found.node.deps) {
      if (!found_.contains(dep) && seen.insert(dep).second) next.push_back(dep);
    }
  }
  return next;
}

// A wrapper is complete when all it requires are: settled from below, each once. What then is left
// requires itself, and is not complete.
void PlanWork::SettleWrappers() {
  std::unordered_map<std::string, size_t> open;  // wrapper → its dependencies that are not settled
  std::unordered_map<std::string, std::vector<std::string>> above;
  std::vector<std::string> ready;
  for (const std::string& id : order_) {
    const Found& found = found_.at(id);
    if (found.complete) continue;
    size_t count = 0;
    for (const std::string& dep : found.node.deps) {
      const auto below = found_.find(dep);
      if (below == found_.end() || below->second.complete) continue;
      above[dep].push_back(id);
      ++count;
    }
    open[id] = count;
    if (count == 0) ready.push_back(id);
  }
  while (!ready.empty()) {
    const std::string id = std::move(ready.back());
    ready.pop_back();
    Found& found = found_.at(id);
    found.complete = DependenciesComplete(found);
    for (const std::string& dependent : above[id]) {
      if (--open.at(dependent) == 0) ready.push_back(dependent);
    }
  }
}

bool PlanWork::DependenciesComplete(const Found& found) const {
  return std::all_of(
      found.node.deps.begin(), found.node.deps.end(), [this](const std::string& dep) {
        const auto below = found_.find(dep);
        return below != found_.end() && below->second.complete.value_or(false);
      });
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
  if (!task.complete && !found.error && !options_.pipeline_unit) task.deps = node.deps;
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
  task.problem = node.problem;
  // What cannot travel fails here, with the reason, unless the root is run whole. An external task
  // never travels.
  const bool travels = !task.complete && !task.external && !options_.pipeline_unit;
  if (!node.problem.empty() && !task.error && travels) {
    task.error = client::TaskError{
        .type = "CannotTravel",
        .message = node.problem + "; run it with unit = \"pipeline\", or change it",
        .traceback = {},
        .where = "describe"};
  }
  return task;
}

}  // namespace headrace::planner
