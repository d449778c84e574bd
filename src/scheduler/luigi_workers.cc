// Luigi's methods about workers: they report themselves, ping, take messages, are disabled.

#include "base/json_text.h"
#include "scheduler/decisions.h"

namespace headrace::scheduler {

void Decide(Core& core, const AddTaskBatcher& command) {
  const WorkerId worker = core.Touch(command.worker);
  const auto& known = core.state.worker(worker).batchers;
  const auto found = known.find(command.family);
  const bool same = found != known.end() && found->second.params == command.params &&
                    found->second.size_max == command.size_max;
  if (!same) {
    core.Emit(BatcherSet{.worker = worker,
                         .family = command.family,
                         .params = command.params,
                         .size_max = command.size_max});
  }
  core.Reply(Done{});
}

void Decide(Core& core, const AddWorker& command) {
  WorkerId worker = core.state.FindWorker(command.worker);
  if (worker.value == 0) worker = core.Touch(command.worker);  // a known one is not heard by this
  WorkerChanged change{.worker = worker, .info = command.info};
  if (const auto slots = JsonNumber(command.info, "workers"); slots && *slots >= 0) {
    change.slots = static_cast<uint32_t>(std::min(*slots, 1e6));
  }
  core.Emit(change);
  core.Reply(Done{});
}

void Decide(Core& core, const Ping& command) {
  const WorkerId worker = core.Touch(command.worker);
  core.Reply(WorkerMessages{std::exchange(core.presences[worker].messages, {})});
}

void Decide(Core& core, const DisableWorker& command) {
  const WorkerId worker = core.Touch(command.worker);
  if (!core.state.worker(worker).disabled) {
    core.Emit(WorkerChanged{.worker = worker, .disabled = true});
  }
  core.Reply(Done{});
}

void Decide(Core& core, const SetWorkerProcesses& command) {
  const WorkerId worker = core.Touch(command.worker);
  core.presences[worker].messages.push_back(
      {.name = "set_worker_processes", .kwargs = "{\"n\":" + std::to_string(command.n) + "}"});
  core.Reply(Done{});
}

void Decide(Core& core, const SendSchedulerMessage& command) {
  if (!core.settings.send_messages) return core.Reply(MessageSent{});
  const TaskId task = core.state.FindTask(command.task);
  const AttemptId attempt = task.value == 0 ? AttemptId{} : core.state.task(task).attempt;
  if (attempt.value != 0) {  // one of ours runs it: goes with the next heartbeat
    core.messages[attempt].push_back(
        {.attempt = attempt, .id = command.message_id, .content = command.content});
  } else {
    const WorkerId worker = core.Touch(command.worker);
    core.presences[worker].messages.push_back(
        {.name = "dispatch_scheduler_message",
         .kwargs = "{\"task_id\":" + JsonQuote(command.task) +
                   ",\"message_id\":" + JsonQuote(command.message_id) +
                   ",\"content\":" + JsonQuote(command.content) + "}"});
  }
  core.Reply(MessageSent{.message_id = command.message_id});
}

void Decide(Core& core, const AddSchedulerMessageResponse& command) {
  if (core.state.FindTask(command.task).value != 0) {
    core.responses[{command.task, command.message_id}] = command.response;
  }
  core.Reply(Done{});
}

void Decide(Core& core, const TakeSchedulerMessageResponse& command) {
  const auto found = core.responses.find({command.task, command.message_id});
  if (found == core.responses.end()) return core.Reply(MessageResponse{});
  core.Reply(MessageResponse{.response = found->second});
  core.responses.erase(found);
}

}  // namespace headrace::scheduler
