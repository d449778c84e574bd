// For tests of net only: a client that sends exactly the bytes it is told, and a server beside it.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mailbox.h"
#include "net/http_server.h"

namespace headrace::net {

// A blocking socket. Everything it waits for fails the test after ten seconds.
class RawClient {
 public:
  explicit RawClient(const HttpServer& server);  // connects
  ~RawClient();

  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void Send(std::string_view bytes);  // ignores a server that has closed
  void FinishSending();               // half-closes

  // The next response, framed by its Content-Length or its chunks; "" when the server closed first.
  // Head and body as they came, chunks joined.
  std::string Receive(bool head_only = false);
  std::string ReceiveUntil(std::string_view mark);  // everything up to and with it
  std::string ReceiveAll();                         // until the server closes
  bool IsClosed();                                  // waits for the close; false: bytes came

 private:
  bool Fill();  // false at the end
  std::string Take(size_t size);

  int fd_ = -1;
  std::string in_;
};

// A server on a free port, with what it logged and a queue of the requests it parked.
struct Parked {
  HttpRequest request;
  Responder responder;
};

class TestServer {
 public:
  explicit TestServer(HttpHandler handler, HttpServerOptions options = {}, HttpGate gate = nullptr);

  HttpServer& operator*() { return *server_; }
  HttpServer* operator->() { return server_.get(); }
  std::vector<std::string> TakeLog();

 private:
  SystemClock clock_;
  Mailbox<std::string> log_{1000};
  std::unique_ptr<HttpServer> server_;
};

// A handler that puts each request into `box` for the test's own thread, and one that echoes.
HttpHandler Park(Mailbox<Parked>& box);
HttpHandler Echo();  // "POST /path?query\nbody"

Parked TakeParked(Mailbox<Parked>& box);  // waits for one

std::string BodyOf(std::string_view response);
int StatusOf(std::string_view response);

}  // namespace headrace::net
