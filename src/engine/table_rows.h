// Rows of the state tables, as the state has them now.

#pragma once

#include "scheduler/state.h"
#include "store/state_tables.h"

namespace headrace::engine {

store::TaskRow TaskRowOf(const scheduler::State& state, const scheduler::Task& task);
store::AttemptRow AttemptRowOf(const scheduler::State& state, scheduler::AttemptId id);
store::RunRow RunRowOf(const scheduler::State& state, scheduler::RunId id);
store::PipelineRow PipelineRowOf(const scheduler::State& state, scheduler::PipelineId id);
store::WorkerRow WorkerRowOf(const scheduler::State& state, const scheduler::Worker& worker);

}  // namespace headrace::engine
