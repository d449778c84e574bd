// Luigi's view of a task, and small pieces of JSON that several answers share.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "scheduler/task_text.h"

namespace headrace::api {

struct LuigiTaskOptions {
  bool deps = false;                                         // the field `deps` is there
  std::optional<std::vector<scheduler::TaskId>> neighbours;  // instead of its dependencies
  bool send_messages = true;
};

// The serialised task; a placeholder (unknown, or without family) is shown as Luigi shows one.
void WriteLuigiTask(JsonWriter& json,
                    const scheduler::State& state,
                    scheduler::TaskId task,
                    const LuigiTaskOptions& options);
void WriteLuigiPlaceholder(JsonWriter& json, std::string_view key);

// Whole numbers as integers, as Luigi's users wrote them.
void WriteNumber(JsonWriter& json, double number);
void WriteAmounts(JsonWriter& json, const scheduler::Resources& amounts);
// The members of an object that is kept as text, into the object that is open.
void WriteMembers(JsonWriter& json, std::string_view object);
// Seconds since the epoch, as Luigi's float.
double LuigiTime(Timestamp at);

}  // namespace headrace::api
