// What is said to the scheduler, as JSON: the bodies of docs/protocol.md. Optional fields that have
// their default are left out.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "client/client.h"

namespace headrace::client {

std::string EncodeWorker(const WorkerInfo& worker);
std::string EncodeReceive(std::span<const std::string> pools, int max, Duration wait);
std::string EncodeHeartbeat(const Heartbeat& heartbeat);
std::string EncodeFinish(const FinishReport& report);
std::string EncodeClaim(std::string_view planner, int max, Duration wait);
std::string EncodeTasks(std::string_view planner, std::span<const PlannedTask> tasks);
std::string EncodePlanner(std::string_view planner);
std::string EncodePlanEnd(std::string_view planner,
                          std::span<const std::string> roots,
                          const std::optional<TaskError>& error);
std::string EncodeNewRun(const NewRun& run);

}  // namespace headrace::client
