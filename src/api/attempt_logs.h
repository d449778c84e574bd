// AttemptLogs: what attempts printed, read from the files that workers write while it happens
// (docs/protocol.md, "Logs on disk"). A thread of its own reads, so that no disk holds up others.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "base/time.h"
#include "net/responder.h"

namespace headrace::api {

struct LogQuery {
  char stream = 'A';  // 'O', 'E', or 'A' for both
  uint64_t offset = 0;
  uint64_t limit = 65'536;
  bool follow = false;   // until the file ends
  bool running = false;  // its attempt, as far as the scheduler knows
};

struct LogPart {
  std::string text;
  uint64_t size = 0;      // unframed bytes of the stream, all of them
  bool complete = false;  // the file has its end
  bool found = false;     // there is a file
};

class AttemptLogs {
 public:
  // `dir` may be empty: no logs here.
  explicit AttemptLogs(std::string dir);
  ~AttemptLogs();  // as Stop()

  AttemptLogs(const AttemptLogs&) = delete;
  AttemptLogs& operator=(const AttemptLogs&) = delete;

  // Any thread. Answers on the reading thread.
  void Serve(uint32_t attempt, const LogQuery& query, net::Responder&& responder);
  void Stop();

  // Blocks. For the reading thread, and tests.
  LogPart Read(uint32_t attempt, const LogQuery& query) const;

 private:
  struct Follower {
    uint32_t attempt = 0;
    LogQuery query;
    net::EventStream stream;
  };
  using Work = std::function<void()>;

  void Run();
  void Answer(uint32_t attempt, LogQuery query, net::Responder&& responder);
  bool Feed(Follower& follower) const;  // false: it has all, or has left
  std::string PathOf(uint32_t attempt) const;

  const std::string dir_;
  std::mutex mutex_;  // of the next three
  std::condition_variable wake_;
  std::list<Work> waiting_;
  bool stopping_ = false;
  std::list<Follower> followers_;  // the reading thread's own
  std::thread thread_;
};

}  // namespace headrace::api
