// The table of calls.

#include "api/role.h"

#include <algorithm>
#include <array>
#include <utility>

namespace headrace::api {
namespace {

constexpr std::array<std::pair<std::string_view, Role>, 4> kRoles = {{{"viewer", Role::kViewer},
                                                                      {"operator", Role::kOperator},
                                                                      {"admin", Role::kAdmin},
                                                                      {"worker", Role::kWorker}}};

enum class Verb : uint8_t { kRead, kWrite, kAny };  // GET and HEAD; everything else

struct Line {
  Verb verb;
  std::string_view path;  // "*" is one segment; a last "**" is any number of them
  Access access;
};

// The first line that fits counts. Luigi's clients send GET and POST for the same method.
constexpr Line kTable[] = {
    // Luigi: what its workers send.
    {Verb::kAny, "/api/add_scheduler_message_response", Access::kWork},
    {Verb::kAny, "/api/add_task", Access::kWork},
    {Verb::kAny, "/api/add_task_batcher", Access::kWork},
    {Verb::kAny, "/api/add_worker", Access::kWork},
    {Verb::kAny, "/api/announce_scheduling_failure", Access::kWork},
    {Verb::kAny, "/api/decrease_running_task_resources", Access::kWork},
    {Verb::kAny, "/api/get_work", Access::kWork},
    {Verb::kAny, "/api/ping", Access::kWork},
    {Verb::kAny, "/api/report_task_statistics", Access::kWork},
    {Verb::kAny, "/api/set_task_progress_percentage", Access::kWork},
    {Verb::kAny, "/api/set_task_status_message", Access::kWork},
    {Verb::kAny, "/api/update_metrics_task_started", Access::kWork},
    // Luigi: its page's and luigi-grep's reads.
    {Verb::kAny, "/api/count_pending", Access::kRead},
    {Verb::kAny, "/api/dep_graph", Access::kRead},
    {Verb::kAny, "/api/fetch_error", Access::kRead},
    {Verb::kAny, "/api/get_running_task_resources", Access::kRead},
    {Verb::kAny, "/api/get_task_progress_percentage", Access::kRead},
    {Verb::kAny, "/api/get_task_status_message", Access::kRead},
    {Verb::kAny, "/api/graph", Access::kRead},
    {Verb::kAny, "/api/has_task_history", Access::kRead},
    {Verb::kAny, "/api/inverse_dep_graph", Access::kRead},
    {Verb::kAny, "/api/is_pause_enabled", Access::kRead},
    {Verb::kAny, "/api/is_paused", Access::kRead},
    {Verb::kAny, "/api/resource_list", Access::kRead},
    {Verb::kAny, "/api/task_list", Access::kRead},
    {Verb::kAny, "/api/task_search", Access::kRead},
    {Verb::kAny, "/api/worker_list", Access::kRead},
    // Luigi: what changes how others' work goes.
    {Verb::kAny, "/api/disable_worker", Access::kOperate},
    {Verb::kAny, "/api/forgive_failures", Access::kOperate},
    {Verb::kAny, "/api/get_scheduler_message_response", Access::kOperate},  // takes it away
    {Verb::kAny, "/api/mark_as_done", Access::kOperate},
    {Verb::kAny, "/api/pause", Access::kOperate},
    {Verb::kAny, "/api/prune", Access::kOperate},
    {Verb::kAny, "/api/re_enable_task", Access::kOperate},
    {Verb::kAny, "/api/send_scheduler_message", Access::kOperate},
    {Verb::kAny, "/api/set_worker_processes", Access::kOperate},
    {Verb::kAny, "/api/unpause", Access::kOperate},
    {Verb::kAny, "/api/update_resource", Access::kOperate},
    {Verb::kAny, "/api/update_resources", Access::kOperate},
    {Verb::kAny, "/api/**", Access::kAdminister},
    // /v1.
    {Verb::kRead, "/v1/session", Access::kRead},
    {Verb::kRead, "/v1/**", Access::kRead},
    {Verb::kWrite, "/v1/workers/**", Access::kWork},
    {Verb::kWrite, "/v1/attempts/*/finish", Access::kWork},
    {Verb::kWrite, "/v1/plans/**", Access::kWork},
    {Verb::kWrite, "/v1/runs/**", Access::kOperate},
    {Verb::kWrite, "/v1/tasks/**", Access::kOperate},
    {Verb::kWrite, "/v1/pipelines/**", Access::kOperate},
    {Verb::kWrite, "/v1/**", Access::kAdminister},
    // The rest.
    {Verb::kRead, "/healthz", Access::kPublic},
    {Verb::kAny, "/login", Access::kPublic},
    {Verb::kAny, "/logout", Access::kPublic},
    {Verb::kRead, "/assets/**", Access::kPublic},  // the page without its data
    {Verb::kRead, "/metrics", Access::kRead},
    {Verb::kRead, "/**", Access::kRead},
};

std::string_view NextSegment(std::string_view& path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

// Empty segments count for nothing, as where requests are led to their handlers.
bool Fits(std::string_view pattern, std::string_view path) {
  while (true) {
    const std::string_view wanted = NextSegment(pattern);
    if (wanted == "**") return true;
    const std::string_view segment = NextSegment(path);
    if (wanted.empty() || segment.empty()) return wanted.empty() && segment.empty();
    if (wanted != "*" && wanted != segment) return false;
  }
}

}  // namespace

std::string_view Name(Role role) {
  for (const auto& [name, known] : kRoles) {
    if (known == role) return name;
  }
  return "?";
}

std::optional<Role> RoleNamed(std::string_view name) {
  for (const auto& [known, role] : kRoles) {
    if (known == name) return role;
  }
  return std::nullopt;
}

Access AccessOf(net::Method method, std::string_view path) {
  // A preflight carries no credentials and changes nothing.
  if (method == net::Method::kOptions) return Access::kPublic;
  if (method == net::Method::kHead && path == "/") return Access::kPublic;  // Luigi's health check
  const bool reads = method == net::Method::kGet || method == net::Method::kHead;
  const Verb verb = reads ? Verb::kRead : Verb::kWrite;
  const auto* line = std::ranges::find_if(kTable, [&](const Line& at) {
    return (at.verb == Verb::kAny || at.verb == verb) && Fits(at.path, path);
  });
  return line == std::end(kTable) ? Access::kAdminister : line->access;
}

bool MayDo(Role role, Access access) {
  switch (access) {
    case Access::kPublic:
    case Access::kRead: return true;
    case Access::kOperate: return role == Role::kOperator || role == Role::kAdmin;
    case Access::kWork: return role == Role::kWorker || role == Role::kAdmin;
    case Access::kAdminister: return role == Role::kAdmin;
  }
  return false;
}

std::string_view WhoMay(Access access) {
  switch (access) {
    case Access::kPublic: return "anybody";
    case Access::kRead: return "any role";
    case Access::kOperate: return "the role operator or admin";
    case Access::kWork: return "the role worker or admin";
    case Access::kAdminister: return "the role admin";
  }
  return "nobody";
}

}  // namespace headrace::api
