// From the configuration to who is told of failures.

#pragma once

#include "api/api_server.h"
#include "config/config.h"
#include "notify/collector.h"
#include "notify/notifier.h"

namespace headrace::cli {

// Anybody at all: mails with a receiver or owners to go to, or webhooks.
bool WantsNotifications(const config::Config& config);
// What Luigi's workers report has to be recorded: for batched mails and some webhooks.
bool WantsReports(const config::Config& config);

notify::NotifierOptions MakeNotifierOptions(const config::Config& config);
// What /metrics counts of tasks, and of `notifier` (null: there is none).
api::MetricsOptions MakeMetricsOptions(const config::Config& config,
                                       const notify::Notifier* notifier);

// Lines of requests and events, as [log] asks for them.
api::LogOptions MakeLogOptions(const config::LogConfig& config);

notify::RetryDefaults MakeRetryDefaults(const config::Config& config);

}  // namespace headrace::cli
