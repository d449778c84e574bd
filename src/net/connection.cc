// A connection's life: read, hand over, write, again. What TLS does differently: connection_tls.cc.

#include "net/connection.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "net/io_loop.h"

namespace headrace::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr size_t kPieceBytes = 64 << 10;       // written in one turn, so that others get theirs
constexpr size_t kInlineBodyBytes = 16 << 10;  // below, one copy is cheaper than a second buffer
constexpr size_t kRenewBytes = 64 << 10;       // of body, for another request_timeout
constexpr size_t kReasonBytesMax = 512;
constexpr Duration kIdleLong = std::chrono::minutes(1);
constexpr Duration kNeverServed = std::chrono::hours(24);  // dispensable before all others
constexpr auto kLingerTime = std::chrono::seconds(2);
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

size_t BufferBytes(const HttpServerOptions& options) {
  return options.header_bytes_max + 1024;  // a head of that size fits, and is seen to be too large
}

void AppendNumber(std::string& out, size_t number, int base = 10) {
  std::array<char, 24> text;
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number, base).ptr);
}

void AppendReason(std::string& out, const HttpResponse& response) {
  if (response.reason.empty()) {
    out += ReasonPhrase(response.status);
    return;
  }
  for (char c : std::string_view(response.reason).substr(0, kReasonBytesMax)) {
    out += static_cast<unsigned char>(c) < ' ' || c == 0x7F ? ' ' : c;
  }
}

bool HasNoBody(int status) {
  return status == 204 || status == 304 || status < 200;
}

}  // namespace

Connection::Connection(
    IoLoop& loop, Socket socket, uint64_t id, std::string peer, std::unique_ptr<TlsSession> tls)
    : loop_(loop),
      socket_(std::move(socket)),
      id_(id),
      peer_(std::move(peer)),
      tls_(std::move(tls)),
      in_(std::make_unique_for_overwrite<char[]>(BufferBytes(loop.context().options))),
      parser_({loop.context().options.header_bytes_max, loop.context().options.body_bytes_max}) {}

// Who has not asked anything yet has no long credit.
void Connection::Start() {
  const HttpServerOptions& options = loop_.context().options;
  quiet_since_ = loop_.now();
  deadline_ = quiet_since_ + std::min(options.idle_timeout, options.request_timeout);
  Run();
}

Duration Connection::Dispensability() const {
  if (state_ != State::kReading) return Duration::zero();
  const auto quiet = std::chrono::duration_cast<Duration>(loop_.now() - quiet_since_);
  if (!served_) return kNeverServed + quiet;
  return !request_begun_ && quiet >= kIdleLong ? quiet : Duration::zero();
}

// Serves requests until something has to be waited for. A loop, not a recursion: a client may have
// sent hundreds of small requests at once.
void Connection::Run() {
  while (state_ == State::kReading && ReadRequest()) Dispatch();
  const bool watch =
      state_ == State::kGated || state_ == State::kHandling || state_ == State::kStreaming;
  if (watch) StartRead();
}

// True when the whole request is there. Else a read is under way, or it was refused.
bool Connection::ReadRequest() {
  while (true) {
    size_t used = 0;
    if (in_begin_ < in_end_ && parser_.state() != RequestParser::State::kDone) {
      if (!std::exchange(request_begun_, true)) {
        deadline_ = loop_.now() + loop_.context().options.request_timeout;
      }
      used = parser_.Put({in_.get() + in_begin_, in_end_ - in_begin_});
      in_begin_ += used;
    }
    const RequestParser::State at = parser_.state();
    if (at == RequestParser::State::kError) {
      Refuse(ErrorPage(parser_.error_status()));
      return false;
    }
    if (at != RequestParser::State::kHead) {
      if (!std::exchange(head_checked_, true) && !CheckHead()) return false;
      if (!AccountBody()) return false;
      if (at == RequestParser::State::kDone) return true;
      if (used > 0 && in_begin_ < in_end_) continue;
    }
    if (read_ended_) {
      Close();
    } else if (in_end_ - in_begin_ == BufferBytes(loop_.context().options)) {
      Refuse(ErrorPage(400));  // the head of a chunk without an end
    } else {
      StartRead();
    }
    return false;
  }
}

