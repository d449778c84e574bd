// What the handlers of both APIs share: the way to the engine, to the replica, and back.

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/port.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "net/http_message.h"
#include "net/responder.h"

namespace headrace::api {

class Context final : public Port, public engine::AnswerSink {
 public:
  Context(engine::Engine& engine,
          const scheduler::TimeZones& zones,
          const Clock& clock,
          ApiOptions options);

  void Command(net::Responder&& responder, scheduler::Request body, Render render) override;
  void CommandThen(net::Responder&& responder, scheduler::Request body, Forward forward) override;
  void Read(net::Responder&& responder, Show show) override;
  // As Command and CommandThen (`render` or `forward` is empty), decided as if it came `at`.
  void CommandAt(Timestamp at,
                 net::Responder&& responder,
                 scheduler::Request body,
                 Render render,
                 Forward forward);

  // Answers who only waits (long polls) with 503: the server is about to stop.
  void LetWaitersGo();

  void OnAnswers(std::vector<scheduler::Answer> answers) override;

  const ApiOptions& options() const override { return options_; }
  const Clock& clock() const { return clock_; }
  const scheduler::TimeZones& zones() const { return zones_; }
  engine::Engine& engine() const { return engine_; }
  Timestamp started() const { return started_; }
  size_t pending() const;
  // From a command's arrival to its answer, which is durable then. Long polls are left out.
  const engine::Histogram& command_micros() const { return command_micros_; }

 private:
  struct Pending {
    net::Responder responder;
    Render render;
    Forward forward;
    std::chrono::steady_clock::time_point asked;
    bool waits = false;  // a long poll: nothing is lost when it is told to come again
  };
  void Submit(Pending&& pending, scheduler::Request body, Timestamp at = {});

  engine::Engine& engine_;
  const scheduler::TimeZones& zones_;
  const Clock& clock_;
  const ApiOptions options_;
  const Timestamp started_;
  const engine::SinkId sink_;
  engine::Histogram command_micros_;  // the engine's thread adds
  std::atomic<scheduler::RequestId> request_next_{1};
  mutable std::mutex mutex_;  // of pending_; held for a look-up only
  std::unordered_map<scheduler::RequestId, Pending> pending_;
};

// RFC 9457.
net::HttpResponse Problem(int status, std::string_view detail, std::string_view remedy = {});
net::HttpResponse ProblemOf(const scheduler::Refused& refused);

int64_t Millis(Timestamp at);
double SecondsOf(Duration duration);

}  // namespace headrace::api
