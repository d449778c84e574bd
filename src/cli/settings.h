// From the configuration to what each role is built with. One place knows both sides.

#pragma once

#include <memory>
#include <string>

#include "api/authenticator.h"
#include "api/context.h"
#include "config/config.h"
#include "net/http_server.h"
#include "planner/planner.h"
#include "scheduler/commands.h"
#include "scheduler/settings.h"
#include "worker/worker.h"

namespace headrace::cli {

inline constexpr std::string_view kVersion = "0.1.0";

// Time zones of the system, loaded when first asked for. The engine's and the replica's threads
// ask.
std::unique_ptr<scheduler::TimeZones> MakeTimeZones();

scheduler::Settings SchedulerSettings(const config::Config& config);
scheduler::Configure ConfigureCommand(const config::Config& config);
api::ApiOptions MakeApiOptions(const config::Config& config);
api::AuthOptions MakeAuthOptions(const config::Config& config);
Result<net::HttpServerOptions> MakeServerOptions(const config::Config& config);
client::ClientOptions MakeClientOptions(const config::Config& config, Duration patience);
planner::PlannerOptions MakePlannerOptions(const config::Config& config);
worker::WorkerOptions MakeWorkerOptions(const config::Config& config);

// "vm1-4711-9f3a": host, process, and a random end, so that it never comes again.
std::string MakeId();

}  // namespace headrace::cli
