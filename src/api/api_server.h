// ApiServer: everything the scheduler serves over HTTP, by path.
//
//   /api/<method>   Luigi's clients        /v1/…       planner, workers, command line, page
//   /  and views    the page               /healthz  /metrics
//   /static/visualiser/…: Luigi's page, led to ours   /history, /tasklist: luigi_history.h
//
// Built before Engine::Recover() (it listens to the replica), served from Start() on.

#pragma once

#include <memory>
#include <string>

#include "api/attempt_logs.h"
#include "api/authenticator.h"
#include "api/context.h"
#include "api/event_log.h"
#include "api/events.h"
#include "api/luigi_api.h"
#include "api/task_metrics.h"
#include "api/v1_api.h"
#include "net/http_server.h"

namespace headrace::api {

struct MetricsOptions {
  TaskMetricsOptions tasks;
  std::function<void(MetricText&)> more;  // of other parts of the process; may be empty
};

// Lines of logs; either may be empty.
struct LogOptions {
  std::function<void(const net::AccessEntry&)> access;
  EventLog::Write event;
};

class ApiServer {
 public:
  ApiServer(engine::Engine& engine,
            const scheduler::TimeZones& zones,
            const Clock& clock,
            ApiOptions options,
            AuthOptions auth);
  ~ApiServer();  // as Stop()

  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  // Before Engine::Recover(): /metrics has counts of tasks, and what `options` add.
  void CountTasks(MetricsOptions options);
  void LogTo(LogOptions options);
  // After Engine::Start(). Errors as HttpServer::Start().
  Result<void> Start(net::HttpServerOptions options, std::function<void(std::string_view)> log);
  // Before Engine::Stop(), which still answers what is in the works.
  void Stop();

  uint16_t port() const { return server_->port(); }
  std::string address() const { return server_->address(); }
  // Where other parts of this process find it: without TLS, whose certificate need not name
  // 127.0.0.1.
  std::string own_address() const { return (own_server_ ? own_server_ : server_)->address(); }

 private:
  void Handle(net::HttpRequest&& request, net::Responder&& responder);
  void ServePage(const net::HttpRequest& request, net::Responder&& responder);
  void ServeHistory(const net::HttpRequest& request, net::Responder&& responder);
  void ServeMetrics(net::Responder&& responder);

  Context context_;
  const bool insecure_;  // may be open to all
  Authenticator auth_;
  Events events_;
  AttemptLogs logs_;
  LuigiApi luigi_;
  V1Api v1_;
  engine::Engine& engine_;
  LogOptions log_;
  std::unique_ptr<EventLog> event_log_;
  MetricsOptions metrics_;
  std::unique_ptr<TaskMetrics> task_metrics_;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<net::HttpServer> own_server_;  // only with TLS and an own token
};

}  // namespace headrace::api
