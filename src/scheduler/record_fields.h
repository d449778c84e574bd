// The fields of every record, listed once: Fields(visit, record) calls visit(name, field) for each,
// in the order of the journal's lines. Private to the codec. Those of run_records.h stand in
// run_record_fields.h.

#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "scheduler/records.h"

namespace headrace::scheduler {

// R is T, const or not: one list serves writing and reading.
template <class R, class T>
concept Like = std::same_as<std::remove_const_t<R>, T>;

template <class Visit, Like<RetryPolicy> R>
void Fields(Visit&& visit, R& r) {
  visit("count", r.count);
  visit("hard_timeout_s", r.hard_timeout_s);
  visit("window_s", r.window_s);
  visit("delay_s", r.delay_s);
  visit("backoff", r.backoff);
  visit("max_delay_s", r.max_delay_s);
}

template <class Visit, Like<TaskSpec> R>
void Fields(Visit&& visit, R& r) {
  visit("module", r.module);
  visit("family", r.family);
  visit("params", r.params);
  visit("key", r.key);
}

template <class Visit, Like<TaskFacts> R>
void Fields(Visit&& visit, R& r) {
  visit("family", r.family);
  visit("module", r.module);
  visit("params", r.params);
  visit("visibility", r.visibility);
  visit("priority", r.priority);
  visit("deps", r.deps);
  visit("resources", r.resources);
  visit("resources_running", r.resources_running);
  visit("retry", r.retry);
  visit("owners", r.owners);
  visit("accepts_messages", r.accepts_messages);
  visit("batchable", r.batchable);
  visit("batch", r.batch);
  visit("expl", r.expl);
  visit("tracking_url", r.tracking_url);
  visit("status_message", r.status_message);
  visit("progress", r.progress);
  visit("targets", r.targets);
  visit("error", r.error);
  visit("timeout_s", r.timeout_s);
  visit("external", r.external);
  visit("runnable", r.runnable);
  visit("unit", r.unit);
  visit("pool", r.pool);
  visit("remove_at", r.remove_at);
  visit("cooldown_refused_at", r.cooldown_refused_at);
  visit("check_at", r.check_at);
  visit("checks", r.checks);
  visit("worker_running", r.worker_running);
  visit("time_running", r.time_running);
}

template <class Visit, Like<TaskAdded> R>
void Fields(Visit&& visit, R& r) {
  visit("task", r.task);
  visit("key", r.key);
  visit("status", r.status);
  visit("at", r.at);
  visit("facts", r.facts);
}

template <class Visit, Like<TaskChanged> R>
void Fields(Visit&& visit, R& r) {
  visit("task", r.task);
  visit("facts", r.facts);
}

template <class Visit, Like<TaskOffered> R>
void Fields(Visit&& visit, R& r) {
  visit("task", r.task);
  visit("worker", r.worker);
  visit("stakeholder", r.stakeholder);
  visit("runs_it", r.runs_it);
}

template <class Visit, Like<TaskStatusChanged> R>
void Fields(Visit&& visit, R& r) {
  visit("task", r.task);
  visit("status", r.status);
  visit("at", r.at);
  visit("failed", r.failed);
  visit("failures_cleared", r.failures_cleared);
  visit("retry_at", r.retry_at);
  visit("disabled_at", r.disabled_at);
}

template <class Visit, Like<TaskStarted> R>
void Fields(Visit&& visit, R& r) {
  visit("task", r.task);
  visit("worker", r.worker);
  visit("at", r.at);
}

template <class Visit, Like<BatchStarted> R>
void Fields(Visit&& visit, R& r) {
  visit("batch", r.batch);
  visit("tasks", r.tasks);
  visit("worker", r.worker);
  visit("at", r.at);
}

template <class Visit, Like<TaskRemoved> R>
void Fields(Visit&& visit, R& r) {
  visit("task", r.task);
}

template <class Visit, Like<WorkerAdded> R>
void Fields(Visit&& visit, R& r) {
  visit("worker", r.worker);
  visit("key", r.key);
  visit("at", r.at);
  visit("pools", r.pools);
}

template <class Visit, Like<WorkerChanged> R>
void Fields(Visit&& visit, R& r) {
  visit("worker", r.worker);
  visit("info", r.info);
  visit("disabled", r.disabled);
  visit("pools", r.pools);
  visit("slots", r.slots);
  visit("draining", r.draining);
  visit("assistant", r.assistant);
}

template <class Visit, Like<WorkerRemoved> R>
void Fields(Visit&& visit, R& r) {
  visit("worker", r.worker);
}

template <class Visit, Like<BatcherSet> R>
void Fields(Visit&& visit, R& r) {
  visit("worker", r.worker);
  visit("family", r.family);
  visit("params", r.params);
  visit("size_max", r.size_max);
}

template <class Visit, Like<ResourceSet> R>
void Fields(Visit&& visit, R& r) {
  visit("name", r.name);
  visit("total", r.total);
}

template <class Visit, Like<Paused> R>
void Fields(Visit&& visit, R& r) {
  visit("paused", r.paused);
}

template <class Visit, Like<FailureReported> R>
void Fields(Visit&& visit, R& r) {
  visit("task", r.task);
  visit("worker", r.worker);
  visit("at", r.at);
  visit("explained", r.explained);
}

template <class Visit, Like<SchedulingFailed> R>
void Fields(Visit&& visit, R& r) {
  visit("task_name", r.task_name);
  visit("family", r.family);
  visit("params", r.params);
  visit("expl", r.expl);
  visit("owners", r.owners);
  visit("worker", r.worker);
  visit("at", r.at);
}

}  // namespace headrace::scheduler
