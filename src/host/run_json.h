// The lines of a task: the request that starts it, and what it reports.

#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>

#include "host/task_runner.h"

namespace headrace::host {

// The line for RunRequest; `fresh_interpreter`: the interpreter becomes the task.
std::string WriteRun(const RunRequest& request, bool fresh_interpreter);

// Its new lease_end, for its host.
std::string WriteLease(std::string_view attempt, Duration lease_end);

// A message for a running task.
std::string WriteMessage(std::string_view id, std::string_view content);

// What a task says before it ends; nullopt for what is no such line.
std::optional<decltype(RunEvent::what)> ParseReport(const boost::json::object& line);

// "result" and "summary": the outcome as far as the task tells it.
bool IsOutcome(const boost::json::object& line);
Outcome ParseOutcome(const boost::json::object& line);

}  // namespace headrace::host
