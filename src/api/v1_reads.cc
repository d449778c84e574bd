// /v1's reads, on the replica's thread.

#include <algorithm>
#include <charconv>
#include <deque>
#include <utility>

#include "api/overview.h"
#include "api/rows.h"
#include "api/v1_api.h"
#include "api/v1_bodies.h"
#include "api/why.h"
#include "base/json_text.h"
#include "base/json_writer.h"
#include "config/quantity.h"
#include "net/form.h"

namespace headrace::api {

using engine::View;
using scheduler::Phase;
using scheduler::State;
using scheduler::Task;
using scheduler::TaskId;

namespace {

std::string Field(const net::HttpRequest& request, std::string_view name) {
  return net::FindFormField(request.query, name).value_or("");
}

struct Paging {
  size_t limit = 100;
  uint32_t after = 0;  // the cursor: number of the last row shown
};

Paging PagingOf(const net::HttpRequest& request) {
  constexpr uint32_t kLimitMax = 1'000;
  const uint32_t limit = NumberOf(Field(request, "limit"));
  return {.limit = limit == 0 ? 100 : std::min(limit, kLimitMax),
          .after = NumberOf(Field(request, "cursor"))};
}

// A page of `ids`, which are in the order shown; the cursor is the position.
template <class Id, class Row>
net::HttpResponse Page(const View& view,
                       const std::vector<Id>& ids,
                       const Paging& paging,
                       Row row) {
  return Object(view, [&](JsonWriter& json) {
    const size_t begin = std::min<size_t>(paging.after, ids.size());
    const size_t end = std::min(begin + paging.limit, ids.size());
    json.Key("items");
    json.BeginArray();
    for (size_t i = begin; i < end; ++i) {
      json.BeginObject();
      row(json, ids[i]);
      json.EndObject();
    }
    json.EndArray();
    json.Key("next");
    end < ids.size() ? json.String(std::to_string(end)) : json.Null();
    json.Field("total", ids.size());
  });
}

struct TaskFilter {
  std::string status, phase, family, pipeline, pool, worker, text;

  explicit TaskFilter(const net::HttpRequest& request)
      : status(Field(request, "status")),
        phase(Field(request, "phase")),
        family(Field(request, "family")),
        pipeline(Field(request, "pipeline")),
        pool(Field(request, "pool")),
        worker(Field(request, "worker")),
        text(Field(request, "q")) {}

  bool Wants(const State& state, const Task& task) const {
    if (!status.empty() && Name(task.status) != status) return false;
    if (!phase.empty() && Name(task.phase) != phase) return false;
    if (!family.empty() && state.text(task.family) != family) return false;
    if (!pool.empty() && (task.pool.value == 0 || state.pool(task.pool).name != pool)) return false;
    if (!worker.empty() &&
        (task.worker_running.value == 0 || state.worker(task.worker_running).key != worker)) {
      return false;
    }
    if (!pipeline.empty() && !IsOf(state, task)) return false;
    return text.empty() || task.key().find(text) != std::string_view::npos ||
           LabelOf(state, task).find(text) != std::string::npos;
  }