bool Connection::CheckHead() {
  HttpRequest& request = parser_.request();
  request.peer = peer_;
  if (const HttpGate& gate = loop_.context().hooks.gate) {
    GateAnswer answer = gate(request);
    if (answer.refusal) {
      Refuse(std::move(*answer.refusal));
      return false;
    }
    if (answer.decide) {
      state_ = State::kGated;
      answer.decide(GateTicket(loop_.outbox(), id_));
      return false;
    }
  }
  return BeginBody();
}

void Connection::OnGateReply(Reply&& reply) {
  CHECK(state_ == State::kGated);
  state_ = State::kReading;
  deadline_ = loop_.now() + loop_.context().options.request_timeout;
  if (reply.kind == Reply::Kind::kRefused) return Refuse(std::move(reply.response));
  parser_.request().user = std::move(reply.user);
  BeginBody();
}

// The head is accepted; false: the connection is closed.
bool Connection::BeginBody() {
  const bool waits = parser_.state() == RequestParser::State::kBody && in_begin_ == in_end_ &&
                     !parser_.is_http_1_0() && parser_.expects_continue();
  if (!waits) return true;
  SendContinue();
  return state_ != State::kClosed;
}

void Connection::SendContinue() {
  error_code error;
  const size_t sent =
      tls_ ? tls_->Write(kContinue).bytes : socket_.write_some(asio::buffer(kContinue), error);
  if (sent != kContinue.size()) Close();  // its buffer holds nothing else, and has no room for that
}

// Bodies that are being received may take only so much memory together, and must make progress.
bool Connection::AccountBody() {
  const HttpServerOptions& options = loop_.context().options;
  const size_t size = parser_.request().body.size();
  loop_.body_memory() += size - body_accounted_;
  body_accounted_ = size;
  if (size >= body_at_renewal_ + kRenewBytes) {
    body_at_renewal_ = size;
    deadline_ = loop_.now() + options.request_timeout;
  }
  if (loop_.body_memory() <= options.body_memory_max) return true;
  Refuse(ErrorPage(503));
  return false;
}

void Connection::Dispatch() {
  HttpRequest& request = parser_.request();
  loop_.body_memory() -= std::exchange(body_accounted_, 0);
  loop_.context().requests.fetch_add(1, std::memory_order_relaxed);
  head_only_ = request.method == Method::kHead;
  http_1_0_ = parser_.is_http_1_0();
  accepts_gzip_ = AcceptsGzip(request.headers);
  if (!parser_.keeps_alive() || loop_.IsStopping()) close_after_ = true;
  state_ = State::kHandling;
  served_ = true;
  NoteAccess(true);

  in_handler_ = true;
  loop_.context().hooks.handle(std::move(request), Responder(loop_.outbox(), id_, accepts_gzip_));
  in_handler_ = false;
  if (early_reply_) {
    Reply reply = std::move(*early_reply_);
    early_reply_.reset();
    Handle(std::move(reply));
  }
}

void Connection::OnReply(Reply&& reply) {
  if (state_ == State::kClosed) {  // waits for its last read to come back
    if (reply.stream != nullptr) CloseStream(*reply.stream);
    return;
  }
  if (!in_handler_) {
    Handle(std::move(reply));
    return Run();
  }
  // A stream that moved in the handler that began it is looked at when it begins.
  if (reply.kind != Reply::Kind::kStreamMoved) early_reply_ = std::move(reply);
}

