// Port: what the handlers of Luigi's methods need of the outside: commands in, reads, answers out.
// The server's is Context; a test drives the same handlers over a scheduler of its own.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "config/luigi_config.h"
#include "engine/replica.h"
#include "net/responder.h"
#include "scheduler/answers.h"
#include "scheduler/commands.h"

namespace headrace::api {

struct ApiOptions {
  std::string version;
  std::string log_dir;  // of attempts; "" when logs are not kept here
  int64_t shown_tasks_max = 100'000;
  int64_t graph_nodes_max = 100'000;
  bool pause_enabled = true;
  bool send_messages = true;
  Duration disable_persist = std::chrono::hours(24);  // then a disabled task comes back
  config::CorsConfig cors;
  std::string url_prefix;            // may stand before every path; "" none
  double cooldown_s = 10;            // stable_done_cooldown_secs
  bool record_task_history = false;  // /history and /tasklist are served
  bool prune_on_get_work = false;    // for the test clock: else what is due is done when it is due
  std::function<void(std::string_view)> notice;  // for the log; may be empty
  bool test_clock = false;  // the header X-Luigi-Test-Now says when a call of Luigi's comes
};

// Makes a reply of the scheduler into what is sent. On the engine thread: short and never blocking.
using Render = std::function<net::HttpResponse(scheduler::Reply&&)>;
// The same, when the answer needs a read: it must answer the responder itself.
using Forward = std::function<void(scheduler::Reply&&, net::Responder&&)>;
// Makes a read's answer. On the replica thread.
using Show = std::function<net::HttpResponse(const engine::View&)>;

class Port {
 public:
  // Any thread. The command's answer, once durable, rendered and sent.
  virtual void Command(net::Responder&& responder, scheduler::Request body, Render render) = 0;
  virtual void CommandThen(net::Responder&& responder,
                           scheduler::Request body,
                           Forward forward) = 0;
  // Any thread. What `show` makes of everything that is durable now.
  virtual void Read(net::Responder&& responder, Show show) = 0;

  virtual const ApiOptions& options() const = 0;

 protected:
  ~Port() = default;
};

// The HTTP status that says what kind of refusal it is.
int StatusOf(scheduler::Refusal refusal);

}  // namespace headrace::api