 private:
  bool IsOf(const State& state, const Task& task) const {
    return std::any_of(task.runs.begin(), task.runs.end(), [&](scheduler::RunId run) {
      const auto id = state.run(run).pipeline;
      return id.value != 0 && state.pipeline(id).spec.name == pipeline;
    });
  }
};

net::HttpResponse TaskPage(const View& view,
                           std::vector<TaskId> ids,
                           const TaskFilter& filter,
                           const Paging& paging) {
  std::erase_if(ids, [&](TaskId id) { return !filter.Wants(view.state, view.state.task(id)); });
  return Page(
      view, ids, paging, [&](JsonWriter& json, TaskId id) { TaskFields(json, view.state, id); });
}

std::vector<TaskId> AllTasks(const State& state) {
  std::vector<TaskId> ids;
  state.ForEachTask([&](TaskId id, const Task&) { ids.push_back(id); });
  std::reverse(ids.begin(), ids.end());  // newest first
  return ids;
}

net::HttpResponse RunPage(const View& view,
                          const std::string& pipeline,
                          const std::string& state,
                          const Paging& paging) {
  std::vector<scheduler::RunId> ids;
  for (uint32_t i = static_cast<uint32_t>(view.state.runs().size()); i >= 1; --i) {
    const scheduler::Run& run = view.state.runs()[scheduler::RunId{i}];
    if (!state.empty() && Name(run.state) != state) continue;
    const std::string name =
        run.pipeline.value == 0 ? "" : view.state.pipeline(run.pipeline).spec.name;
    if (!pipeline.empty() && name != pipeline) continue;
    ids.push_back(scheduler::RunId{i});
  }
  return Page(view, ids, paging, [&](JsonWriter& json, scheduler::RunId id) {
    RunFields(json, view.state, id);
  });
}

net::HttpResponse RunGraph(const View& view, const scheduler::Run& run, size_t limit) {
  const State& state = view.state;
  const size_t shown = std::min(run.tasks.size(), limit);
  std::map<TaskId, size_t> index;
  for (size_t i = 0; i < shown; ++i) index[run.tasks[i]] = i;
  size_t edges_cut = 0;
  return Object(view, [&](JsonWriter& json) {
    json.Key("nodes");
    json.BeginArray();
    for (size_t i = 0; i < shown; ++i) {
      json.BeginObject();
      TaskShortFields(json, state, run.tasks[i]);
      json.EndObject();
    }
    json.EndArray();
    json.Key("edges");
    json.BeginArray();
    for (size_t i = 0; i < shown; ++i) {
      for (TaskId dep : state.task(run.tasks[i]).deps) {
        const auto to = index.find(dep);
        if (to == index.end()) {
          ++edges_cut;
          continue;
        }
        json.BeginArray();
        json.Unsigned(i);
        json.Unsigned(to->second);
        json.EndArray();
      }
    }
    json.EndArray();
    json.Key("cut");
    json.BeginObject();
    json.Field("nodes", run.tasks.size() - shown);
    json.Field("edges", edges_cut);
    json.EndObject();
  });
}

// Its neighbours by interval in the same pipeline.
void Neighbours(JsonWriter& json, const State& state, scheduler::RunId id) {
  const scheduler::Run& run = state.run(id);
  uint32_t previous = 0;
  uint32_t next = 0;
  if (run.pipeline.value != 0) {
    const auto& runs = state.pipeline(run.pipeline).run_of_interval;
    const auto at = runs.find({run.interval_start, run.interval_end});
    if (at != runs.begin() && at != runs.end()) previous = std::prev(at)->second.value;
    if (at != runs.end() && std::next(at) != runs.end()) next = std::next(at)->second.value;
  }
  IdField(json, "previous_run", previous);
  IdField(json, "next_run", next);
}

void RetryFields(JsonWriter& json,
                 const scheduler::TaskDetail& more,
                 const Task& task,
                 Duration disable_persist) {
  json.Key("retry");
  json.BeginObject();
  json.Key("count");
  more.retry.count ? json.Int(*more.retry.count) : json.Null();
  json.Field("used", more.failures.size());
  TimeField(
      json, "next_at", task.status == scheduler::TaskStatus::kFailed ? more.retry_at : Timestamp{});
  const bool comes_back = more.disabled_at != Timestamp{} &&  // else its author disabled it
                          disable_persist < config::kNever;
  TimeField(json, "disabled_until", comes_back ? more.disabled_at + disable_persist : Timestamp{});
  json.EndObject();
}

void Names(JsonWriter& json,
           std::string_view name,
           const State& state,
           scheduler::WorkerSetId set) {
  json.Key(name);
  json.BeginArray();
  for (scheduler::WorkerId id : state.worker_sets().Members(set)) json.String(state.worker(id).key);
  json.EndArray();
}

net::HttpResponse WholeTask(const View& view, TaskId id, Duration disable_persist) {
  const State& state = view.state;
  const Task& task = state.task(id);
  const scheduler::TaskDetail& more = state.detail(task);
  return Object(view, [&](JsonWriter& json) {
    TaskFields(json, state, id);
    json.Field("module", state.text(task.module));
    json.Key("params");
    json.BeginObject();
    for (const auto& [name, value] : PublicParams(state, task)) json.Field(name, value);
    json.EndObject();
    json.Key("priority");
    WriteNumber(json, task.priority);
    json.Key("resources");
    WriteAmounts(json, state.resources(task.resources));
    JsonOrNullField(json, "owners", more.owners);
    json.Field("deps_count", task.deps.size());
    json.Field("dependents_count", task.dependents.size());
    json.Key("runs");
    json.BeginArray();
    for (scheduler::RunId run : task.runs) json.Unsigned(run.value);
    json.EndArray();
    RetryFields(json, more, task, disable_persist);
    TextOrNullField(json, "expl", more.expl);
    JsonOrNullField(json, "error", more.error);
    JsonOrNullField(json, "targets", more.targets);
    Names(json, "stakeholders", state, task.stakeholders);
    Names(json, "workers", state, task.workers);
  });
}

std::vector<scheduler::AttemptId> AttemptsOf(const State& state, TaskId task) {
  std::vector<scheduler::AttemptId> ids;
  auto id = state.detail(state.task(task)).attempt_last;
  while (id.value != 0) {
    ids.push_back(id);
    id = state.FindAttempt(id)->previous;
  }
  return ids;
}

net::HttpResponse Neighbourhood(const View& view,
                                std::span<const TaskId> ids,
                                const Paging& paging) {
  return Page(
      view, std::vector<TaskId>(ids.begin(), ids.end()), paging, [&](JsonWriter& json, TaskId id) {
        TaskShortFields(json, view.state, id);
      });
}

net::HttpResponse NotThere(std::string_view kind, const std::string& name) {
  return Problem(404, "no " + std::string(kind) + " '" + name + "'");
}

}  // namespace

Show V1Api::ShowOfTask(const std::string& key,
                       std::string_view what,
                       const net::HttpRequest& request) {
  using One = std::function<net::HttpResponse(const View&, TaskId)>;
  const Paging paging = PagingOf(request);
  One show;
  if (what.empty()) {
    show = [persist = context_.options().disable_persist](const View& view, TaskId id) {
      return WholeTask(view, id, persist);
    };
  }
  if (what == "why") {
    show = [this](const View& view, TaskId id) {
      return Object(view, [&](JsonWriter& json) {
        WhyFields(json, view, id, context_.clock().Now(), context_.options());
      });
    };
  }
  if (what == "dependencies") {
    show = [paging](const View& view, TaskId id) {
      return Neighbourhood(view, view.state.task(id).deps.ids(), paging);
    };
  }
  if (what == "dependents") {
    show = [paging](const View& view, TaskId id) {
      return Neighbourhood(view, view.state.task(id).dependents.ids(), paging);
    };
  }
  if (what == "attempts") {
    show = [paging](const View& view, TaskId id) {
      return Page(view,
                  AttemptsOf(view.state, id),
                  paging,
                  [&](JsonWriter& json, scheduler::AttemptId attempt) {
                    AttemptFields(json, view.state, attempt);
                  });
    };
  }
  if (!show) return {};
  return [key, show](const View& view) {
    const TaskId id = view.state.FindTask(key);
    return id.value == 0 ? NotThere("task", key) : show(view, id);
  };
}

Show V1Api::ShowOfRun(const std::string& number,
                      std::string_view what,
                      const net::HttpRequest& request) {
  using One = std::function<net::HttpResponse(const View&, scheduler::RunId)>;
  const Paging paging = PagingOf(request);
  One show;
  if (what.empty()) {
    show = [](const View& view, scheduler::RunId id) {
      return Object(view, [&](JsonWriter& json) {
        RunFields(json, view.state, id);
        const scheduler::Run& run = view.state.run(id);
        json.Field("module", run.spec.module);
        json.Field("family", run.spec.family);
        json.Key("params");
        json.Raw(run.spec.params.empty() ? "{}" : run.spec.params);
        Neighbours(json, view.state, id);
      });
    };
  }
  if (what == "tasks") {
    show = [paging, filter = TaskFilter(request)](const View& view, scheduler::RunId id) {
      return TaskPage(view, view.state.run(id).tasks, filter, paging);
    };
  }
  if (what == "graph") {
    const uint32_t asked = NumberOf(Field(request, "limit"));
    const size_t limit = asked == 0 ? 1'500 : std::min<size_t>(asked, 1'500);
    show = [limit](const View& view, scheduler::RunId id) {
      return RunGraph(view, view.state.run(id), limit);
    };
  }
  if (!show) return {};
  return [number, show](const View& view) {
    const scheduler::RunId id{NumberOf(number)};
    return view.state.FindRun(id) == nullptr ? NotThere("run", number) : show(view, id);
  };
}

