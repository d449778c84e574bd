// Commands that Luigi's clients give: one for each method of Luigi's protocol that changes
// something.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/task_facts.h"

namespace headrace::scheduler {

// `facts` holds what was sent; nullopt where null was. deps are in `deps`, by key.
struct AddTask {
  std::string worker;
  std::string task;
  std::string status = "PENDING";
  std::string family;  // "" unknown
  TaskFacts facts;
  std::optional<std::vector<std::string>> deps;
  std::vector<std::string> new_deps;
  bool runnable = true;
  bool assistant = false;
};
struct AddTaskBatcher {
  std::string worker;
  std::string family;
  std::vector<std::string> params;
  double size_max = 0;  // zero: no limit
};
struct AddWorker {
  std::string worker;
  std::string info;  // json object
};
struct Ping {
  std::string worker;
};
struct GetWork {
  std::string worker;
  std::string host;
  bool assistant = false;
  std::optional<std::vector<std::string>> current_tasks;
};
struct CountPending {
  std::string worker;
};
struct DisableWorker {
  std::string worker;
};
struct SetWorkerProcesses {
  std::string worker;
  int64_t n = 0;
};
struct SendSchedulerMessage {
  std::string worker;
  std::string task;
  std::string content;
  std::string message_id;  // made by the caller: the core has no dice
};
struct AddSchedulerMessageResponse {
  std::string task;
  std::string message_id;
  std::string response;  // json
};
struct TakeSchedulerMessageResponse {
  std::string task;
  std::string message_id;
};
struct SetTaskProgress {  // status message and progress; a batch's members follow
  std::string task;
  std::optional<std::string> status_message;
  std::optional<std::string> progress;  // json number
};
struct DecreaseRunningResources {
  std::string task;
  Resources amounts;
};
struct ReEnableTask {
  std::string task;
};
struct ForgiveFailures {
  std::string task;
};
struct MarkAsDone {
  std::string task;
};
struct UpdateResources {
  Resources totals;
};
struct SetPaused {
  bool paused = false;
};
struct Prune {};
struct AnnounceSchedulingFailure {
  std::string worker;
  std::string task_name;
  std::string family;
  std::string params;  // json object
  std::string expl;
  std::string owners;  // json list
};

}  // namespace headrace::scheduler
