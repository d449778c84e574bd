// Outbox: how answers get from any thread to the io thread that owns the connection.
//
//   engine ──Responder::Send──▶ Outbox (vector + mutex) ──one wake-up──▶ io thread takes them all
//
// Internal to net. Each io thread has one; responders and streams share it with their thread, so
// that an answer after the server's end falls into a closed outbox instead of a freed one.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/http_message.h"
#include "net/responder.h"

namespace headrace::net {

// What the producer and the connection of an EventStream share. Guarded by `mutex`.
struct StreamState {
  std::mutex mutex;
  std::string waiting;      // written, not yet with the connection
  size_t in_flight = 0;     // with the connection, not yet with the kernel
  bool ended = false;       // the producer is done
  bool closed = false;      // the connection is gone
  bool overflowed = false;  // closed because the client was too slow
  bool told = false;        // on_closed has been called
  bool signalled = false;   // a reply is on its way to the connection: nobody need send another
  StreamOptions options;
  std::shared_ptr<Outbox> outbox;  // shared with its io loop
  uint64_t connection = 0;
};

// The connection's side of the stream is over: later writes fail, on_closed runs, once.
void CloseStream(StreamState& stream);

struct Reply {
  enum class Kind : uint8_t { kAnswer, kForgotten, kStream, kStreamMoved, kAdmitted, kRefused };

  uint64_t connection = 0;
  Kind kind = Kind::kAnswer;
  HttpResponse response;                // kAnswer, kStream, kRefused
  std::string user;                     // kAdmitted
  std::shared_ptr<StreamState> stream;  // kStream
};

class Outbox {
 public:
  // The io thread's side. Both are called with the outbox locked or on the io thread itself.
  class Owner {
   public:
    virtual void Wake() = 0;                  // any thread: have TakeAll() called soon
    virtual void Deliver(Reply&& reply) = 0;  // io thread
    virtual void NoticeClientGone(uint64_t connection, std::function<void()> callback) = 0;

   protected:
    ~Owner() = default;
  };

  explicit Outbox(Owner& owner) : owner_(&owner) {}

  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  void BindToThisThread() { thread_ = std::this_thread::get_id(); }  // before the first connection
  bool IsOnThread() const { return thread_ == std::this_thread::get_id(); }

  // Null once closed. Io thread only.
  Owner* owner() const { return owner_; }

  void Put(Reply&& reply) {
    if (IsOnThread() && owner_ != nullptr) return owner_->Deliver(std::move(reply));
    {
      const std::lock_guard lock(mutex_);
      if (owner_ != nullptr) {
        replies_.push_back(std::move(reply));
        WakeOnce();
        return;
      }
    }
    if (reply.stream != nullptr) CloseStream(*reply.stream);
  }

  // All of `replies`, which is empty afterwards, with one wake-up.
  void PutAll(std::vector<Reply>& replies) {
    const std::lock_guard lock(mutex_);
    if (owner_ != nullptr && !replies.empty()) {
      for (Reply& reply : replies) replies_.push_back(std::move(reply));
      WakeOnce();
    }
    replies.clear();
  }

  void TakeAll(std::vector<Reply>& out) {
    out.clear();
    const std::lock_guard lock(mutex_);
    out.swap(replies_);
    woken_ = false;
  }

  void Close() {
    std::vector<Reply> dropped;
    {
      const std::lock_guard lock(mutex_);
      owner_ = nullptr;
      dropped.swap(replies_);
    }
    for (const Reply& reply : dropped) {
      if (reply.stream != nullptr) CloseStream(*reply.stream);
    }
  }

 private:
  void WakeOnce() {
    if (std::exchange(woken_, true)) return;
    owner_->Wake();
  }

  std::thread::id thread_;
  std::mutex mutex_;
  Owner* owner_;
  std::vector<Reply> replies_;
  bool woken_ = false;  // the io thread has been woken and has not taken yet
};

}  // namespace headrace::net
