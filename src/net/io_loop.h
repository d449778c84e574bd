// IoLoop: one io thread's event loop, its connections, and its side of the outbox. Internal to net.
//
// Lives on its thread but for Post(), Wake() and the counters. Connections stand in slots; an id is
// the slot and a generation, so that an answer for a connection that is gone finds nobody.

#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/connection.h"
#include "net/gzip.h"
#include "net/http_server.h"
#include "net/outbox.h"

namespace headrace::net {

using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                Executor>;

// What all loops of a server share.
struct ServerContext {
  HttpServerOptions options;
  HttpServerHooks hooks;
  const Clock& clock;
  std::unique_ptr<TlsContext> tls;  // nullptr: plain HTTP

  std::atomic<size_t> connections = 0;
  std::atomic<size_t> streams = 0;
  std::atomic<uint64_t> accepted = 0;
  std::atomic<uint64_t> refused = 0;
  std::atomic<uint64_t> requests = 0;
  std::atomic<uint64_t> bad_requests = 0;
  std::atomic<uint64_t> dropped_slow = 0;

  void Log(std::string_view text) const {
    if (hooks.log) hooks.log(text);
  }
};

class IoLoop final : public Outbox::Owner {
 public:
  explicit IoLoop(ServerContext& context);
  ~IoLoop();

  IoLoop(const IoLoop&) = delete;
  IoLoop& operator=(const IoLoop&) = delete;

  void Start();      // the thread
  void BeginStop();  // any thread: connections finish, then the thread ends
  void Join();

  boost::asio::io_context& io() { return io_; }
  template <class Function>
  void Post(Function function) {
    boost::asio::post(io_, std::move(function));
  }

  void Adopt(Socket socket);  // a socket that was accepted; counted already

  // For connections.
  ServerContext& context() { return context_; }
  const std::shared_ptr<Outbox>& outbox() const { return outbox_; }
  SteadyTime now() const { return now_; }  // coarse: as of the last sweep
  const std::string& date() const { return date_; }
  Gzip& gzip() { return gzip_; }
  size_t& body_memory() { return body_memory_; }
  bool IsStopping() const { return stopping_; }
  void Retire(Connection& connection);

  void Wake() override;
  void Deliver(Reply&& reply) override;
  void NoticeClientGone(uint64_t connection, std::function<void()> callback) override;

 private:
  struct Slot {
    std::unique_ptr<Connection> connection;
    uint32_t generation = 0;
  };

  Connection* Find(uint64_t id);
  void DrainOutbox();
  void Sweep();
  void ScheduleSweep();
  bool MakeRoom();
  template <class Visit>
  void ForEachConnection(Visit visit);
  void EndIfEmpty();

  ServerContext& context_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<Executor> work_{io_.get_executor()};
  Timer sweep_timer_{io_};
  const std::shared_ptr<Outbox> outbox_;  // shared with every Responder and EventStream
  Gzip gzip_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  std::vector<std::unique_ptr<Connection>> retired_;  // freed when nothing of theirs runs
  std::vector<Reply> replies_;                        // kept for its memory
  size_t open_ = 0;                                   // connections in slots
  size_t body_memory_ = 0;                            // of bodies being received
  SteadyTime now_;
  SteadyTime stop_deadline_;
  std::string date_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace headrace::net
