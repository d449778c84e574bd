// Why a task waits: its own state first, then what is above all else in its way.

#include "api/why.h"

#include <algorithm>
#include <fmt/format.h>

#include "api/rows.h"
#include "base/json_text.h"
#include "config/quantity.h"

namespace headrace::api {

using scheduler::Phase;
using scheduler::State;
using scheduler::Task;
using scheduler::TaskDetail;
using scheduler::TaskId;

namespace {

struct Part {
  std::string kind;
  std::string text;
  std::string task;
  std::string pool;
  std::string resource;
  std::string worker;
  Timestamp until;
};

std::string In(Timestamp at, Timestamp now) {
  const double seconds = SecondsOf(at - now);
  if (seconds <= 1) return "now";
  if (seconds < 120) return fmt::format("in {:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("in {:.0f} min", seconds / 60);
  return fmt::format("in {:.1f} h", seconds / 3600);
}

std::string Times(size_t count) {
  return count == 1 ? "once" : fmt::format("{} times", count);
}

std::string Failures(size_t count) {
  return count == 1 ? "1 failure" : fmt::format("{} failures", count);
}

std::string NameOf(const State& state, const Task& task) {
  const std::string label = LabelOf(state, task);
  const std::string_view family = state.text(task.family);
  if (family.empty()) return std::string(task.key());
  return label.empty() ? std::string(family) : fmt::format("{} {}", family, label);
}

// Of what a worker of Luigi's sent: a traceback as a JSON string.
std::string LastLineOf(const std::string& expl) {
  const std::string text = JsonString("{\"expl\":" + expl + "}", "expl").value_or("");
  const size_t end = text.find_last_not_of(" \n");
  if (end == std::string::npos) return "no reason was given";
  const size_t line = text.rfind('\n', end);
  return text.substr(line == std::string::npos ? 0 : line + 1).substr(0, 200);
}

std::string FailureOf(const TaskDetail& more) {
  const std::string type = JsonString(more.error, "type").value_or("");
  std::string message = JsonString(more.error, "message").value_or("");
  if (message.size() > 200) message = message.substr(0, 200) + "…";
  if (type.empty() && message.empty()) return LastLineOf(more.expl);
  if (type.empty()) return message;
  return message.empty() ? type : type + ": " + message;
}

class Reason {
 public:
  Reason(const engine::View& view, Timestamp now, const ApiOptions& options)
      : state_(view.state), now_(now), options_(options) {}

  // What to say of this one task.
  Part Of(TaskId id) const {
    const Task& task = state_.task(id);
    const TaskDetail& more = state_.detail(task);
    const std::string name = NameOf(state_, task);
    Part part{.task = std::string(task.key())};
    const auto say = [&](std::string kind, std::string text) {
      part.kind = std::move(kind);
      part.text = std::move(text);
      return part;
    };
    switch (task.phase) {
      case Phase::kDone:
        if (more.cooldown_refused_at < task.updated) return say("done", name + " is done");
        return say("cooldown", CoolingDown(task, more, name));
      case Phase::kRunning: return Running(task, name, part);
      case Phase::kRetrying:
        part.until = more.retry_at;
        return say("delay",
                   fmt::format("{} failed {} so far: {}. Next try {}",
                               name,
                               Times(more.failures.size()),
                               FailureOf(more),
                               more.retry_at == Timestamp{} ? "never" : In(more.retry_at, now_)));
      case Phase::kDisabled:
        part.until = EnabledAgainAt(more, options_);
        return say("disabled", Disabled(more, part.until, name));
      case Phase::kExternal:
        part.until = more.check_at;
        return say("external",
                   fmt::format("{} is external and not there yet: nobody here makes it. It is "
                               "looked for again {}",
                               name,
                               more.check_at == Timestamp{} ? "soon" : In(more.check_at, now_)));
      case Phase::kUnknown:
        part.until = more.check_at;
        return say("plan",
                   more.error.empty()
                       ? name + " is not planned yet"
                       : fmt::format("{} could not be planned: {}", name, FailureOf(more)));
      case Phase::kReady: return Ready(task, name, part);
      case Phase::kWaiting:
      case Phase::kBlocked: break;
    }
    return say(
        "dependency",
        fmt::format(
            "{} waits for {} of its {} dependencies", name, task.deps_open, task.deps.size()));
  }

 private:
  Part Running(const Task& task, const std::string& name, Part part) const {
    part.kind = "running";
    part.worker = task.worker_running.value == 0 ? "" : state_.worker(task.worker_running).key;
    part.text = fmt::format(
        "{} is running on {} for {:.0f} s", name, part.worker, SecondsOf(now_ - task.time_running));
    return part;
  }

  std::string CoolingDown(const Task& task, const TaskDetail& more, const std::string& name) const {
    return fmt::format(
        "{} is done for {:.0f} s. It was asked for again {:.1f} s after its end and "
        "is not run again for that: the asker may have looked just before, so within "
        "stable_done_cooldown_secs ({} s) it stays done; ask again",
        name,
        SecondsOf(now_ - task.updated),
        SecondsOf(more.cooldown_refused_at - task.updated),
        options_.cooldown_s);
  }

  std::string Disabled(const TaskDetail& more, Timestamp until, const std::string& name) const {
    if (more.disabled_at == Timestamp{}) {
      return name + " is disabled by its author or an operator; `headrace retry` brings it back";
    }
    return fmt::format(
        "{} is disabled after {}: {}. It comes back {}; `headrace retry` tries it again at once",
        name,
        Failures(more.failures.size()),
        FailureOf(more),
        until == Timestamp{} ? "never by itself (disable_persist)" : In(until, now_));
  }

  Part Ready(const Task& task, const std::string& name, Part part) const {
    const auto say = [&](std::string kind, std::string text) {
      part.kind = std::move(kind);
      part.text = std::move(text);
      return part;
    };
    if (state_.paused()) return say("paused", "the scheduler is paused");
    for (const auto& [resource, amount] : state_.resources(task.resources)) {
      const double total = state_.ResourceTotal(resource);
      if (state_.ResourceUsed(resource) + amount <= total) continue;
      part.resource = resource;
      return say("resource",
                 fmt::format("{} needs {} of resource {}: {} of {} are in use",
                             name,
                             amount,
                             resource,
                             state_.ResourceUsed(resource),
                             total));
    }
    if (task.pool.value == 0) {
      const auto workers = state_.worker_sets().Members(task.workers);
      if (workers.empty()) {
        return say("no_worker",
                   name +
                       " is ready, but nobody is there to run it: the client "
                       "that registered it has left");
      }
      part.worker = state_.worker(workers.front()).key;
      return say("no_worker",
                 fmt::format("{} is ready; it waits for {} to ask for it", name, part.worker));
    }
    const scheduler::Pool& pool = state_.pool(task.pool);
    part.pool = pool.name;
    const auto run = task.runs.empty() ? scheduler::RunId{} : task.runs.front();
    const auto pipeline = run.value == 0 ? scheduler::PipelineId{} : state_.run(run).pipeline;
    if (pipeline.value != 0 && state_.pipeline(pipeline).paused) {
      return say("paused", "pipeline " + state_.pipeline(pipeline).spec.name + " is paused");
    }
    if (pool.busy >= pool.slots) {
      return say("pool",
                 fmt::format("{} is one of {} that wait for a slot of pool {}: all {} are "
                             "taken",
                             name,
                             pool.ready,
                             pool.name,
                             pool.slots));
    }
    bool served = false;
    state_.ForEachWorker([&](scheduler::WorkerId, const scheduler::Worker& worker) {
      served |=
          !worker.disabled && !worker.draining &&
          std::find(worker.pools.begin(), worker.pools.end(), task.pool) != worker.pools.end();
    });
    if (!served) {
      return say("no_worker",
                 fmt::format("{} is ready, but no worker serves pool {}: start one with "
                             "`headrace worker`",
                             name,
                             pool.name));
    }
    return say("pool",
               fmt::format("{} is ready; a worker of pool {} will take it", name, pool.name));
  }

  const State& state_;
  const Timestamp now_;
  const ApiOptions& options_;
};

// From the task down to what is first in its way: the worst of each level.
std::vector<TaskId> ChainOf(const State& state, TaskId id) {
  constexpr size_t kDepthMax = 20;
  const auto weight = [&](TaskId dep) {
    switch (state.task(dep).phase) {
      case Phase::kDisabled: return 8;
      case Phase::kBlocked: return 7;
      case Phase::kUnknown: return 6;
      case Phase::kRetrying: return 5;
      case Phase::kExternal: return 4;
      case Phase::kReady: return 3;
      case Phase::kWaiting: return 2;
      case Phase::kRunning: return 1;
      case Phase::kDone: return 0;
    }
    return 0;
  };
  std::vector<TaskId> chain;
  while (chain.size() < kDepthMax) {
    const Task& task = state.task(id);
    if (task.phase != Phase::kWaiting && task.phase != Phase::kBlocked) break;
    TaskId worst;
    for (TaskId dep : task.deps) {
      if (weight(dep) > 0 && (worst.value == 0 || weight(dep) > weight(worst))) worst = dep;
    }
    if (worst.value == 0 || std::find(chain.begin(), chain.end(), worst) != chain.end()) break;
    chain.push_back(worst);
    id = worst;
  }
  return chain;
}

void WritePart(JsonWriter& json, const Part& part) {
  json.BeginObject();
  json.Field("kind", part.kind);
  json.Field("text", part.text);
  TextOrNullField(json, "task", part.task);
  TextOrNullField(json, "pool", part.pool);
  TextOrNullField(json, "resource", part.resource);
  TextOrNullField(json, "worker", part.worker);
  TimeField(json, "until", part.until);
  json.EndObject();
}

}  // namespace

Timestamp EnabledAgainAt(const TaskDetail& more, const ApiOptions& options) {
  const bool comes_back =
      more.disabled_at != Timestamp{} && options.disable_persist < config::kNever;
  return comes_back ? more.disabled_at + options.disable_persist : Timestamp{};
}

void WhyFields(JsonWriter& json,
               const engine::View& view,
               TaskId id,
               Timestamp now,
               const ApiOptions& options) {
  const Reason reason(view, now, options);
  std::vector<Part> parts = {reason.Of(id)};
  for (TaskId below : ChainOf(view.state, id)) parts.push_back(reason.Of(below));
  std::string words = parts.front().text;
  if (parts.size() > 1) words += ". First in its way: " + parts.back().text;
  json.Field("task", view.state.task(id).key());
  json.Field("kind", parts.back().kind);
  json.Field("words", words + ".");
  json.Key("parts");
  json.BeginArray();
  for (const Part& part : parts) WritePart(json, part);
  json.EndArray();
}

}  // namespace headrace::api
