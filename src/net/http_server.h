// HttpServer: HTTP/1.1 on TCP or a Unix socket, for thousands of keep-alive connections.
//
// Each io thread runs one event loop and owns its connections; a connection has one request in the
// works at a time (pipelined ones wait in its buffer). The handler is called on that io thread with
// the whole request and a Responder; it must not block: it answers at once or hands the responder
// to another thread. Bad input is answered 400, 408, 413 or 431 here and never reaches it.
//
//   idle ─bytes─▶ reading ─whole request─▶ handling ─answer─▶ writing ─▶ idle, or closed
//                                             └─Stream()─▶ streaming ───▶ idle, or closed

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/time.h"
#include "net/http_message.h"
#include "net/responder.h"
#include "net/tls.h"

namespace headrace::net {

struct ListenAddress {
  std::string host = "127.0.0.1";  // a name or an address; "" listens on every interface
  uint16_t port = 0;               // 0: any free one, see HttpServer::port()
  std::string unix_path;           // not empty: a Unix socket instead; mode 0600

  // "127.0.0.1:8082", "[::1]:8082", "localhost:8082", ":8082", "8082", "unix:/run/headrace.sock"
  static Result<ListenAddress> Parse(std::string_view text);
  std::string ToString() const;
  bool IsLoopback() const;  // only this machine can reach it; a name but "localhost" counts as not
};

struct HttpServerOptions {
  ListenAddress listen;
  TlsFiles tls;         // without a certificate: plain HTTP
  HttpHeaders headers;  // added to every answer
  size_t io_threads = 1;

  // One more pushes out one that never sent a whole request or is long idle; else it is answered
  // 503 and closed.
  size_t connections_max = 4096;
  size_t header_bytes_max = 16 << 10;  // else 431
  size_t body_bytes_max = 64 << 20;    // else 413
  size_t body_memory_max = 256 << 20;  // all bodies being received, of one io thread; else 503

  Duration idle_timeout = std::chrono::seconds(3600);   // keep-alive, nothing received
  Duration request_timeout = std::chrono::seconds(30);  // head complete, each 64 KB of body, TLS
  Duration write_timeout = std::chrono::seconds(60);    // no progress
  Duration stop_grace = std::chrono::seconds(5);        // for requests in the works at Stop()
};

// Called on the io threads; with several, concurrently.
using HttpHandler = std::function<void(HttpRequest&& request, Responder&& responder)>;

// What a gate says of a request. Neither field: it may come in.
struct GateAnswer {
  std::optional<HttpResponse> refusal;     // sent; then the connection is closed
  std::function<void(GateTicket)> decide;  // called at once; hands the ticket to who will tell
};

// Called when a request's head is complete, before its body is read: the place for who may come in.
// It may set `user` and take out what the handler need not see.
using HttpGate = std::function<GateAnswer(HttpRequest& head)>;

// One request that was answered, for an access log. A stream's is made when it begins.
struct AccessEntry {
  Method method = Method::kGet;
  std::string path;  // without the query, which may hold secrets
  std::string user;
  std::string peer;
  int status = 0;
  size_t bytes = 0;  // of the body
  Duration took{};   // since the request was there as a whole; zero for one that was refused
};

struct HttpServerHooks {
  HttpHandler handle;
  HttpGate gate;                                   // optional
  std::function<void(std::string_view text)> log;  // optional: what an operator should know
  std::function<void(const AccessEntry&)> access;  // optional; on the io threads, must not block
};

// Counters since the start, for metrics.
struct HttpServerStats {
  size_t connections = 0;  // open now
  size_t streams = 0;      // of these, streaming
  uint64_t accepted = 0;
  uint64_t refused = 0;   // beyond connections_max
  uint64_t requests = 0;  // handed to the handler
  uint64_t bad_requests = 0;
  uint64_t dropped_slow = 0;  // streams closed because their client was too slow
};

class HttpServer {
 public:
  // Listens and serves. Errors name the address and what to do about it. `clock` is for Date.
  static Result<std::unique_ptr<HttpServer>> Start(HttpServerOptions options,
                                                   HttpServerHooks hooks,
                                                   const Clock& clock);
  ~HttpServer();  // Stop()

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Not from an io thread. Closes listeners, idle connections and streams at once; requests in the
  // works may still be answered during stop_grace, so whoever answers must still be running. Then
  // closes the rest, ends the io threads and returns. The second call does nothing.
  void Stop();

  uint16_t port() const;        // the real one, also when 0 was asked for
  std::string address() const;  // "127.0.0.1:8082"
  HttpServerStats Stats() const;

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace headrace::net
