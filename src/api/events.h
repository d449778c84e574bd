// Events: what changed, to every browser that looks at it (server-sent events, docs/protocol.md).
//
// After each commit the replica says what changed; changes are gathered and sent at most ten times
// a second: the latest value wins. The last minutes are kept as commit numbers alone: who comes
// back having missed something is told to fetch anew (`reset`), who missed nothing goes on.
//
// OnChanges on the replica's thread; Open on the io threads; sending on a thread of its own.

#pragma once

#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "api/context.h"

namespace headrace::api {

class Events final : public engine::ChangeListener {
 public:
  explicit Events(const Clock& clock);
  ~Events() override;  // as Stop()

  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  // Answers GET /v1/events.
  void Open(const net::HttpRequest& request, net::Responder&& responder);
  void OnChanges(const scheduler::Changes& changes, const engine::View& view) override;
  // After Engine::Recover(): from here on there are changes to tell.
  void Start(engine::Replica& replica, const scheduler::TimeZones& zones);
  void Stop();
  size_t streams() const;

 private:
  struct Stream {
    std::set<std::string> topics;
    net::EventStream stream;
    bool greeted = false;
    std::string last_id;  // what it has seen, as it says
  };

  void Run();
  void Send(const engine::View& view, scheduler::Changes&& changes);
  void Greet(Stream& stream, const engine::View& view) const;

  const Clock& clock_;
  engine::Replica* replica_ = nullptr;
  const scheduler::TimeZones* zones_ = nullptr;
  mutable std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  scheduler::Changes gathered_;
  bool changed_ = false;
  bool stopping_ = false;
  std::list<Stream> streams_;
  std::thread thread_;
};

}  // namespace headrace::api
