// The bodies of /v1's writes as commands, and their answers as JSON.

#pragma once

#include "api/args.h"
#include "base/json_writer.h"
#include "scheduler/answers.h"
#include "scheduler/commands.h"

namespace headrace::api {

// Zero: not a number.
uint32_t NumberOf(std::string_view text);

scheduler::RegisterWorker RegisterWorkerOf(Args& args);
scheduler::ReceiveWork ReceiveWorkOf(const std::string& worker, Args& args);
scheduler::Heartbeat HeartbeatOf(const std::string& worker, Args& args);
scheduler::FinishAttempt FinishAttemptOf(scheduler::AttemptId attempt, Args& args);
scheduler::ClaimPlans ClaimPlansOf(Args& args);
scheduler::RegisterTasks RegisterTasksOf(scheduler::PlanId plan, Args& args);
scheduler::FinishPlan FinishPlanOf(scheduler::PlanId plan, Args& args);
scheduler::CreateRun CreateRunOf(Args& args);

void WriteMessages(JsonWriter& json, const scheduler::Messages& messages);
void WriteHeartbeat(JsonWriter& json, const scheduler::HeartbeatTaken& taken);
void WriteOffers(JsonWriter& json, const scheduler::PlanOffers& offers);

}  // namespace headrace::api