void Connection::Handle(Reply&& reply) {
  if (reply.kind == Reply::Kind::kAdmitted || reply.kind == Reply::Kind::kRefused) {
    return OnGateReply(std::move(reply));
  }
  if (reply.kind == Reply::Kind::kStreamMoved) {
    if (state_ == State::kStreaming) PumpStream();
    return;
  }
  CHECK(state_ == State::kHandling);
  on_gone_ = nullptr;
  switch (reply.kind) {
    case Reply::Kind::kStream: BeginStream(std::move(reply)); break;
    case Reply::Kind::kForgotten:
      loop_.context().Log("a request was dropped without an answer");
      [[fallthrough]];
    default: Respond(std::move(reply.response));
  }
}

// For requests that were not read to their end: the connection cannot be used again.
void Connection::Refuse(HttpResponse response) {
  loop_.context().bad_requests.fetch_add(1, std::memory_order_relaxed);
  head_only_ = parser_.request().method == Method::kHead;
  http_1_0_ = false;
  accepts_gzip_ = false;
  close_after_ = linger_ = true;
  parser_.request().body = {};
  loop_.body_memory() -= std::exchange(body_accounted_, 0);
  NoteAccess(false);
  Respond(std::move(response));
}

// The handler takes the request away: what the access log says of it is kept.
void Connection::NoteAccess(bool is_whole) {
  if (!loop_.context().hooks.access) return;
  const HttpRequest& request = parser_.request();
  access_ = {.method = request.method, .path = request.path, .user = request.user, .peer = peer_};
  access_begin_ = is_whole ? std::chrono::steady_clock::now() : SteadyTime{};
}

void Connection::TellAccess(int status, size_t bytes) {
  if (!loop_.context().hooks.access) return;
  access_.status = status;
  access_.bytes = head_only_ ? 0 : bytes;
  if (access_begin_ != SteadyTime{}) {
    access_.took =
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - access_begin_);
  }
  loop_.context().hooks.access(access_);
}

void Connection::Respond(HttpResponse&& response) {
  loop_.gzip().Apply(response, accepts_gzip_);
  state_ = State::kWriting;
  WriteHead(response, response.body.size());
  if (!head_only_ && !HasNoBody(response.status)) {
    if (response.body.size() <= kInlineBodyBytes) {
      out_ += response.body;
    } else {
      body_ = std::move(response.body);
    }
  }
  Write();
}

void Connection::WriteHead(const HttpResponse& response, std::optional<size_t> body_size) {
  TellAccess(response.status, body_size.value_or(0));
  out_.clear();
  written_ = 0;
  out_ += "HTTP/1.1 ";
  AppendNumber(out_, static_cast<size_t>(std::clamp(response.status, 100, 999)));
  out_ += ' ';
  AppendReason(out_, response);
  out_ += "\r\nDate: ";
  out_ += loop_.date();
  if (!response.content_type.empty()) {
    out_ += "\r\nContent-Type: ";
    out_ += response.content_type;
  }
  if (body_size && !HasNoBody(response.status)) {
    out_ += "\r\nContent-Length: ";
    AppendNumber(out_, *body_size);
  }
  if (chunked_) out_ += "\r\nTransfer-Encoding: chunked";
  if (close_after_) {
    out_ += "\r\nConnection: close";
  } else if (http_1_0_) {
    out_ += "\r\nConnection: keep-alive";
  }
  for (size_t i = 0; i < response.headers.size(); ++i) {
    const HttpHeaders::Field field = response.headers[i];
    out_ += "\r\n";
    out_ += field.name;
    out_ += ": ";
    out_ += field.value;
  }
  const HttpHeaders& common = loop_.context().options.headers;
  for (size_t i = 0; i < common.size(); ++i) {
    if (response.headers.Find(common[i].name)) continue;
    out_ += "\r\n";
    out_ += common[i].name;
    out_ += ": ";
    out_ += common[i].value;
  }
  out_ += "\r\n\r\n";
}

