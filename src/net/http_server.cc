// Listening and accepting; the io loops do the rest.

#include "net/http_server.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/check.h"
#include "net/io_loop.h"

namespace headrace::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Protocol = asio::generic::stream_protocol;
using Acceptor = asio::basic_socket_acceptor<Protocol, Executor>;

constexpr int kBacklog = 1024;
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);
constexpr Duration kTlsLookEvery = std::chrono::seconds(1);

Error ListenError(const ListenAddress& address, const error_code& error) {
  const std::string where =
      address.unix_path.empty() ? "address " + address.ToString() : "socket " + address.unix_path;
  if (error == asio::error::address_in_use) {
    return {ErrorCode::kUnavailable,
            where + " is in use: another headrace or luigid?",
            "Stop it, or choose another with listen = \"host:port\"."};
  }
  if (error == asio::error::access_denied) {
    return {ErrorCode::kDenied,
            "listening on " + where + ": permission denied",
            address.unix_path.empty() ? "Choose a port above 1023."
                                      : "Choose a path in a folder that this user may write."};
  }
  std::string remedy = "Choose an address of this machine with listen = \"host:port\".";
  if (!address.unix_path.empty()) remedy = "Does its folder exist?";
  return {ErrorCode::kInvalid, "listening on " + where + ": " + error.message(), remedy};
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, HttpServerHooks hooks, const Clock& clock)
      : context_{std::move(options), std::move(hooks), clock, nullptr} {
    CHECK(context_.hooks.handle && context_.options.io_threads > 0);
    for (size_t i = 0; i < context_.options.io_threads; ++i) {
      loops_.push_back(std::make_unique<IoLoop>(context_));
    }
  }

  ~Impl() { Stop(); }

  Result<void> Listen();
  void Start();
  void Stop();

  uint16_t port() const { return context_.options.listen.port; }
  std::string address() const { return context_.options.listen.ToString(); }
  HttpServerStats Stats() const;

 private:
  struct Listener {
    explicit Listener(asio::io_context& io) : acceptor(io), pause(io) {}
    Acceptor acceptor;
    Timer pause;  // after an accept that failed for want of file descriptors
  };

  Result<void> ListenOnTcp();
  Result<void> ListenOnUnix();
  Result<void> Open(const Protocol::endpoint& endpoint,
                    const asio::generic::stream_protocol& how,
                    bool v6_only);
  void Accept(Listener& listener);
  void Admit(IoLoop& loop, Socket socket);
  void LookAtCertificate();

  ServerContext context_;
  std::vector<std::unique_ptr<IoLoop>> loops_;
  std::vector<std::unique_ptr<Listener>> listeners_;  // on the first loop
  size_t next_loop_ = 0;
  SteadyTime certificate_look_;  // not before this
  bool started_ = false;
  bool stopped_ = false;
};

Result<void> HttpServer::Impl::Listen() {
  if (!context_.options.tls.certificate.empty()) {
    context_.tls = TRY(TlsContext::Load(context_.options.tls));
  }
  return context_.options.listen.unix_path.empty() ? ListenOnTcp() : ListenOnUnix();
}

// One socket for each address the name has: "localhost" is often two.
Result<void> HttpServer::Impl::ListenOnTcp() {
  ListenAddress& address = context_.options.listen;
  if (address.host.empty()) {
    const asio::ip::tcp::endpoint any(asio::ip::tcp::v6(), address.port);
    if (Open(any, any.protocol(), false)) return {};
    const asio::ip::tcp::endpoint any_v4(asio::ip::tcp::v4(), address.port);  // no IPv6 here
    return Open(any_v4, any_v4.protocol(), false);
  }
  error_code error;
  asio::ip::tcp::resolver resolver(loops_[0]->io());
  const auto found = resolver.resolve(
      address.host, std::to_string(address.port), asio::ip::tcp::resolver::passive, error);
  if (error) return std::unexpected(ListenError(address, error));
  Result<void> first_error;
  for (const auto& entry : found) {
    asio::ip::tcp::endpoint endpoint = entry.endpoint();
    endpoint.port(address.port);  // the first socket's, when any free one was asked for
    Result<void> opened =
        Open(endpoint, endpoint.protocol(), endpoint.protocol() == asio::ip::tcp::v6());
    const bool in_use = !opened && opened.error().code == ErrorCode::kUnavailable;
    if (in_use) return opened;  // half a listener would be answered by somebody else
    if (!opened && first_error) first_error = std::move(opened);
  }
  if (listeners_.empty()) return first_error;
  return {};
}

