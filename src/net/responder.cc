// Answering from any thread: into the outbox of the io thread that owns the connection.

#include "net/responder.h"

#include <utility>

#include "base/check.h"
#include "net/gzip.h"
#include "net/outbox.h"

namespace headrace::net {

void CloseStream(StreamState& stream) {
  {
    const std::lock_guard lock(stream.mutex);
    stream.closed = true;
    if (std::exchange(stream.told, true)) return;
  }
  if (stream.options.on_closed) stream.options.on_closed();
}

Responder::Responder(std::shared_ptr<Outbox> outbox, uint64_t connection, bool accepts_gzip)
    : outbox_(std::move(outbox)), connection_(connection), accepts_gzip_(accepts_gzip) {}

Responder& Responder::operator=(Responder&& other) noexcept {
  Responder old(std::move(*this));  // answered with 500 if nobody did
  outbox_ = std::move(other.outbox_);
  connection_ = other.connection_;
  accepts_gzip_ = other.accepts_gzip_;
  extras_ = std::move(other.extras_);
  return *this;
}

Responder::~Responder() {
  if (outbox_ == nullptr) return;
  Reply reply = TakeReply(ErrorPage(500));
  reply.kind = Reply::Kind::kForgotten;
  const std::shared_ptr<Outbox> outbox = std::move(outbox_);
  outbox->Put(std::move(reply));
}

Reply Responder::TakeReply(HttpResponse&& response) {
  CHECK(outbox_ != nullptr);  // answered already
  Reply reply;
  reply.connection = connection_;
  reply.response = std::move(response);
  if (!extras_) return reply;
  for (size_t i = 0; i < extras_->headers.size(); ++i) {
    reply.response.headers.Add(extras_->headers[i].name, extras_->headers[i].value);
  }
  if (extras_->conditional) ApplyEtag(*extras_->conditional, reply.response);
  return reply;
}

Responder::Extras& Responder::extras() {
  if (!extras_) extras_ = std::make_unique<Extras>();
  return *extras_;
}

void Responder::AddHeaders(HttpHeaders headers) {
  extras().headers = std::move(headers);
}

void Responder::UseEtag(const HttpRequest& request) {
  HttpRequest& kept = extras().conditional.emplace();
  kept.method = request.method;
  if (const auto known = request.headers.Find("If-None-Match")) {
    kept.headers.Add("If-None-Match", *known);
  }
}

void Responder::Send(HttpResponse response) {
  CHECK(outbox_ != nullptr);
  if (response.body.size() > kGzipElsewhereBytes && !outbox_->IsOnThread()) {
    Gzip().Apply(response, accepts_gzip_);
  }
  Reply reply = TakeReply(std::move(response));
  const std::shared_ptr<Outbox> outbox = std::move(outbox_);
  outbox->Put(std::move(reply));
}

EventStream Responder::Stream(HttpResponse head, StreamOptions options) {
  auto state = std::make_shared<StreamState>();
  state->options = std::move(options);
  state->outbox = outbox_;
  state->connection = connection_;
  state->waiting = std::exchange(head.body, {});
  Reply reply = TakeReply(std::move(head));
  reply.kind = Reply::Kind::kStream;
  reply.stream = state;
  const std::shared_ptr<Outbox> outbox = std::move(outbox_);
  outbox->Put(std::move(reply));
  return EventStream(std::move(state));
}

void Responder::OnClientGone(std::function<void()> callback) {
  CHECK(outbox_ != nullptr && outbox_->IsOnThread());
  if (Outbox::Owner* owner = outbox_->owner()) {
    owner->NoticeClientGone(connection_, std::move(callback));
  }
}

GateTicket::GateTicket(std::shared_ptr<Outbox> outbox, uint64_t connection)
    : outbox_(std::move(outbox)), connection_(connection) {}

GateTicket::~GateTicket() {
  if (outbox_ != nullptr) Refuse(ErrorPage(503));
}

void GateTicket::Admit(std::string user) {
  Answer({}, std::move(user), true);
}

void GateTicket::Refuse(HttpResponse response) {
  Answer(std::move(response), {}, false);
}

// Never delivered at once: the connection may be asking just now.
void GateTicket::Answer(HttpResponse response, std::string user, bool admitted) {
  CHECK(outbox_ != nullptr);
  std::vector<Reply> replies(1);
  replies[0].connection = connection_;
  replies[0].kind = admitted ? Reply::Kind::kAdmitted : Reply::Kind::kRefused;
  replies[0].response = std::move(response);
  replies[0].user = std::move(user);
  std::exchange(outbox_, nullptr)->PutAll(replies);
}

struct ResponseBatch::Group {
  std::shared_ptr<Outbox> outbox;
  std::vector<Reply> replies;
};

ResponseBatch::ResponseBatch() = default;
ResponseBatch::~ResponseBatch() {
  Send();
}

void ResponseBatch::Add(Responder&& responder, HttpResponse response) {
  Reply reply = responder.TakeReply(std::move(response));
  const std::shared_ptr<Outbox> outbox = std::move(responder.outbox_);
  for (Group& group : groups_) {
    if (group.outbox == outbox) return group.replies.push_back(std::move(reply));
  }
  groups_.push_back({outbox, {}});
  groups_.back().replies.push_back(std::move(reply));
}

void ResponseBatch::Send() {
  for (Group& group : groups_) group.outbox->PutAll(group.replies);
}

size_t ResponseBatch::Size() const {
  size_t size = 0;
  for (const Group& group : groups_) size += group.replies.size();
  return size;
}

EventStream& EventStream::operator=(EventStream&& other) noexcept {
  if (this != &other) {
    Close();
    state_ = std::move(other.state_);
  }
  return *this;
}

EventStream::~EventStream() {
  Close();
}

bool EventStream::Write(std::string_view bytes) {
  if (state_ == nullptr) return false;
  bool tell = false;
  bool fits = true;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->closed || state_->ended) return false;
    fits = state_->waiting.size() + state_->in_flight + bytes.size() <= state_->options.buffer_max;
    if (fits) {
      state_->waiting += bytes;
    } else {
      state_->closed = state_->overflowed = true;
    }
    tell = !std::exchange(state_->signalled, true);
  }
  if (tell) {
    Reply reply;
    reply.connection = state_->connection;
    reply.kind = Reply::Kind::kStreamMoved;
    state_->outbox->Put(std::move(reply));
  }
  return fits;
}

size_t EventStream::Room() const {
  if (state_ == nullptr) return 0;
  const std::lock_guard lock(state_->mutex);
  if (state_->closed || state_->ended) return 0;
  const size_t used = state_->waiting.size() + state_->in_flight;
  return used < state_->options.buffer_max ? state_->options.buffer_max - used : 0;
}

bool EventStream::IsOpen() const {
  if (state_ == nullptr) return false;
  const std::lock_guard lock(state_->mutex);
  return !state_->closed && !state_->ended;
}

void EventStream::Close() {
  if (state_ == nullptr) return;
  bool tell = false;
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->ended && !state_->closed) tell = !std::exchange(state_->signalled, true);
    state_->ended = true;
  }
  if (tell) {
    Reply reply;
    reply.connection = state_->connection;
    reply.kind = Reply::Kind::kStreamMoved;
    state_->outbox->Put(std::move(reply));
  }
  state_.reset();
}

}  // namespace headrace::net
