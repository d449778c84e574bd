// Connection: one client's socket, from accept to close. Internal to net.
//
// Lives on its loop's io thread. At most one read and one write are under way; ops_ counts them,
// and the loop frees a closed connection when they have come back. While a request is in the works
// a read stays open, to notice a client that leaves; what it brings waits in the buffer.
//
// All bytes pass through StartRead(), WriteNow() and StartWrite(). With TLS these wait for the
// socket and let the session read and write (connection_tls.cc).

#pragma once

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/http_server.h"
#include "net/outbox.h"
#include "net/request_parser.h"
#include "net/tls.h"

namespace headrace::net {

class IoLoop;

using SteadyTime = std::chrono::steady_clock::time_point;
using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;

class Connection {
 public:
  Connection(
      IoLoop& loop, Socket socket, uint64_t id, std::string peer, std::unique_ptr<TlsSession> tls);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Start();
  void OnReply(Reply&& reply);
  void OnClientGone(std::function<void()> callback) { on_gone_ = std::move(callback); }
  void OnSweep(SteadyTime now);
  void OnStop();  // finish what is in the works, then close
  void Close();

  uint64_t id() const { return id_; }
  // How little it is missed when there are too many; zero: nobody may close it.
  Duration Dispensability() const;
  bool IsStreaming() const { return state_ == State::kStreaming; }

 private:
  enum class State : uint8_t {
    kReading,    // between requests, or in one
    kGated,      // somebody decides whether the request may come in
    kHandling,   // the handler has the request
    kWriting,    // the response is on its way
    kStreaming,  // so it is, without an end
    kLingering,  // answered a request it did not read; discards the rest so that no reset
                 // destroys the answer
    kClosed,
  };

  void Run();
  bool ReadRequest();
  bool CheckHead();
  bool BeginBody();
  void OnGateReply(Reply&& reply);
  bool AccountBody();
  void Dispatch();
  void Handle(Reply&& reply);
  void Refuse(HttpResponse response);

  void NoteAccess(bool is_whole);
  void TellAccess(int status, size_t bytes);
  void Respond(HttpResponse&& response);
  void WriteHead(const HttpResponse& response, std::optional<size_t> body_size);
  void FinishResponse();
  void Linger();

  void BeginStream(Reply&& reply);
  void PumpStream();
  void AppendStreamBytes(std::string_view bytes);

  void StartRead();
  void OnRead(const boost::system::error_code& error, size_t bytes);
  void OnReadEnd(const boost::system::error_code& error);
  void WaitForTls(bool to_write);
  void OnTlsReadable(const boost::system::error_code& error);
  void OnTlsWritable(const boost::system::error_code& error);
  void WriteTls();
  void AnswerPlainHttp();
  void SendContinue();
  void Write();
  bool WriteNow();
  void StartWrite();
  void OnWritten(const boost::system::error_code& error, size_t bytes);
  void OnAllWritten();
  std::array<boost::asio::const_buffer, 2> NextPiece() const;
  size_t Unwritten() const { return out_.size() + body_.size() - written_; }
  void RetireIfDone();

  IoLoop& loop_;
  Socket socket_;
  const uint64_t id_;
  const std::string peer_;
  const std::unique_ptr<TlsSession> tls_;  // nullptr: plain

  State state_ = State::kReading;
  int ops_ = 0;           // reads and writes under way
  bool reading_ = false;  // one of them is the read
  bool writing_ = false;
  bool read_ended_ = false;   // the client will send nothing more
  bool close_after_ = false;  // close when this response is out
  bool linger_ = false;       // ... by way of kLingering
  bool served_ = false;       // the handler got a request of it
  SteadyTime quiet_since_;    // opened, or last answered
  SteadyTime deadline_;       // by the loop's coarse clock; what for depends on the state

  std::unique_ptr<char[]> in_;  // bytes [in_begin_, in_end_) are received and not parsed
  size_t in_begin_ = 0;
  size_t in_end_ = 0;
  RequestParser parser_;
  bool request_begun_ = false;
  bool head_checked_ = false;
  size_t body_accounted_ = 0;  // of the loop's body memory
  size_t body_at_renewal_ = 0;

  bool in_handler_ = false;
  std::optional<Reply> early_reply_;  // came while the handler was still running
  std::function<void()> on_gone_;
  bool head_only_ = false;  // these four: of the request that is in the works
  bool http_1_0_ = false;
  bool accepts_gzip_ = false;
  bool chunked_ = false;
  AccessEntry access_;  // likewise, where there is an access log
  SteadyTime access_begin_;

  std::string out_;   // the head and a small body, or a piece of a stream
  std::string body_;  // a large body
  size_t written_ = 0;
  std::shared_ptr<StreamState> stream_;  // shared with the producer's EventStream
};

}  // namespace headrace::net
