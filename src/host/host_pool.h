// The zygotes that are alive: the right one for a module and its settings, replaced when its
// sources, its configuration or the calendar have changed.
//
// A replaced zygote is let go: sessions and tasks that run in it finish, then it ends. Thread-safe;
// one pool may serve a planner and a worker, which then share the imports.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/child_process.h"
#include "base/clock.h"
#include "base/error.h"
#include "host/host_settings.h"
#include "host/session.h"
#include "host/zygote.h"

namespace headrace::host {

struct HostPoolOptions {
  size_t zygotes_max = 64;                                // the one used longest ago makes room
  Duration check_every = std::chrono::milliseconds(500);  // how often files are looked at
  Duration failure_kept = std::chrono::seconds(5);  // a failed import is not tried again before
};

class HostPool {
 public:
  using Options = HostPoolOptions;

  HostPool(Children& children, const Clock& clock, Options options = {});
  HostPool(const HostPool&) = delete;
  HostPool& operator=(const HostPool&) = delete;

  // Does not wait for the import: call WaitReady() or OpenSession() on it, or give it to a
  // TaskRunner. Fails only when the interpreter cannot be started at all. A zygote that has
  // imported `module` on its way to another module serves it as well.
  Result<std::shared_ptr<Zygote>> Get(const HostSettings& settings, const std::string& module);

  // Lets every zygote go (new code was deployed).
  void Clear();

  size_t size() const;

 private:
  using Key = std::pair<HostSettings, std::string>;  // and the module
  struct Entry {
    std::shared_ptr<Zygote> zygote;  // shared with the attempts that run in it
    Timestamp started;
    Timestamp checked;
    Timestamp used;
  };
  bool Usable(Entry& entry, Timestamp now) const;
  std::shared_ptr<Zygote> MakeRoom();

  Children& children_;
  const Clock& clock_;
  const Options options_;
  mutable std::mutex mutex_;
  std::map<Key, Entry> entries_;
};

}  // namespace headrace::host
