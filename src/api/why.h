// Why a task waits, in words: the command line and the page show the same.

#pragma once

#include "api/context.h"
#include "base/json_writer.h"

namespace headrace::api {

// The object of GET /v1/tasks/T/why, without `at`.
void WhyFields(JsonWriter& json,
               const engine::View& view,
               scheduler::TaskId task,
               Timestamp now,
               const ApiOptions& options);

// When a task that the scheduler disabled comes back by itself; zero: never.
Timestamp EnabledAgainAt(const scheduler::TaskDetail& more, const ApiOptions& options);

}  // namespace headrace::api
