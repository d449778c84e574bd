// Luigi's methods that only look. They run on the replica's thread.

#include <algorithm>
#include <deque>
#include <set>

#include "api/luigi_api.h"
#include "api/luigi_task.h"
#include "api/upstream.h"
#include "base/json_text.h"
#include "base/json_writer.h"

namespace headrace::api {

using engine::View;
using scheduler::State;
using scheduler::Task;
using scheduler::TaskId;
using scheduler::TaskStatus;

namespace {

template <class Write>
net::HttpResponse Written(Write write) {
  std::string text;
  JsonWriter json(text, JsonStyle::kPython);
  write(json);
  return LuigiResponse(text);
}

struct TaskQuery {
  std::string status;
  std::string upstream_status;
  bool limit = true;
  std::optional<std::string> search;
  int64_t shown_max = 0;
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Every word of the search stands in the display name.
bool MatchesSearch(const State& state, const Task& task, const std::vector<std::string>& words) {
  if (words.empty()) return true;
  const std::string name = Lower(DisplayName(state, task));
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return name.find(word) != std::string::npos;
  });
}

std::vector<std::string> WordsOf(const std::string& search) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : search + " ") {
    if (c != ' ' && c != '\t' && c != '\n') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(Lower(word));
      word.clear();
    }
  }
  return words;
}

net::HttpResponse TaskList(const View& view, const TaskQuery& query) {
  const State& state = view.state;
  const auto wanted = [&](const Task& task) {
    return query.status.empty() || Name(task.status) == query.status;
  };
  const bool plain = !query.search || query.search->empty();
  if (plain && query.limit) {
    int64_t before = 0;
    state.ForEachTask([&](TaskId, const Task& task) { before += wanted(task); });
    if (before > query.shown_max) {
      return Written([&](JsonWriter& json) {
        json.BeginObject();
        json.Field("num_tasks", query.upstream_status.empty() ? before : -1);
        json.EndObject();
      });
    }
  }
  const std::vector<std::string> words = WordsOf(query.search.value_or(""));
  Upstream upstream(state);
  std::vector<TaskId> found;
  state.ForEachTask([&](TaskId id, const Task& task) {
    if (!wanted(task) || !MatchesSearch(state, task, words)) return;
    const bool filtered = task.status == TaskStatus::kPending && !query.upstream_status.empty();
    if (filtered && upstream.StatusOf(id) != query.upstream_status) return;
    found.push_back(id);
  });
  return Written([&](JsonWriter& json) {
    json.BeginObject();
    if (query.limit && static_cast<int64_t>(found.size()) > query.shown_max) {
      json.Field("num_tasks", found.size());
    } else {
      for (TaskId id : found) {
        json.Key(state.task(id).key());
        WriteLuigiTask(json, state, id, {});
      }
    }
    json.EndObject();
  });
}

void WriteWorker(JsonWriter& json, const View& view, scheduler::WorkerId id, bool running) {
  const State& state = view.state;
  const scheduler::Worker& worker = state.worker(id);
  const auto last = view.liveness.LastActive(id);
  json.BeginObject();
  json.Field("name", worker.key);
  json.Field("last_active", LuigiTime(last == Timestamp{} ? worker.started : last));
  json.Field("started", LuigiTime(worker.started));
  json.Field("state", worker.disabled ? "disabled" : "active");
  const std::string first_task = JsonString(worker.info, "first_task").value_or("");
  const TaskId task = state.FindTask(first_task);
  json.Field("first_task_display_name",
             task.value == 0 ? first_task : DisplayName(state, state.task(task)));
  json.Field("num_unread_rpc_messages", 0);
  WriteMembers(json, worker.info);
  if (running) {
    uint64_t pending = 0;
    uint64_t unique = 0;
    for (scheduler::WorkerSetId set : state.worker_sets().SetsOf(id)) {
      pending += state.worker_sets().Counts(set).pending;
      if (state.worker_sets().Members(set).size() == 1) {
        unique += state.worker_sets().Counts(set).pending;
      }
    }
    json.Field("num_pending", pending);
    json.Field("num_uniques", unique);
    json.Field("num_running", worker.running);
    json.Key("running");
    json.BeginObject();
    for (const scheduler::Rank& rank : state.running()) {
      if (state.task(rank.task).worker_running != id) continue;
      json.Key(state.task(rank.task).key());
      WriteLuigiTask(json, state, rank.task, {});
    }
    json.EndObject();
  }
  json.EndObject();
}

