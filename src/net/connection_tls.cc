// A connection's bytes by way of a TLS session: wait for the socket, then let the session read or
// write. The handshake is the session's business, inside the first reads.

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "net/connection.h"
#include "net/io_loop.h"

namespace headrace::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr size_t kTurnBytes = 64 << 10;  // written in one turn, so that others get theirs
constexpr std::string_view kPlainHttp =
    "HTTP/1.1 400 This Port Speaks HTTPS\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

}  // namespace

// The read or the write is under way already, for ops_.
void Connection::WaitForTls(bool to_write) {
  if (to_write) {
    socket_.async_wait(Socket::wait_write,
                       [this](const error_code& error) { OnTlsWritable(error); });
  } else if (tls_->HasMore()) {
    asio::post(loop_.io(), [this] { OnTlsReadable({}); });
  } else {
    socket_.async_wait(Socket::wait_read,
                       [this](const error_code& error) { OnTlsReadable(error); });
  }
}

void Connection::OnTlsReadable(const error_code& error) {
  if (error || state_ == State::kClosed) return OnRead(error, 0);
  const size_t room = loop_.context().options.header_bytes_max + 1024 - in_end_;
  const TlsSession::Outcome outcome = tls_->Read(in_.get() + in_end_, room);
  switch (outcome.state) {
    case TlsSession::State::kMoved: return OnRead({}, outcome.bytes);
    case TlsSession::State::kWantRead: return WaitForTls(false);
    case TlsSession::State::kWantWrite:
      socket_.async_wait(Socket::wait_write,
                         [this](const error_code& waited) { OnTlsReadable(waited); });
      return;
    case TlsSession::State::kEnd: return OnRead(asio::error::eof, 0);
    case TlsSession::State::kBroken: break;
  }
  if (!tls_->IsEstablished()) {
    loop_.context().bad_requests.fetch_add(1, std::memory_order_relaxed);
    if (tls_->SawPlainHttp()) AnswerPlainHttp();
  }
  OnRead(asio::error::connection_reset, 0);
}

void Connection::AnswerPlainHttp() {
  error_code ignored;
  socket_.write_some(asio::buffer(kPlainHttp), ignored);
}

void Connection::OnTlsWritable(const error_code& error) {
  if (!error && state_ != State::kClosed) WriteTls();
  OnWritten(error, 0);
}

// As much as one turn allows. A session that cannot write because it wants to read has not even
// shaken hands.
void Connection::WriteTls() {
  size_t turn = 0;
  while (Unwritten() > 0 && turn < kTurnBytes) {
    const auto piece = NextPiece();
    const asio::const_buffer& next = piece[0].size() > 0 ? piece[0] : piece[1];
    const TlsSession::Outcome outcome =
        tls_->Write({static_cast<const char*>(next.data()), next.size()});
    if (outcome.state == TlsSession::State::kWantWrite) return;
    if (outcome.state != TlsSession::State::kMoved) return Close();
    written_ += outcome.bytes;
    turn += outcome.bytes;
  }
}

}  // namespace headrace::net
