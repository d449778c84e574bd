// The fields of the records in run_records.h. See record_fields.h.

#pragma once

#include "scheduler/record_fields.h"
#include "scheduler/run_records.h"

namespace headrace::scheduler {

template <class Visit, Like<PoolSet> R>
void Fields(Visit&& visit, R& r) {
  visit("pool", r.pool);
  visit("name", r.name);
  visit("slots", r.slots);
  visit("families", r.families);
  visit("retry", r.retry);
}

template <class Visit, Like<PipelineSet> R>
void Fields(Visit&& visit, R& r) {
  visit("pipeline", r.pipeline);
  visit("name", r.name);
  visit("module", r.module);
  visit("family", r.family);
  visit("params", r.params);
  visit("schedule", r.schedule);
  visit("timezone", r.timezone);
  visit("start", r.start);
  visit("end", r.end);
  visit("catchup", r.catchup);
  visit("active_runs_max", r.active_runs_max);
  visit("weight", r.weight);
  visit("unit", r.unit);
  visit("pool", r.pool);
  visit("retry", r.retry);
  visit("timeout_s", r.timeout_s);
  visit("retired", r.retired);
}

template <class Visit, Like<PipelinePaused> R>
void Fields(Visit&& visit, R& r) {
  visit("pipeline", r.pipeline);
  visit("paused", r.paused);
}

template <class Visit, Like<IntervalsSkipped> R>
void Fields(Visit&& visit, R& r) {
  visit("pipeline", r.pipeline);
  visit("until", r.until);
}

template <class Visit, Like<RunCreated> R>
void Fields(Visit&& visit, R& r) {
  visit("run", r.run);
  visit("pipeline", r.pipeline);
  visit("interval_start", r.interval_start);
  visit("interval_end", r.interval_end);
  visit("trigger", r.trigger);
  visit("root", r.root);
  visit("unit", r.unit);
  visit("pool", r.pool);
  visit("priority", r.priority);
  visit("at", r.at);
}

template <class Visit, Like<RunChanged> R>
void Fields(Visit&& visit, R& r) {
  visit("run", r.run);
  visit("at", r.at);
  visit("state", r.state);
  visit("root", r.root);
  visit("error", r.error);
}

template <class Visit, Like<RunGrew> R>
void Fields(Visit&& visit, R& r) {
  visit("run", r.run);
  visit("tasks", r.tasks);
}

template <class Visit, Like<PlanRequested> R>
void Fields(Visit&& visit, R& r) {
  visit("plan", r.plan);
  visit("kind", r.kind);
  visit("run", r.run);
  visit("pipeline", r.pipeline);
  visit("roots", r.roots);
  visit("at", r.at);
}

template <class Visit, Like<PlanFailed> R>
void Fields(Visit&& visit, R& r) {
  visit("plan", r.plan);
  visit("error", r.error);
  visit("retry_at", r.retry_at);
}

template <class Visit, Like<PlanEnded> R>
void Fields(Visit&& visit, R& r) {
  visit("plan", r.plan);
  visit("at", r.at);
}

template <class Visit, Like<AttemptStarted> R>
void Fields(Visit&& visit, R& r) {
  visit("attempt", r.attempt);
  visit("task", r.task);
  visit("worker", r.worker);
  visit("pool", r.pool);
  visit("run", r.run);
  visit("number", r.number);
  visit("at", r.at);
}

template <class Visit, Like<AttemptStopAsked> R>
void Fields(Visit&& visit, R& r) {
  visit("attempt", r.attempt);
  visit("mark_done", r.mark_done);
}

template <class Visit, Like<AttemptEnded> R>
void Fields(Visit&& visit, R& r) {
  visit("attempt", r.attempt);
  visit("outcome", r.outcome);
  visit("at", r.at);
  visit("details", r.details);
}

}  // namespace headrace::scheduler