Show V1Api::ShowOf(const Segments& path, const net::HttpRequest& request) {
  const std::string& first = path[0];
  const Paging paging = PagingOf(request);
  const bool one = path.size() == 1;
  const std::string what = path.size() == 3 ? path[2] : "";
  if (path.size() > 3) return {};
  if (first == "overview" && one) {
    return [this](const View& view) { return ShowOverview(context_, view); };
  }
  if (first == "health" && one) {
    return [this](const View& view) { return ShowHealth(context_, view); };
  }
  if (first == "openapi.json" && one) {
    return [](const View&) { return net::JsonResponse(std::string(OpenApiDocument())); };
  }
  if (first == "tasks" && !one) return ShowOfTask(path[1], what, request);
  if (first == "tasks") {
    return [paging, filter = TaskFilter(request)](const View& view) {
      return TaskPage(view, AllTasks(view.state), filter, paging);
    };
  }
  if (first == "runs" && !one) return ShowOfRun(path[1], what, request);
  if (first == "runs" || (first == "pipelines" && what == "runs")) {
    const std::string pipeline = one ? Field(request, "pipeline") : path[1];
    return [paging, pipeline, state = Field(request, "state")](const View& view) {
      return RunPage(view, pipeline, state, paging);
    };
  }
  if (first == "pipelines" && what.empty()) {
    return [this, paging, name = one ? "" : path[1]](const View& view) {
      return ShowPipelines(context_, view, name, paging.limit);
    };
  }
  if (first == "workers" && one) {
    return [](const View& view) { return ShowWorkers(view); };
  }
  if (first == "pools" && one) {
    return [](const View& view) { return ShowPools(view); };
  }
  return {};
}

}  // namespace headrace::api
