// Answers: what the scheduler says to commands, once the records they rest on are durable.

#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "scheduler/records.h"

namespace headrace::scheduler {

// A refusal: normal, counted, answered; never logged as an error.
enum class Refusal : uint8_t { kMalformed, kUnknown, kConflict, kUnavailable };

struct Refused {
  Refusal kind = Refusal::kMalformed;
  std::string detail;
  std::string remedy;  // what would be right; may be empty
};
struct Done {        // nothing to say but that it is done
  std::string note;  // for the log: what an asker may wonder about
};

// ---- to Luigi's methods

struct RunningElsewhere {
  std::string task;
  std::string worker;
  std::string info;  // json object
};
struct Counts {
  uint64_t pending = 0;
  uint64_t unique = 0;
  uint64_t last_scheduled = 0;
  bool disabled = false;
  std::vector<RunningElsewhere> running;
};
struct Work {
  Counts counts;
  std::string task;  // "" when there is none, or a batch
  std::string family;
  std::string module;
  bool module_known = false;
  std::string params;  // json object; a batch has lists for the batched ones
  std::string batch;   // "" unless it is a batch
  std::vector<std::string> batch_tasks;
};
struct WorkerMessage {
  std::string name;    // set_worker_processes, dispatch_scheduler_message
  std::string kwargs;  // json object
};
struct WorkerMessages {
  std::vector<WorkerMessage> messages;
};
struct TaskNow {
  std::string task;
  std::optional<TaskStatus> status;  // nullopt: unknown task
};
struct ReEnabled {
  std::string task;  // "" when it was not disabled by the scheduler
};
struct MessageSent {
  std::string message_id;  // "" when messages are switched off
};
struct MessageResponse {
  std::optional<std::string> response;  // json
};

// ---- to /v1

struct WorkerRegistered {
  Duration lease{};
};
struct Message {
  AttemptId attempt;
  uint32_t number = 1;
  std::string task;
  std::string module;
  std::string family;
  std::string params;  // json object
  std::string pool;
  std::string pipeline;
  RunId run;
  Unit unit = Unit::kTask;
  double timeout_s = 0;
  Duration lease{};
};
struct Messages {
  std::vector<Message> messages;
};
struct MessageForTask {
  AttemptId attempt;
  std::string id;
  std::string content;
};
struct HeartbeatTaken {
  std::vector<AttemptId> lost;
  std::vector<AttemptId> cancel;
  std::vector<MessageForTask> messages;
};
struct PlanOffer {
  PlanId plan;
  PlanKind kind = PlanKind::kRun;
  RunId run;
  std::string pipeline;
  Unit unit = Unit::kTask;
  std::vector<TaskSpec> roots;
  Duration lease{};
};
struct PlanOffers {
  std::vector<PlanOffer> plans;
};
struct TasksRegistered {
  uint64_t registered = 0;
  uint64_t changed = 0;
};
struct RunMade {
  RunId run;
  bool created = true;
};
struct RunNow {
  RunState state = RunState::kQueued;
};

using Reply = std::variant<Done,
                           Refused,
                           Counts,
                           Work,
                           WorkerMessages,
                           TaskNow,
                           ReEnabled,
                           MessageSent,
                           MessageResponse,
                           WorkerRegistered,
                           Messages,
                           HeartbeatTaken,
                           PlanOffers,
                           TasksRegistered,
                           RunMade,
                           RunNow>;

struct Answer {
  RequestId request = 0;
  Reply reply;
};

// What one or more commands led to, in order. The caller owns it and reuses it between batches.
struct Outcome {
  std::vector<Record> records;
  std::vector<Answer> answers;
};

}  // namespace headrace::scheduler