net::HttpResponse WorkerList(const View& view, bool running) {
  std::vector<scheduler::WorkerId> workers;
  view.state.ForEachWorker(
      [&](scheduler::WorkerId id, const scheduler::Worker&) { workers.push_back(id); });
  std::sort(workers.begin(), workers.end(), [&](auto a, auto b) {
    return view.state.worker(a).started > view.state.worker(b).started;
  });
  return Written([&](JsonWriter& json) {
    json.BeginArray();
    for (scheduler::WorkerId id : workers) WriteWorker(json, view, id, running);
    json.EndArray();
  });
}

double AmountOf(const scheduler::Resources& amounts, std::string_view name) {
  for (const auto& [each, amount] : amounts) {
    if (each == name) return amount;
  }
  return 0;
}

net::HttpResponse ResourceList(const View& view) {
  const State& state = view.state;
  return Written([&](JsonWriter& json) {
    json.BeginArray();
    for (const auto& [name, total] : state.resource_totals()) {
      std::vector<TaskId> consumers;
      for (const scheduler::Rank& rank : state.running()) {
        if (AmountOf(state.resources(state.task(rank.task).resources), name) > 0) {
          consumers.push_back(rank.task);
        }
      }
      json.BeginObject();
      json.Field("name", name);
      json.Key("num_total");
      WriteNumber(json, total);
      json.Key("num_used");
      WriteNumber(json, state.ResourceUsed(name));
      json.Field("num_consumer", consumers.size());
      json.Key("running");
      json.BeginObject();
      for (TaskId id : consumers) {
        json.Key(state.task(id).key());
        WriteLuigiTask(json, state, id, {});
      }
      json.EndObject();
      json.EndObject();
    }
    json.EndArray();
  });
}

enum class Direction : uint8_t { kDependencies, kDependents };

// Breadth first from `root`, neighbours in ascending order of their ids (texts).
net::HttpResponse Graph(const View& view,
                        const std::vector<TaskId>& roots,
                        Direction direction,
                        bool include_done,
                        size_t nodes_max) {
  const State& state = view.state;
  std::deque<TaskId> todo(roots.begin(), roots.end());
  std::set<TaskId> seen(roots.begin(), roots.end());
  size_t written = 0;
  return Written([&](JsonWriter& json) {
    json.BeginObject();
    while (!todo.empty() && written < nodes_max) {
      const TaskId id = todo.front();
      todo.pop_front();
      ++written;
      const Task& task = state.task(id);
      json.Key(task.key());
      if (task.removed || task.family.value == 0) {
        WriteLuigiPlaceholder(json, task.key());
        continue;
      }
      const auto ids =
          direction == Direction::kDependencies ? task.deps.ids() : task.dependents.ids();
      std::vector<TaskId> neighbours(ids.begin(), ids.end());
      if (!include_done) {
        std::erase_if(neighbours,
                      [&](TaskId n) { return state.task(n).status == TaskStatus::kDone; });
      }
      std::sort(neighbours.begin(), neighbours.end(), [&](TaskId a, TaskId b) {
        return state.task(a).key() < state.task(b).key();
      });
      for (TaskId n : neighbours) {
        if (seen.insert(n).second) todo.push_back(n);
      }
      WriteLuigiTask(json, state, id, {.deps = true, .neighbours = std::move(neighbours)});
    }
    json.EndObject();
  });
}

net::HttpResponse Search(const View& view, const std::string& text) {
  std::map<std::string_view, std::vector<TaskId>> found;
  view.state.ForEachTask([&](TaskId id, const Task& task) {
    if (task.key().find(text) != std::string_view::npos) found[Name(task.status)].push_back(id);
  });
  return Written([&](JsonWriter& json) {
    json.BeginObject();
    for (const auto& [status, tasks] : found) {
      json.Key(status);
      json.BeginObject();
      for (TaskId id : tasks) {
        json.Key(view.state.task(id).key());
        WriteLuigiTask(json, view.state, id, {});
      }
      json.EndObject();
    }
    json.EndObject();
  });
}

net::HttpResponse FetchError(const View& view, const std::string& key) {
  const TaskId id = view.state.FindTask(key);
  return Written([&](JsonWriter& json) {
    json.BeginObject();
    json.Field("taskId", key);
    if (id.value == 0) {
      json.Field("error", "");
      json.EndObject();
      return;
    }
    const Task& task = view.state.task(id);
    const std::string& expl = view.state.detail(task).expl;
    json.Key("error");
    expl.empty() ? json.Null() : json.String(expl);
    json.Field("displayName", DisplayName(view.state, task));
    json.Key("taskParams");
    json.BeginObject();
    WriteMembers(json, task.params());
    json.EndObject();
    json.Key("taskModule");
    task.module_known ? json.String(view.state.text(task.module)) : json.Null();
    json.Field("taskFamily", view.state.text(task.family));
    json.EndObject();
  });
}

