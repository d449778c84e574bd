// Tables of tasks, and one task with its events.

#include "api/luigi_history.h"

#include <algorithm>
#include <charconv>
#include <fmt/chrono.h>
#include <functional>
#include <map>

#include "base/json_text.h"
#include "net/form.h"

namespace headrace::api {

using engine::View;
using scheduler::State;
using scheduler::Task;
using scheduler::TaskId;

namespace {

constexpr size_t kRowsMax = 1'000;
constexpr Duration kRecent = std::chrono::hours(24);

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string TimeText(Timestamp at) {
  if (at == Timestamp{}) return "";
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::string ParamsText(const Task& task) {
  std::string text;
  for (const auto& [name, value] : JsonStrings(task.params())) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, value);
  }
  return text;
}

std::string WorkerOf(const State& state, const Task& task) {
  return task.worker_running.value == 0 ? "" : state.worker(task.worker_running).key;
}

net::HttpResponse Page(std::string_view title, std::string_view body) {
  net::HttpResponse response = net::HtmlResponse(fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title></head>"
      "<body><h1>{0}</h1>{1}</body></html>\n",
      Escaped(title),
      body));
  response.headers.Add("Content-Security-Policy", "default-src 'none'");
  response.headers.Add("X-Content-Type-Options", "nosniff");
  return response;
}

std::string Row(const std::vector<std::string>& cells, std::string_view tag = "td") {
  std::string row = "<tr>";
  for (const std::string& cell : cells) row += fmt::format("<{0}>{1}</{0}>", tag, cell);
  return row + "</tr>";
}

using Wanted = std::function<bool(const Task&)>;

std::vector<TaskId> NewestFirst(const State& state, const Wanted& wanted) {
  std::vector<TaskId> found;
  state.ForEachTask([&](TaskId id, const Task& task) {
    if (task.family.value != 0 && wanted(task)) found.push_back(id);
  });
  std::ranges::sort(found, [&](TaskId a, TaskId b) {
    return std::pair(state.task(b).updated, b) < std::pair(state.task(a).updated, a);
  });
  if (found.size() > kRowsMax) found.resize(kRowsMax);
  return found;
}

// `up`: from the page's address to /history/.
net::HttpResponse Listed(const View& view,
                         std::string_view title,
                         std::string_view up,
                         const Wanted& wanted) {
  const State& state = view.state;
  std::string table = Row({"Name", "Worker", "Last action", "Status", "Parameters"}, "th");
  for (TaskId id : NewestFirst(state, wanted)) {
    const Task& task = state.task(id);
    table +=
        Row({fmt::format(
                 "<a href=\"{}by_id/{}\">{}</a>", up, id.value, Escaped(state.text(task.family))),
             Escaped(WorkerOf(state, task)),
             TimeText(task.updated),
             std::string(Name(task.status)),
             Escaped(ParamsText(task))});
  }
  return Page(title, "<table>" + table + "</table>");
}

net::HttpResponse One(const View& view, TaskId id) {
  const State& state = view.state;
  const Task& task = state.task(id);
  std::string events = Row({"Event", "Time", "Worker"}, "th");
  events += Row({std::string(Name(task.status)), TimeText(task.updated), ""});
  if (task.time_running != Timestamp{} && task.status != scheduler::TaskStatus::kRunning) {
    events += Row({"RUNNING", TimeText(task.time_running), Escaped(WorkerOf(state, task))});
  }
  events += Row({"PENDING", TimeText(task.created), ""});
  return Page(std::string(state.text(task.family)) + "(" + ParamsText(task) + ")",
              fmt::format("<p>{}</p><table>{}</table>", Escaped(task.key()), events));
}

net::HttpResponse Families(const View& view) {
  std::map<std::string_view, size_t> families;
  view.state.ForEachTask([&](TaskId, const Task& task) {
    if (task.family.value != 0) ++families[view.state.text(task.family)];
  });
  std::string table = Row({"Name", "Tasks"}, "th");
  for (const auto& [family, count] : families) {
    table += Row(
        {fmt::format("<a href=\"tasklist/{}\">{}</a>", net::PercentEncode(family), Escaped(family)),
         std::to_string(count)});
  }
  return Page("Task names", "<table>" + table + "</table>");
}

// How long each took, from its start to its last change.
net::HttpResponse Times(const View& view, const std::string& family) {
  const State& state = view.state;
  const auto of_family = [&](const Task& task) { return state.text(task.family) == family; };
  std::string table = Row({"Task", "Status", "Started", "Seconds"}, "th");
  for (TaskId id : NewestFirst(state, of_family)) {
    const Task& task = state.task(id);
    const bool ran = task.time_running != Timestamp{} && task.updated >= task.time_running;
    const double seconds = std::chrono::duration<double>(task.updated - task.time_running).count();
    table += Row({Escaped(task.key()),
                  std::string(Name(task.status)),
                  TimeText(task.time_running),
                  ran ? fmt::format("{:.1f}", seconds) : ""});
  }
  return Page("Run times of " + family, "<table>" + table + "</table>");
}

net::HttpResponse OneOr404(const View& view, TaskId id) {
  const bool given = id.value != 0 && id < view.state.NextTask();
  const bool known = given && view.state.task(id).used && !view.state.task(id).removed;
  return known ? One(view, id) : net::ErrorPage(404, "no such task in the history");
}

bool HasParams(const Task& task, const std::vector<std::pair<std::string, std::string>>& wanted) {
  const auto params = JsonStrings(task.params());
  return std::ranges::all_of(
      wanted, [&](const auto& param) { return std::ranges::find(params, param) != params.end(); });
}

}  // namespace

bool IsLuigiHistory(std::string_view path) {
  return path == "/history" || path == "/tasklist" || path.starts_with("/history/") ||
         path.starts_with("/tasklist/");
}

Show LuigiHistoryPage(const net::HttpRequest& request, Timestamp now) {
  const std::string_view path = request.path;
  const auto after = [&](std::string_view prefix) -> std::optional<std::string> {
    if (!path.starts_with(prefix)) return std::nullopt;
    return std::string(path.substr(prefix.size()));
  };
  if (path == "/tasklist" || path == "/tasklist/") return Families;
  if (const auto family = after("/tasklist/")) {
    return [family](const View& view) { return Times(view, *family); };
  }
  if (const auto family = after("/history/by_name/")) {
    return [family](const View& view) {
      return Listed(view, *family, "../", [&](const Task& task) {
        return view.state.text(task.family) == *family;
      });
    };
  }
  if (const auto family = after("/history/by_params/")) {
    const auto data = net::FindArgument(request, "data").value_or("{}");
    return [family, wanted = JsonStrings(data)](const View& view) {
      return Listed(view, *family, "../", [&](const Task& task) {
        return view.state.text(task.family) == *family && HasParams(task, wanted);
      });
    };
  }
  if (const auto key = after("/history/by_task_id/")) {
    return [key](const View& view) { return OneOr404(view, view.state.FindTask(*key)); };
  }
  if (const auto number = after("/history/by_id/")) {
    TaskId id;
    (void)std::from_chars(number->data(), number->data() + number->size(), id.value);
    return [id](const View& view) { return OneOr404(view, id); };
  }
  if (path != "/history" && path != "/history/") {
    return [](const View&) { return net::ErrorPage(404); };
  }
  const bool slash = path.ends_with('/');
  return [now, slash](const View& view) {
    return Listed(view, "Task history", slash ? "" : "history/", [&](const Task& task) {
      return task.updated >= now - kRecent;
    });
  };
}

}  // namespace headrace::api
