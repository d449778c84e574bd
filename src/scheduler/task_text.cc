// A task as people read it. See task_text.h.

#include "scheduler/task_text.h"

#include <algorithm>

#include "base/json_text.h"

namespace headrace::scheduler {

std::vector<std::pair<std::string, std::string>> PublicParams(const State& state,
                                                              const Task& task) {
  auto params = JsonStrings(task.params());
  const std::string& visibility = state.detail(task).visibility;
  if (visibility.empty()) return params;
  const auto shown = JsonStrings(visibility);
  std::erase_if(params, [&](const auto& param) {
    const auto found = std::find_if(
        shown.begin(), shown.end(), [&](const auto& v) { return v.first == param.first; });
    return found != shown.end() && found->second != "0";
  });
  return params;
}

std::string DisplayName(const State& state, const Task& task) {
  auto params = PublicParams(state, task);
  std::sort(params.begin(), params.end());
  std::string name(state.text(task.family));
  name += '(';
  for (size_t i = 0; i < params.size(); ++i) {
    if (i > 0) name += ", ";
    name += params[i].first + "=" + params[i].second;
  }
  return name + ')';
}

}  // namespace headrace::scheduler
