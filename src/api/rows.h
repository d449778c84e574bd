// Rows of /v1's lists, as docs/protocol.md shows them. On the replica's thread.

#pragma once

#include <string>
#include <utility>

#include "api/context.h"
#include "base/json_writer.h"

namespace headrace::api {

// A time as epoch milliseconds; zero is null.
void TimeField(JsonWriter& json, std::string_view name, Timestamp at);
// A number; zero is null.
void IdField(JsonWriter& json, std::string_view name, uint32_t id);
void TextOrNullField(JsonWriter& json, std::string_view name, std::string_view text);
void JsonOrNullField(JsonWriter& json, std::string_view name, std::string_view text);

// "hour=2026-11-25T07, campaign=men".
std::string LabelOf(const scheduler::State& state, const scheduler::Task& task);

void WriteCountsField(JsonWriter& json, const std::array<uint32_t, scheduler::kPhases>& counts);

// An object of `write`'s fields, and the commit it shows.
template <class Write>
net::HttpResponse Object(const engine::View& view, Write write) {
  std::string text;
  JsonWriter json(text, JsonStyle::kStrict);
  json.BeginObject();
  write(json);
  json.Field("at", view.at);
  json.EndObject();
  return net::JsonResponse(std::move(text));
}

// Fields of the open object.
void TaskFields(JsonWriter& json, const scheduler::State& state, scheduler::TaskId task);
void TaskShortFields(JsonWriter& json, const scheduler::State& state, scheduler::TaskId task);
void RunFields(JsonWriter& json, const scheduler::State& state, scheduler::RunId run);
void AttemptFields(JsonWriter& json, const scheduler::State& state, scheduler::AttemptId attempt);
void WorkerFields(JsonWriter& json, const engine::View& view, scheduler::WorkerId worker);
void PoolFields(JsonWriter& json, const scheduler::State& state, scheduler::PoolId pool);
void PipelineFields(JsonWriter& json,
                    const scheduler::State& state,
                    const scheduler::TimeZones& zones,
                    scheduler::PipelineId pipeline);
// When the pipeline's next run is due; zero: never.
Timestamp NextDue(const scheduler::State& state,
                  const scheduler::TimeZones& zones,
                  scheduler::PipelineId pipeline);

}  // namespace headrace::api
