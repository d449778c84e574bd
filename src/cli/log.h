// The log of the process: where it goes and how its lines look.
//
//   text  2026-11-25T14:10:00.123 info events: task failed task=Clicks_1 family=Clicks
//   json  {"at":"2026-11-25T14:10:00.123Z","level":"info","log":"events","event":"task failed",…}
//
// Three logs go to one place: what the process says of itself, "events" (tasks, runs, workers) and
// "access" (requests). The last two have fields; passwords, tokens, queries and bodies are in none.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/notify_config.h"

namespace headrace::cli {

// Takes over spdlog's default logger. `quiet`: warnings and errors only. False: the file cannot be
// written, which has been said.
bool SetUpLog(const config::LogConfig& config, bool quiet);

// Names and values of one line. A value that is a number is written as one.
using LogFields = std::vector<std::pair<std::string_view, std::string>>;

// A line of the log `log` ("events"), if `config` asks for such lines. Any thread.
void WriteLogLine(const config::LogConfig& config,
                  const std::string& log,
                  std::string_view what,
                  const LogFields& fields);

}  // namespace headrace::cli