// A socket file nobody listens on is what a killed server left: it is removed.
Result<void> HttpServer::Impl::ListenOnUnix() {
  const ListenAddress& address = context_.options.listen;
  const asio::local::stream_protocol::endpoint endpoint(address.unix_path);
  struct stat status{};
  if (::stat(address.unix_path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
    asio::basic_stream_socket<asio::local::stream_protocol, Executor> probe(loops_[0]->io());
    error_code error;
    probe.connect(endpoint, error);
    if (!error) return std::unexpected(ListenError(address, asio::error::address_in_use));
    ::unlink(address.unix_path.c_str());
  }
  const mode_t mask = ::umask(0177);  // the file is born with mode 0600
  Result<void> opened = Open(endpoint, endpoint.protocol(), false);
  ::umask(mask);
  return opened;
}

Result<void> HttpServer::Impl::Open(const Protocol::endpoint& endpoint,
                                    const Protocol& how,
                                    bool v6_only) {
  ListenAddress& address = context_.options.listen;
  auto listener = std::make_unique<Listener>(loops_[0]->io());
  Acceptor& acceptor = listener->acceptor;
  error_code error;
  acceptor.open(how, error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  error_code ignored;
  if (how.family() == AF_INET6) acceptor.set_option(asio::ip::v6_only(v6_only), ignored);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (error) return std::unexpected(ListenError(address, error));
  if (address.unix_path.empty() && address.port == 0) {
    const auto local = acceptor.local_endpoint(error);
    asio::ip::tcp::endpoint real;
    std::memcpy(real.data(), local.data(), std::min(local.size(), real.capacity()));
    address.port = real.port();
  }
  listeners_.push_back(std::move(listener));
  return {};
}

void HttpServer::Impl::Start() {
  started_ = true;
  for (const auto& loop : loops_) loop->Start();
  loops_[0]->Post([this] {
    for (const auto& listener : listeners_) Accept(*listener);
  });
}

void HttpServer::Impl::Accept(Listener& listener) {
  IoLoop& loop = *loops_[next_loop_++ % loops_.size()];
  listener.acceptor.async_accept(loop.io(), [&](const error_code& error, Socket socket) {
    if (!listener.acceptor.is_open()) return;
    if (!error) Admit(loop, std::move(socket));
    if (error != asio::error::no_descriptors && error != asio::error::no_memory) {
      return Accept(listener);
    }
    context_.Log("accepting a connection: " + error.message());
    listener.pause.expires_after(kAcceptPause);
    listener.pause.async_wait([&](const error_code& cancelled) {
      if (!cancelled) Accept(listener);
    });
  });
}

void HttpServer::Impl::Admit(IoLoop& loop, Socket socket) {
  context_.accepted.fetch_add(1, std::memory_order_relaxed);
  context_.connections.fetch_add(1);
  LookAtCertificate();
  if (&loop == loops_[0].get()) return loop.Adopt(std::move(socket));
  loop.Post([&loop, moved = std::move(socket)]() mutable { loop.Adopt(std::move(moved)); });
}

// A new connection gets the newest certificate; others keep theirs.
void HttpServer::Impl::LookAtCertificate() {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (context_.tls == nullptr || now < certificate_look_) return;
  certificate_look_ = now + kTlsLookEvery;
  context_.tls->ReloadIfChanged([this](std::string_view text) { context_.Log(text); });
}

void HttpServer::Impl::Stop() {
  if (!started_ || std::exchange(stopped_, true)) return;
  loops_[0]->Post([this] {
    for (const auto& listener : listeners_) {
      error_code ignored;
      listener->acceptor.close(ignored);
      listener->pause.cancel();
    }
    for (const auto& loop : loops_) loop->BeginStop();
  });
  for (const auto& loop : loops_) loop->Join();
  if (const std::string& path = context_.options.listen.unix_path; !path.empty()) {
    ::unlink(path.c_str());
  }
}

HttpServerStats HttpServer::Impl::Stats() const {
  return {.connections = context_.connections,
          .streams = context_.streams,
          .accepted = context_.accepted,
          .refused = context_.refused,
          .requests = context_.requests,
          .bad_requests = context_.bad_requests,
          .dropped_slow = context_.dropped_slow};
}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerOptions options,
                                                      HttpServerHooks hooks,
                                                      const Clock& clock) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(hooks), clock);
  if (Result<void> listening = impl->Listen(); !listening) {
    return std::unexpected(std::move(listening).error());
  }
  impl->Start();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

void HttpServer::Stop() {
  impl_->Stop();
}
uint16_t HttpServer::port() const {
  return impl_->port();
}
std::string HttpServer::address() const {
  return impl_->address();
}
HttpServerStats HttpServer::Stats() const {
  return impl_->Stats();
}

}  // namespace headrace::net
