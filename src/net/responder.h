// Responder: the right, and the duty, to answer one request, once, from any thread.
//
// It names its connection by id and reaches it through the outbox of the io thread that owns it. It
// may be moved to another thread and kept as long as one likes; a client that left meanwhile, or a
// server that stopped, makes its answer a no-op. Destroyed without an answer it sends 500, and the
// server logs that: somebody forgot a request.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"

namespace headrace::net {

class Outbox;
struct Reply;
struct StreamState;

struct StreamOptions {
  // What may wait for a slow client. One that lets it overflow is disconnected.
  size_t buffer_max = 1 << 20;

  // Both run on the io thread and must not block; they may still run while the EventStream is being
  // destroyed elsewhere, so they capture only what outlives the server.
  std::function<void()> on_closed;   // once: client gone, too slow, or the server stops
  std::function<void()> on_drained;  // all that was written is with the kernel: room again
};

// The open end of a response whose body has no end yet: server-sent events, a log that is followed.
// Write() from any thread, one at a time. Destroying it ends the response properly.
class EventStream {
 public:
  EventStream() = default;  // closed
  explicit EventStream(std::shared_ptr<StreamState> state) : state_(std::move(state)) {}
  EventStream(EventStream&&) noexcept = default;
  EventStream& operator=(EventStream&& other) noexcept;
  ~EventStream();

  // False when the stream is closed, or was closed just now because `bytes` found no room.
  bool Write(std::string_view bytes);

  // How many bytes Write() would take now; who can wait (a log file) writes no more than that.
  size_t Room() const;
  bool IsOpen() const;
  void Close();

 private:
  std::shared_ptr<StreamState> state_;  // shared with the connection; guarded by its own mutex
};

class Responder {
 public:
  Responder() = default;  // nobody's: may only be assigned to or destroyed
  Responder(std::shared_ptr<Outbox> outbox, uint64_t connection, bool accepts_gzip);
  Responder(Responder&& other) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  // What the answer will carry besides its own: what the request alone decides (CORS).
  void AddHeaders(HttpHeaders headers);
  // The answer, if it is a 200, gets an ETag, and is a 304 where the request knows it already.
  void UseEtag(const HttpRequest& request);

  // A body above 32 KB is compressed here, on the calling thread, so that the io thread is not
  // held.
  void Send(HttpResponse response);

  // Sends `head` (its body is the first piece) and keeps the response open.
  EventStream Stream(HttpResponse head, StreamOptions options = {});

  // For requests that wait long (long poll): runs once on the io thread if the client leaves before
  // it is answered. Only inside the server's handler call, before the responder is handed on.
  void OnClientGone(std::function<void()> callback);

  bool IsPending() const { return outbox_ != nullptr; }

 private:
  friend class ResponseBatch;
  Reply TakeReply(HttpResponse&& response);

  std::shared_ptr<Outbox> outbox_;  // null once answered. Shared: it outlives the server's stop
  uint64_t connection_ = 0;
  bool accepts_gzip_ = false;
  struct Extras {
    HttpHeaders headers;
    std::optional<HttpRequest> conditional;  // its method and If-None-Match
  };
  Extras& extras();
  std::unique_ptr<Extras> extras_;  // mostly null
};

// The right, and the duty, to say whether a request may come in, from any thread; meanwhile its
// connection waits. Destroyed without an answer it refuses with 503.
class GateTicket {
 public:
  GateTicket(std::shared_ptr<Outbox> outbox, uint64_t connection);
  GateTicket(GateTicket&& other) noexcept = default;
  GateTicket& operator=(GateTicket&& other) = delete;
  ~GateTicket();

  void Admit(std::string user);
  void Refuse(HttpResponse response);

 private:
  void Answer(HttpResponse response, std::string user, bool admitted);

  std::shared_ptr<Outbox> outbox_;  // null once answered
  uint64_t connection_;
};

// Many answers, handed over with one wake-up of each io thread concerned: how the engine releases
// what one commit made durable. Not compressed here but on the io thread: bodies are small.
class ResponseBatch {
 public:
  ResponseBatch();
  ~ResponseBatch();  // sends what was added

  void Add(Responder&& responder, HttpResponse response);
  void Send();  // keeps its memory for the next batch
  size_t Size() const;

 private:
  struct Group;
  std::vector<Group> groups_;  // one for each io thread seen; few
};

}  // namespace headrace::net
