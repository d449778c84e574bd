// The tests' client and server.

#include "net/raw_client.h"

#include <arpa/inet.h>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"

namespace headrace::net {
namespace {

constexpr timeval kPatience = {.tv_sec = 10, .tv_usec = 0};

int ConnectTcp(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

int ConnectUnix(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  CHECK(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.data(), path.size());
  CHECK(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

}  // namespace

RawClient::RawClient(const HttpServer& server) {
  const std::string address = server.address();
  constexpr std::string_view kUnix = "unix:";
  const bool is_unix = address.starts_with(kUnix);
  fd_ = is_unix ? ConnectUnix(address.substr(kUnix.size())) : ConnectTcp(server.port());
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
}

RawClient::~RawClient() {
  ::close(fd_);
}

void RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      CHECK(errno == EPIPE || errno == ECONNRESET);
      return;
    }
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void RawClient::FinishSending() {
  CHECK(::shutdown(fd_, SHUT_WR) == 0);
}

bool RawClient::Fill() {
  char buffer[64 << 10];
  const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
  CHECK(got >= 0 || errno == ECONNRESET);  // EAGAIN: nothing came for ten seconds
  if (got <= 0) return false;
  in_.append(buffer, static_cast<size_t>(got));
  return true;
}

std::string RawClient::Take(size_t size) {
  std::string taken = in_.substr(0, size);
  in_.erase(0, size);
  return taken;
}

std::string RawClient::ReceiveUntil(std::string_view mark) {
  size_t at = 0;
  while ((at = in_.find(mark)) == std::string::npos) {
    if (!Fill()) return Take(in_.size());
  }
  return Take(at + mark.size());
}

std::string RawClient::Receive(bool head_only) {
  std::string response = ReceiveUntil("\r\n\r\n");
  if (response.empty() || head_only) return response;
  if (response.find("\r\nTransfer-Encoding: chunked") != std::string::npos) {
    while (true) {
      const size_t size = std::strtoul(ReceiveUntil("\r\n").c_str(), nullptr, 16);
      while (in_.size() < size + 2) CHECK(Fill());
      response += Take(size);
      CHECK(Take(2) == "\r\n");
      if (size == 0) return response;
    }
  }
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const size_t at = response.find(kLength);
  if (at == std::string::npos) return response;
  const size_t size = std::strtoul(response.c_str() + at + kLength.size(), nullptr, 10);
  while (in_.size() < size) CHECK(Fill());
  return response + Take(size);
}

std::string RawClient::ReceiveAll() {
  while (Fill()) {
  }
  return Take(in_.size());
}

bool RawClient::IsClosed() {
  return in_.empty() && !Fill();
}

TestServer::TestServer(HttpHandler handler, HttpServerOptions options, HttpGate gate) {
  HttpServerHooks hooks;
  hooks.handle = std::move(handler);
  hooks.gate = std::move(gate);
  hooks.log = [this](std::string_view text) { CHECK(log_.Put(std::string(text))); };
  auto server = HttpServer::Start(std::move(options), std::move(hooks), clock_);
  CHECK(server.has_value());
  server_ = std::move(*server);
}

std::vector<std::string> TestServer::TakeLog() {
  std::vector<std::string> lines;
  log_.Take(lines, std::chrono::seconds(10));
  return lines;
}

HttpHandler Park(Mailbox<Parked>& box) {
  return [&box](HttpRequest&& request, Responder&& responder) {
    CHECK(box.Put({std::move(request), std::move(responder)}));
  };
}

HttpHandler Echo() {
  return [](HttpRequest&& request, Responder&& responder) {
    std::string text(MethodName(request.method));
    text += ' ' + request.path + '?' + request.query + '\n' + request.body;
    responder.Send(TextResponse(std::move(text)));
  };
}

Parked TakeParked(Mailbox<Parked>& box) {
  std::vector<Parked> taken;
  box.Take(taken, std::chrono::seconds(10));
  CHECK(taken.size() == 1);
  return std::move(taken[0]);
}

std::string BodyOf(std::string_view response) {
  const size_t end = response.find("\r\n\r\n");
  return std::string(end == response.npos ? "no response" : response.substr(end + 4));
}

int StatusOf(std::string_view response) {
  return response.starts_with("HTTP/1.1 ") ? std::atoi(response.data() + 9) : 0;
}

}  // namespace headrace::net