// {"taskId": …, name: write(detail)} for a known task, `unknown` for another.
template <class Write>
net::HttpResponse OneField(const View& view,
                           const std::string& key,
                           std::string_view name,
                           std::string_view unknown,
                           Write write) {
  const TaskId id = view.state.FindTask(key);
  return Written([&](JsonWriter& json) {
    json.BeginObject();
    json.Field("taskId", key);
    json.Key(name);
    if (id.value == 0) {
      json.Raw(unknown);
    } else {
      write(json, view.state.task(id));
    }
    json.EndObject();
  });
}

}  // namespace

template <class Make>
void LuigiApi::AddRead(std::string_view method, Make make) {
  handlers_[method] = [method, make](Port& port, Args& args, net::Responder&& responder) {
    Show show = make(args);
    if (!args.ok()) {
      return responder.Send(LuigiRefusal(400, std::string(method) + ": " + args.error()));
    }
    port.Read(std::move(responder), std::move(show));
  };
}

void LuigiApi::AddReads() {
  AddRead("task_list", [this](Args& args) -> Show {
    TaskQuery query{.status = args.Text("status"),
                    .upstream_status = args.Text("upstream_status"),
                    .limit = args.Bool("limit", true),
                    .search = args.MaybeText("search"),
                    .shown_max = args.Int(
                        "max_shown_tasks", port_.options().shown_tasks_max, 0, 1'000'000'000)};
    return [query](const View& view) { return TaskList(view, query); };
  });
  AddRead("worker_list", [](Args& args) -> Show {
    const bool running = args.Bool("include_running", true);
    return [running](const View& view) { return WorkerList(view, running); };
  });
  AddRead("resource_list", [](Args&) -> Show { return ResourceList; });
  AddRead("graph", [this](Args&) -> Show {
    const auto nodes = static_cast<size_t>(port_.options().graph_nodes_max);
    return [nodes](const View& view) {
      std::vector<TaskId> all;
      view.state.ForEachTask([&](TaskId id, const Task&) { all.push_back(id); });
      return Graph(view, all, Direction::kDependencies, true, nodes);
    };
  });
  const auto graph = [this](Direction direction) {
    return [this, direction](Args& args) -> Show {
      const std::string key = args.Required("task_id");
      const bool include_done = args.Bool("include_done", true);
      const auto nodes = static_cast<size_t>(port_.options().graph_nodes_max);
      return [=](const View& view) {
        const TaskId root = view.state.FindTask(key);
        if (root.value == 0) return LuigiResponse("{}");
        return Graph(view, {root}, direction, include_done, nodes);
      };
    };
  };
  AddRead("dep_graph", graph(Direction::kDependencies));
  AddRead("inverse_dep_graph", graph(Direction::kDependents));
  AddRead("task_search", [](Args& args) -> Show {
    const std::string text = args.Required("task_str");
    return [text](const View& view) { return Search(view, text); };
  });
  AddRead("fetch_error", [](Args& args) -> Show {
    const std::string key = args.Required("task_id");
    return [key](const View& view) { return FetchError(view, key); };
  });
  AddTaskFieldReads();
}

void LuigiApi::AddTaskFieldReads() {
  AddRead("get_task_status_message", [](Args& args) -> Show {
    const std::string key = args.Required("task_id");
    return [key](const View& view) {
      return OneField(view, key, "statusMessage", "\"\"", [&](JsonWriter& json, const Task& task) {
        const std::string& message = view.state.detail(task).status_message;
        message.empty() ? json.Null() : json.String(message);
      });
    };
  });
  AddRead("get_task_progress_percentage", [](Args& args) -> Show {
    const std::string key = args.Required("task_id");
    return [key](const View& view) {
      return OneField(
          view, key, "progressPercentage", "null", [&](JsonWriter& json, const Task& task) {
            const std::string& progress = view.state.detail(task).progress;
            json.Raw(progress.empty() ? "null" : progress);
          });
    };
  });
  AddRead("get_running_task_resources", [](Args& args) -> Show {
    const std::string key = args.Required("task_id");
    return [key](const View& view) {
      return OneField(view, key, "resources", "null", [&](JsonWriter& json, const Task& task) {
        if (task.time_running == Timestamp{}) return json.Null();
        WriteAmounts(json, view.state.resources(view.state.detail(task).resources_running));
      });
    };
  });
  AddRead("is_paused", [](Args&) -> Show {
    return [](const View& view) {
      return LuigiResponse(view.state.paused() ? R"({"paused": true})" : R"({"paused": false})");
    };
  });
}

}  // namespace headrace::api
