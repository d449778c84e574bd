// TestScheduler: a small real scheduler for the worker's tests, an HTTP server that hands out
// messages and notes what it is told.

#pragma once

#include <boost/json.hpp>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/python_json.h"
#include "net/http_server.h"

namespace headrace::worker {

// Answers at once, or when there is something to hand out. Thread-safe.
class TestScheduler {
 public:
  explicit TestScheduler(double lease_s = 30) : lease_s_(lease_s) { Start(); }
  ~TestScheduler() { Stop(); }

  void Start() {
    Result<std::unique_ptr<net::HttpServer>> server = net::HttpServer::Start(
        {.listen = {.host = "127.0.0.1", .port = port_, .unix_path = {}}},
        {.handle = [this](net::HttpRequest&& request,
                          net::Responder&& responder) { Handle(request, std::move(responder)); },
         .gate = {},
         .log = {}},
        clock_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
    port_ = server_->port();
  }

  // As if killed: whoever waits gets no answer.
  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      waiting_.reset();
    }
    server_->Stop();
  }

  std::string Url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // `fields`: of the MESSAGE, besides attempt and lease, as JSON.
  void Offer(int64_t attempt, const std::string& fields) {
    const std::lock_guard lock(mutex_);
    messages_.push_back("{\"attempt\":" + std::to_string(attempt) +
                        ",\"lease_s\":" + std::to_string(lease_s_) + "," + fields + "}");
    if (!waiting_) return;
    AnswerReceive(*waiting_, 1);
    waiting_.reset();
  }

  // What the heartbeats say from now on: "lost":[…] and so on.
  void SayInHeartbeats(std::string fields) {
    const std::lock_guard lock(mutex_);
    heartbeat_fields_ = std::move(fields);
  }

  // The finish report of `attempt`, waited for.
  boost::json::object AwaitReport(int64_t attempt) {
    Await([&] { return reports_.contains(attempt); });
    const std::lock_guard lock(mutex_);
    return reports_.at(attempt);
  }

  // Waits for a condition on what follows; it is looked at after each request.
  void Await(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), condition));
  }

  // Under the mutex, or when nobody calls any more.
  std::map<int64_t, boost::json::object> reports_;
  std::vector<std::string> calls_;  // "POST /v1/workers"
  std::vector<boost::json::object> heartbeats_;

 private:
  void Handle(const net::HttpRequest& request, net::Responder&& responder) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::string(net::MethodName(request.method)) + " " + request.path);
    Answer(request, std::move(responder));
    changed_.notify_all();
  }

  void Answer(const net::HttpRequest& request, net::Responder&& responder) {
    const Result<boost::json::value> body = ParseJson(request.body.empty() ? "{}" : request.body);
    const std::string& path = request.path;
    if (path == "/v1/workers") {
      const std::string lease = std::to_string(lease_s_);
      const std::string heartbeat = std::to_string(lease_s_ / 6);
      responder.Send(
          net::JsonResponse("{\"lease_s\":" + lease + ",\"heartbeat_s\":" + heartbeat + "}"));
    } else if (path.ends_with("/receive")) {
      if (messages_.empty()) {
        if (waiting_) waiting_->Send(net::JsonResponse("{\"messages\":[]}"));
        waiting_.emplace(std::move(responder));
        return;
      }
      AnswerReceive(responder, body->as_object().at("max").to_number<size_t>());
    } else if (path.ends_with("/heartbeat")) {
      heartbeats_.push_back(body->as_object());
      responder.Send(net::JsonResponse("{" + heartbeat_fields_ + "}"));
    } else if (path.ends_with("/finish")) {
      const std::string number = path.substr(13, path.size() - 13 - 7);  // /v1/attempts/N/finish
      reports_[std::atoll(number.c_str())] = body->as_object();
      responder.Send(net::JsonResponse("{\"accepted\":true}"));
    } else {
      responder.Send(net::JsonResponse("{}"));
    }
  }

  void AnswerReceive(net::Responder& responder, size_t max) {
    std::string text = "{\"messages\":[";
    for (size_t left = std::min(max, messages_.size()); left > 0; --left) {
      text += messages_.front() + (left > 1 ? "," : "");
      messages_.pop_front();
    }
    responder.Send(net::JsonResponse(text + "]}"));
  }

  const SystemClock clock_;
  const double lease_s_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> messages_;
  std::optional<net::Responder> waiting_;
  std::string heartbeat_fields_;
  uint16_t port_ = 0;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace headrace::worker