// The response is with the kernel: the next request, or the end.
void Connection::FinishResponse() {
  if (out_.capacity() > kPieceBytes) out_ = {};
  body_ = {};
  chunked_ = false;
  if (linger_) return Linger();
  if (close_after_) {
    if (tls_) tls_->SayGoodbye();
    return Close();
  }
  if (read_ended_ && in_begin_ == in_end_) return Close();
  state_ = State::kReading;
  parser_.Start();
  request_begun_ = head_checked_ = false;
  body_at_renewal_ = 0;
  quiet_since_ = loop_.now();
  deadline_ = quiet_since_ + loop_.context().options.idle_timeout;
}

void Connection::Linger() {
  state_ = State::kLingering;
  deadline_ = loop_.now() + kLingerTime;
  if (tls_) tls_->SayGoodbye();
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  if (read_ended_) return Close();
  in_begin_ = in_end_ = 0;
  StartRead();
}

void Connection::BeginStream(Reply&& reply) {
  stream_ = std::move(reply.stream);
  if (head_only_ || HasNoBody(reply.response.status)) {
    CloseStream(*std::exchange(stream_, nullptr));
    return Respond(std::move(reply.response));
  }
  chunked_ = !http_1_0_;
  if (http_1_0_ || loop_.IsStopping()) close_after_ = true;
  state_ = State::kStreaming;
  loop_.context().streams.fetch_add(1, std::memory_order_relaxed);
  WriteHead(reply.response, std::nullopt);
  PumpStream();
}

// Moves what the producer wrote to the socket, a batch at a time; its end ends the response.
void Connection::PumpStream() {
  if (writing_) return;  // OnAllWritten() comes back here
  bool slow = false;
  bool ended = false;
  {
    const std::lock_guard lock(stream_->mutex);
    stream_->signalled = false;
    slow = stream_->overflowed;
    ended = stream_->ended;
    stream_->in_flight = stream_->waiting.size();
    AppendStreamBytes(stream_->waiting);
    stream_->waiting.clear();
  }
  if (slow) {
    loop_.context().dropped_slow.fetch_add(1, std::memory_order_relaxed);
    return Close();
  }
  if (ended) {
    if (chunked_) out_ += "0\r\n\r\n";
    stream_.reset();
    loop_.context().streams.fetch_sub(1, std::memory_order_relaxed);
    state_ = State::kWriting;
  }
  if (Unwritten() > 0 || ended) Write();
}

void Connection::AppendStreamBytes(std::string_view bytes) {
  if (bytes.empty()) return;
  if (chunked_) {
    AppendNumber(out_, bytes.size(), 16);
    out_ += "\r\n";
  }
  out_ += bytes;
  if (chunked_) out_ += "\r\n";
}

void Connection::OnSweep(SteadyTime now) {
  if (now < deadline_) return;
  switch (state_) {
    case State::kReading:
      if (!request_begun_) return Close();
      Refuse(ErrorPage(408));
      return;
    case State::kGated:
    case State::kHandling: return;  // takes as long as it takes
    case State::kStreaming:
      if (!writing_) return;
      loop_.context().dropped_slow.fetch_add(1, std::memory_order_relaxed);
      return Close();
    default: return Close();
  }
}

void Connection::OnStop() {
  close_after_ = true;
  if (state_ == State::kReading && !request_begun_) return Close();
  if (state_ != State::kStreaming) return;
  CloseStream(*stream_);
  {
    const std::lock_guard lock(stream_->mutex);
    stream_->ended = true;
  }
  PumpStream();
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  if (state_ == State::kStreaming) loop_.context().streams.fetch_sub(1, std::memory_order_relaxed);
  state_ = State::kClosed;
  loop_.body_memory() -= std::exchange(body_accounted_, 0);
  error_code ignored;
  socket_.close(ignored);
  if (const auto stream = std::exchange(stream_, nullptr)) CloseStream(*stream);
  if (const auto gone = std::exchange(on_gone_, nullptr)) gone();
  RetireIfDone();
}

