// The fields of the records in kept_records.h. See record_fields.h.

#pragma once

#include "scheduler/kept_records.h"
#include "scheduler/record_fields.h"

namespace headrace::scheduler {

template <class Visit, Like<RowsReserved> R>
void Fields(Visit&& visit, R& r) {
  visit("tasks", r.tasks);
  visit("tasks_free", r.tasks_free);
  visit("workers", r.workers);
  visit("workers_free", r.workers_free);
  visit("plan_next", r.plan_next);
}

template <class Visit, Like<PipelineKept> R>
void Fields(Visit&& visit, R& r) {
  visit("pipeline", r.pipeline);
  visit("paused", r.paused);
  visit("settled", r.settled);
  visit("pass", r.pass);
}

template <class Visit, Like<WorkerKept> R>
void Fields(Visit&& visit, R& r) {
  visit("worker", r.worker);
  visit("key", r.key);
  visit("started", r.started);
  visit("info", r.info);
  visit("pools", r.pools);
  visit("slots", r.slots);
  visit("disabled", r.disabled);
  visit("draining", r.draining);
  visit("assistant", r.assistant);
  visit("done", r.done);
}

template <class Visit, Like<RunKept> R>
void Fields(Visit&& visit, R& r) {
  visit("run", r.run);
  visit("pipeline", r.pipeline);
  visit("interval_start", r.interval_start);
  visit("interval_end", r.interval_end);
  visit("trigger", r.trigger);
  visit("state", r.state);
  visit("unit", r.unit);
  visit("pool", r.pool);
  visit("priority", r.priority);
  visit("spec", r.spec);
  visit("root", r.root);
  visit("created", r.created);
  visit("started", r.started);
  visit("ended", r.ended);
  visit("error", r.error);
  visit("tasks", r.tasks);
}

template <class Visit, Like<AttemptKept> R>
void Fields(Visit&& visit, R& r) {
  visit("attempt", r.attempt);
  visit("task", r.task);
  visit("worker", r.worker);
  visit("worker_key", r.worker_key);
  visit("pool", r.pool);
  visit("run", r.run);
  visit("number", r.number);
  visit("outcome", r.outcome);
  visit("started", r.started);
  visit("stop_asked", r.stop_asked);
  visit("mark_done", r.mark_done);
  visit("ended", r.ended);
  visit("details", r.details);
  visit("previous", r.previous);
}

template <class Visit, Like<PlanKept> R>
void Fields(Visit&& visit, R& r) {
  visit("plan", r.plan);
  visit("kind", r.kind);
  visit("run", r.run);
  visit("pipeline", r.pipeline);
  visit("roots", r.roots);
  visit("requested", r.requested);
  visit("not_before", r.not_before);
  visit("failures", r.failures);
  visit("error", r.error);
}

template <class Visit, Like<TaskPast> R>
void Fields(Visit&& visit, R& r) {
  visit("failures", r.failures);
  visit("first_failure_at", r.first_failure_at);
  visit("disabled_at", r.disabled_at);
  visit("retry_at", r.retry_at);
  visit("attempts", r.attempts);
  visit("losses", r.losses);
  visit("attempt_last", r.attempt_last);
}

template <class Visit, Like<TaskKept> R>
void Fields(Visit&& visit, R& r) {
  visit("task", r.task);
  visit("key", r.key);
  visit("removed", r.removed);
  visit("status", r.status);
  visit("blocking", r.blocking);
  visit("created", r.created);
  visit("updated", r.updated);
  visit("facts", r.facts);
  visit("deps", r.deps);
  visit("runs", r.runs);
  visit("workers", r.workers);
  visit("stakeholders", r.stakeholders);
  visit("worker_last", r.worker_last);
  visit("attempt", r.attempt);
  visit("past", r.past);
}

template <class Visit, Like<RowsKept> R>
void Fields(Visit&&, R&) {}

}  // namespace headrace::scheduler
