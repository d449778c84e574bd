// luigid's own flags on `headrace scheduler`, so that a service file's command line needs no more
// than another program name: --background --pidfile --logdir --state-path --address --unix-socket
// --port.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"
#include "config/config.h"

namespace headrace::cli {

struct LuigidFlags {
  bool background = false;
  std::string pidfile;  // looked at with --background only, as luigid does
  std::string logdir;
  std::string state_path;
  std::optional<std::string> address;  // "": every interface
  std::string unix_socket;
  std::optional<uint16_t> port;

  bool any_place() const { return address || port || !unix_socket.empty(); }
};

// Puts them over what the configuration says: where to listen, and where the state is. luigid's
// state is a file that it writes at its end; ours is a folder beside it, `<state-path>.headrace`.
void ApplyFlags(const LuigidFlags& flags, config::Config& config);

// Into the background and back out of it: the process that was called waits until the one behind
// has started or failed, and ends with its status.
class Background {
 public:
  // Before any thread. nullptr: this is the process that was called, which ends with `status`.
  static std::unique_ptr<Background> Enter(const LuigidFlags& flags, int& status);

  // In the process behind: it serves now. Its output goes to files in the log folder from here on.
  void Ready();

  ~Background();  // removes the pidfile
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

 private:
  Background(const LuigidFlags& flags, UniqueFd waits) : flags_(flags), waits_(std::move(waits)) {}

  const LuigidFlags flags_;
  UniqueFd waits_;  // the one that was called reads its other end
  bool has_pidfile_ = false;
};

// Where --logdir or --background puts the log; "": standard error.
std::string LogFolder(const LuigidFlags& flags);

}  // namespace headrace::cli
