// Which path is whose.

#include "api/api_server.h"

#include <utility>

#include "api/luigi_history.h"
#include "api/metrics.h"
#include "api/test_clock.h"
#include "api/web_files.h"
#include "net/form.h"

namespace headrace::api {

namespace {

net::HttpResponse Redirect(std::string location) {
  net::HttpResponse response{.status = 302};
  response.headers.Add("Location", location);
  return response;
}

// "/v1/tasks/a/why" → {"tasks", "a", "why"}. The path is decoded: an id with a slash in it would be
// two segments, and Luigi's ids have none.
Segments SegmentsOf(std::string_view path) {
  Segments segments;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (!segment.empty()) segments.emplace_back(segment);
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return segments;
}

Error OpenToAll(const net::ListenAddress& listen) {
  return {ErrorCode::kDenied,
          "refusing to listen on " + listen.ToString() +
              ": others can reach it, and there are no users who would have to log in",
          "Make one with `headrace user add NAME --role admin`, listen on 127.0.0.1, or say "
          "--insecure if the network itself keeps others out."};
}

// Of every answer. Logs and parameters are what tasks wrote: never to be run as something else.
net::HttpHeaders CommonHeaders(bool tls) {
  net::HttpHeaders headers;
  headers.Add("X-Content-Type-Options", "nosniff");
  if (tls) headers.Add("Strict-Transport-Security", "max-age=31536000");
  return headers;
}

// Below a path of a proxy's the addresses are the same as without; both are served.
void TakePrefix(const std::string& prefix, std::string& path) {
  const bool below = path.size() > prefix.size() && path.starts_with(prefix);
  if (below && path[prefix.size()] == '/') path.erase(0, prefix.size());
}

}  // namespace

ApiServer::ApiServer(engine::Engine& engine,
                     const scheduler::TimeZones& zones,
                     const Clock& clock,
                     ApiOptions options,
                     AuthOptions auth)
    : context_(engine, zones, clock, std::move(options)),
      insecure_(auth.insecure),
      auth_(std::move(auth), clock),
      events_(clock),
      logs_(context_.options().log_dir),
      luigi_(context_),
      v1_(context_, events_, logs_),
      engine_(engine) {
  engine.replica().Listen(events_);
}

ApiServer::~ApiServer() {
  Stop();
}

void ApiServer::CountTasks(MetricsOptions options) {
  metrics_ = std::move(options);
  task_metrics_ = std::make_unique<TaskMetrics>(metrics_.tasks);
  engine_.replica().Listen(*task_metrics_);
}

void ApiServer::LogTo(LogOptions options) {
  log_ = std::move(options);
  if (!log_.event) return;
  event_log_ = std::make_unique<EventLog>(log_.event);
  engine_.replica().Listen(*event_log_);
}

Result<void> ApiServer::Start(net::HttpServerOptions options,
                              std::function<void(std::string_view)> log) {
  TRY(auth_.Start(log));
  if (!options.listen.IsLoopback() && !auth_.IsRequired() && !insecure_) {
    return std::unexpected(OpenToAll(options.listen));
  }
  const bool tls = !options.tls.certificate.empty();
  options.headers = CommonHeaders(tls);
  const net::HttpServerHooks hooks{
      .handle =
          [this](net::HttpRequest&& request, net::Responder&& responder) {
            Handle(std::move(request), std::move(responder));
          },
      .gate =
          [this](net::HttpRequest& head) {
            TakePrefix(context_.options().url_prefix, head.path);
            return auth_.Check(head);
          },
      .log = std::move(log),
      .access = log_.access};
  server_ = TRY(net::HttpServer::Start(options, hooks, context_.clock()));
  if (tls && auth_.HasOwnToken()) {
    options.tls = {};
    options.listen = {.host = "127.0.0.1", .port = 0, .unix_path = {}};
    own_server_ = TRY(net::HttpServer::Start(options, hooks, context_.clock()));
  }
  events_.Start(engine_.replica(), context_.zones());
  return {};
}

void ApiServer::Stop() {
  events_.Stop();
  logs_.Stop();
  context_.LetWaitersGo();
  if (own_server_) own_server_->Stop();
  if (server_) server_->Stop();
  auth_.Stop();
}

void ApiServer::Handle(net::HttpRequest&& request, net::Responder&& responder) {
  if (!context_.options().url_prefix.empty() && request.path == context_.options().url_prefix) {
    return responder.Send(Redirect(net::PercentEncodePath(request.path) + "/"));
  }
  const std::string_view path = request.path;
  if (path.starts_with("/api/")) {
    const std::string_view method = path.substr(5);
    if (!context_.options().test_clock) {
      return luigi_.Handle(method, request, std::move(responder));
    }
    return HandleAtTestTime(luigi_, context_, method, request, std::move(responder));
  }
  if (path == "/login") return auth_.HandleLogin(std::move(request), std::move(responder));
  if (path == "/logout") return auth_.HandleLogout(request, std::move(responder));
  if (path == "/v1/session" && request.method == net::Method::kGet) {
    return responder.Send(net::JsonResponse(auth_.SessionJson(request)));
  }
  if (path == "/v1" || path.starts_with("/v1/")) {
    return v1_.Handle(SegmentsOf(path.substr(3)), request, std::move(responder));
  }
  if (request.method != net::Method::kGet && request.method != net::Method::kHead) {
    return responder.Send(net::MethodNotAllowed("GET, HEAD"));
  }
  if (path == "/healthz") return responder.Send(net::TextResponse("ok\n"));
  if (path == "/metrics") return ServeMetrics(std::move(responder));
  if (path == "/" && request.method == net::Method::kHead) {
    return responder.Send({.status = 204});  // Luigi's health check
  }
  if (path.starts_with("/static/visualiser")) return responder.Send(Redirect("../../"));
  if (IsLuigiHistory(path)) return ServeHistory(request, std::move(responder));
  ServePage(request, std::move(responder));
}

void ApiServer::ServePage(const net::HttpRequest& request, net::Responder&& responder) {
  const WebFile* file = FindWebFile(net::PercentEncodePath(request.path));
  if (file == nullptr) return responder.Send(net::ErrorPage(404));
  net::HttpResponse response{.content_type = std::string(file->mime)};
  response.headers.Add("Content-Security-Policy", kWebContentSecurityPolicy);
  response.headers.Add("X-Frame-Options", "DENY");
  response.headers.Add("Referrer-Policy", "same-origin");
  response.headers.Add("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.Add("ETag", file->etag);
  response.headers.Add("Cache-Control",
                       file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  const bool zipped = !file->gzip.empty() && net::AcceptsGzip(request.headers);
  if (!file->gzip.empty()) response.headers.Add("Vary", "Accept-Encoding");
  if (zipped) response.headers.Add("Content-Encoding", "gzip");
  response.body = zipped ? file->gzip : file->bytes;
  response.compress = false;
  net::ApplyEtag(request, response);
  responder.Send(std::move(response));
}

void ApiServer::ServeHistory(const net::HttpRequest& request, net::Responder&& responder) {
  if (!context_.options().record_task_history) {
    return responder.Send(
        net::ErrorPage(404, "no task history: luigi.cfg's [scheduler] record_task_history is off"));
  }
  context_.Read(std::move(responder), LuigiHistoryPage(request, context_.clock().Now()));
}

void ApiServer::ServeMetrics(net::Responder&& responder) {
  context_.Read(std::move(responder), [this](const engine::View& view) {
    MetricText text;
    if (task_metrics_) task_metrics_->Write(text);
    WriteMetrics(text, view, context_, metrics_.tasks.label_sets_max);
    WriteHttpMetrics(text, server_->Stats(), events_.streams());
    if (metrics_.more) metrics_.more(text);
    net::HttpResponse response = net::TextResponse(text.Take());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  });
}

}  // namespace headrace::api
