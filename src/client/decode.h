// What the scheduler says, as values: one function a kind of object in docs/protocol.md.

#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "client/common.h"
#include "client/planner_types.h"
#include "client/reads.h"
#include "client/worker_types.h"

namespace headrace::client {

// An answer of 400 or above as an error, whether its body is problem+json or not. `what`: what was
// being asked, "POST /v1/runs".
Error DecodeProblem(int status, std::string_view body, std::string_view what);

TaskName DecodeTaskName(const boost::json::object& object);
TaskError DecodeTaskError(const boost::json::object& object);
Registration DecodeRegistration(const boost::json::object& object);
Message DecodeMessage(const boost::json::object& object);
HeartbeatAnswer DecodeHeartbeatAnswer(const boost::json::object& object);
Plan DecodePlan(const boost::json::object& object);

RunRow DecodeRun(const boost::json::object& object);
TaskRow DecodeTask(const boost::json::object& object);
AttemptRow DecodeAttempt(const boost::json::object& object);
Why DecodeWhy(const boost::json::object& object);
WorkerRow DecodeWorker(const boost::json::object& object);
PoolRow DecodePool(const boost::json::object& object);
PipelineRow DecodePipeline(const boost::json::object& object);
Overview DecodeOverview(const boost::json::object& object);

}  // namespace headrace::client
