// A task as people read it: in Luigi's answers, mails and webhooks.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scheduler/state.h"

namespace headrace::scheduler {

// "Family(a=1, b=2)" with the public parameters sorted by name.
std::string DisplayName(const State& state, const Task& task);

// Names and values of the parameters that may be shown.
std::vector<std::pair<std::string, std::string>> PublicParams(const State& state, const Task& task);

}  // namespace headrace::scheduler
