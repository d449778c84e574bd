// The event loop of one io thread: slots, outbox, sweeps, the end.

#include "net/io_loop.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <ctime>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

#include "base/check.h"

namespace headrace::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr Duration kSweepEvery = std::chrono::seconds(1);
constexpr std::string_view kTooManyConnections =
    "HTTP/1.1 503 Too Many Connections\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
constexpr Duration kSweepEveryMin = std::chrono::milliseconds(10);

// Deadlines are looked at this often: short ones in tests more often.
Duration SweepPeriod(const HttpServerOptions& options) {
  const Duration shortest = std::min(
      {options.idle_timeout, options.request_timeout, options.write_timeout, options.stop_grace});
  return std::clamp(shortest / 4, kSweepEveryMin, kSweepEvery);
}

// "Wed, 25 Nov 2026 09:48:08 GMT"; the names must not depend on the locale.
std::string HttpDate(Timestamp now) {
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const time_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::tm t{};
  gmtime_r(&seconds, &t);
  std::array<char, 64> text;
  const int size = std::snprintf(text.data(),
                                 text.size(),
                                 "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 kDays[static_cast<size_t>(t.tm_wday)],
                                 t.tm_mday,
                                 kMonths[static_cast<size_t>(t.tm_mon)],
                                 t.tm_year + 1900,
                                 t.tm_hour,
                                 t.tm_min,
                                 t.tm_sec);
  return {text.data(), static_cast<size_t>(size)};
}

std::string PeerOf(const Socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "unknown";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const sockaddr* address = endpoint.data();
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
  } else if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
  } else {
    return "unix";
  }
  const std::string_view peer = text.data();
  constexpr std::string_view kMapped = "::ffff:";  // an IPv4 client on an IPv6 socket
  return std::string(peer.starts_with(kMapped) ? peer.substr(kMapped.size()) : peer);
}

}  // namespace

IoLoop::IoLoop(ServerContext& context)
    : context_(context),
      outbox_(std::make_shared<Outbox>(*this)),
      now_(std::chrono::steady_clock::now()),
      date_(HttpDate(context.clock.Now())) {}

IoLoop::~IoLoop() {
  Join();
}

void IoLoop::Start() {
  ScheduleSweep();
  thread_ = std::thread([this] {
    outbox_->BindToThisThread();
    io_.run();
  });
}

void IoLoop::BeginStop() {
  Post([this] {
    if (std::exchange(stopping_, true)) return;
    Sweep();
    stop_deadline_ = now_ + context_.options.stop_grace;
    ForEachConnection([](Connection& connection) { connection.OnStop(); });
    EndIfEmpty();
  });
}

void IoLoop::Join() {
  if (thread_.joinable()) thread_.join();
}

void IoLoop::Adopt(Socket socket) {
  if (stopping_) {
    context_.connections.fetch_sub(1);
    return;
  }
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);  // a Unix socket has none
  socket.non_blocking(true, ignored);
  if (context_.connections > context_.options.connections_max && !MakeRoom()) {
    context_.refused.fetch_add(1, std::memory_order_relaxed);
    if (context_.tls == nullptr) socket.write_some(asio::buffer(kTooManyConnections), ignored);
    socket.shutdown(Socket::shutdown_both, ignored);
    context_.connections.fetch_sub(1);
    return;
  }
  std::unique_ptr<TlsSession> tls;
  if (context_.tls != nullptr) tls = context_.tls->Accept(socket.native_handle());
  if (context_.tls != nullptr && tls == nullptr) {
    context_.connections.fetch_sub(1);
    return;
  }
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t at = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = slots_[at];
  const uint64_t id = uint64_t{++slot.generation} << 32 | at;
  std::string peer = PeerOf(socket);
  slot.connection =
      std::make_unique<Connection>(*this, std::move(socket), id, std::move(peer), std::move(tls));
  ++open_;
  slot.connection->Start();
}

template <class Visit>
void IoLoop::ForEachConnection(Visit visit) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].connection != nullptr) visit(*slots_[i].connection);
  }
}

// Gives up the connection that is missed least. Who only opens connections keeps nobody out.
bool IoLoop::MakeRoom() {
  Connection* least = nullptr;
  Duration most = Duration::zero();
  ForEachConnection([&](Connection& connection) {
    const Duration dispensable = connection.Dispensability();
    if (dispensable <= most) return;
    most = dispensable;
    least = &connection;
  });
  if (least == nullptr) return false;
  least->Close();
  return true;
}

Connection* IoLoop::Find(uint64_t id) {
  const auto at = static_cast<uint32_t>(id);
  CHECK(at < slots_.size());
  return slots_[at].generation == id >> 32 ? slots_[at].connection.get() : nullptr;
}

void IoLoop::Retire(Connection& connection) {
  const auto at = static_cast<uint32_t>(connection.id());
  CHECK(slots_[at].connection.get() == &connection);
  retired_.push_back(std::move(slots_[at].connection));
  free_slots_.push_back(at);
  --open_;
  context_.connections.fetch_sub(1, std::memory_order_relaxed);
  if (retired_.size() > 1) return;  // posted already
  Post([this] {
    retired_.clear();
    EndIfEmpty();
  });
}

void IoLoop::EndIfEmpty() {
  if (!stopping_ || open_ > 0 || !retired_.empty()) return;
  outbox_->Close();
  sweep_timer_.cancel();
  work_.reset();
  io_.stop();
}

void IoLoop::Wake() {
  Post([this] { DrainOutbox(); });
}

void IoLoop::DrainOutbox() {
  outbox_->TakeAll(replies_);
  for (Reply& reply : replies_) Deliver(std::move(reply));
  replies_.clear();
}

void IoLoop::Deliver(Reply&& reply) {
  if (Connection* connection = Find(reply.connection)) return connection->OnReply(std::move(reply));
  if (reply.stream != nullptr) CloseStream(*reply.stream);
}

void IoLoop::NoticeClientGone(uint64_t id, std::function<void()> callback) {
  if (Connection* connection = Find(id)) connection->OnClientGone(std::move(callback));
}

void IoLoop::ScheduleSweep() {
  sweep_timer_.expires_after(SweepPeriod(context_.options));
  sweep_timer_.async_wait([this](const error_code& error) {
    if (error) return;
    Sweep();
    ScheduleSweep();
  });
}

void IoLoop::Sweep() {
  now_ = std::chrono::steady_clock::now();
  date_ = HttpDate(context_.clock.Now());
  const bool over = stopping_ && stop_deadline_ != SteadyTime() && now_ >= stop_deadline_;
  ForEachConnection([&](Connection& connection) {
    if (over) {
      connection.Close();
    } else {
      connection.OnSweep(now_);
    }
  });
}

}  // namespace headrace::net