void Connection::RetireIfDone() {
  if (state_ == State::kClosed && ops_ == 0) loop_.Retire(*this);
}

void Connection::StartRead() {
  if (reading_ || read_ended_ || state_ == State::kClosed) return;
  if (in_begin_ > 0) {
    std::memmove(in_.get(), in_.get() + in_begin_, in_end_ - in_begin_);
    in_end_ -= std::exchange(in_begin_, 0);
  }
  const size_t room = BufferBytes(loop_.context().options) - in_end_;
  if (room == 0) return;  // it pipelines more than it may: waits until this request is answered
  reading_ = true;
  ++ops_;
  if (tls_) return WaitForTls(false);
  socket_.async_read_some(asio::buffer(in_.get() + in_end_, room),
                          [this](const error_code& error, size_t bytes) { OnRead(error, bytes); });
}

void Connection::OnRead(const error_code& error, size_t bytes) {
  reading_ = false;
  --ops_;
  if (state_ == State::kClosed) return RetireIfDone();
  if (error) return OnReadEnd(error);
  in_end_ += bytes;
  if (state_ == State::kLingering) in_begin_ = in_end_;
  if (state_ == State::kReading) return Run();
  StartRead();
}

// The client closed its side, or is gone. If it is only half closed, it still gets its answer.
void Connection::OnReadEnd(const error_code& error) {
  read_ended_ = true;
  const bool may_listen =
      error == asio::error::eof &&
      (state_ == State::kGated || state_ == State::kHandling || state_ == State::kWriting);
  if (!may_listen) return Close();
  if (const auto gone = std::exchange(on_gone_, nullptr)) gone();
}

// Tries at once: most answers fit into the socket's buffer and need no second turn.
void Connection::Write() {
  CHECK(!writing_);
  if (WriteNow()) return OnAllWritten();
  if (state_ != State::kClosed) StartWrite();
}

bool Connection::WriteNow() {
  if (tls_) {
    WriteTls();
    return state_ != State::kClosed && Unwritten() == 0;
  }
  error_code error;
  written_ += socket_.write_some(NextPiece(), error);
  if (error && error != asio::error::would_block && error != asio::error::try_again) {
    Close();
    return false;
  }
  return Unwritten() == 0;
}

void Connection::StartWrite() {
  writing_ = true;
  ++ops_;
  deadline_ = loop_.now() + loop_.context().options.write_timeout;
  if (tls_) return WaitForTls(true);
  socket_.async_write_some(
      NextPiece(), [this](const error_code& error, size_t bytes) { OnWritten(error, bytes); });
}

void Connection::OnWritten(const error_code& error, size_t bytes) {
  writing_ = false;
  --ops_;
  if (state_ == State::kClosed) return RetireIfDone();
  if (error) return Close();
  written_ += bytes;
  if (Unwritten() > 0) return StartWrite();
  OnAllWritten();
  Run();
}

void Connection::OnAllWritten() {
  if (state_ == State::kWriting) return FinishResponse();
  CHECK(state_ == State::kStreaming);
  out_.clear();
  written_ = 0;
  bool more = false;
  {
    const std::lock_guard lock(stream_->mutex);
    stream_->in_flight = 0;
    more = !stream_->waiting.empty() || stream_->ended || stream_->overflowed;
  }
  if (more) return PumpStream();
  if (stream_->options.on_drained) stream_->options.on_drained();
}

std::array<asio::const_buffer, 2> Connection::NextPiece() const {
  const std::string_view head = std::string_view(out_).substr(std::min(written_, out_.size()));
  const size_t body_at = written_ - std::min(written_, out_.size());
  const std::string_view first = head.substr(0, kPieceBytes);
  const std::string_view second =
      std::string_view(body_).substr(body_at, kPieceBytes - first.size());
  return {asio::buffer(first), asio::buffer(second)};
}

}  // namespace headrace::net
