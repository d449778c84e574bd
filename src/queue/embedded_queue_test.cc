// The embedded queue against a small real server that answers as the scheduler does.

#include "queue/embedded_queue.h"

#include <algorithm>
#include <boost/json.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/python_json.h"
#include "net/http_server.h"
#include "queue/task_queue_conformance.h"

namespace headrace::queue {
namespace {

// Answers /v1/workers/W/receive from what was sent; a receiver waits until there is something, or
// for its wait_s (a zero-ish wait is answered at once).
class EmbeddedDriver final : public TaskQueueDriver {
 public:
  EmbeddedDriver() {
    Result<std::unique_ptr<net::HttpServer>> server = net::HttpServer::Start(
        {.listen = {.host = "127.0.0.1", .port = 0, .unix_path = {}}},
        {.handle = [this](net::HttpRequest&& request,
                          net::Responder&& responder) { Handle(request, std::move(responder)); },
         .gate = {},
         .log = {}},
        clock_);
    EXPECT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
    client::ClientOptions options;
    options.url = "http://" + server_->address();
    auto client = client::Client::Make(std::move(options));
    queue_.emplace(*std::move(client), "w1");
  }

  // Whoever still waits is let go, or the server's stop would wait for an answer.
  ~EmbeddedDriver() override {
    const std::lock_guard lock(mutex_);
    waiting_.reset();
  }

  TaskQueue& queue() override { return *queue_; }

  void Send(const client::Message& message) override {
    const std::lock_guard lock(mutex_);
    messages_.push_back(Text(message));
    if (!waiting_) return;
    Answer(*waiting_, 1);
    waiting_.reset();
  }

  void AwaitReceiver() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.has_value(); });
  }

 private:
  static std::string Text(const client::Message& message) {
    std::string text;
    JsonWriter json(text, JsonStyle::kCompact);
    json.BeginObject();
    json.Field("attempt", message.attempt);
    json.Field("number", message.number);
    json.Field("task_id", message.task.id);
    json.Field("module", message.task.module);
    json.Field("family", message.task.family);
    json.Key("params");
    json.BeginObject();
    for (const auto& [name, value] : message.task.params) json.Field(name, value);
    json.EndObject();
    json.Field("pool", message.pool);
    json.NullField("run");
    json.Field("lease_s", 30);
    json.EndObject();
    return text;
  }

  void Handle(const net::HttpRequest& request, net::Responder&& responder) {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(request.path, "/v1/workers/w1/receive");
    const boost::json::object body = ParseJson(request.body)->as_object();
    const double wait = body.at("wait_s").to_number<double>();
    if (messages_.empty() && wait > 0.1) {
      waiting_.emplace(std::move(responder));
      changed_.notify_all();
      return;
    }
    Answer(responder, body.at("max").to_number<size_t>());
  }

  void Answer(net::Responder& responder, size_t max) {
    std::string text = "{\"messages\":[";
    for (size_t left = std::min(max, messages_.size()); left > 0; --left) {
      text += messages_.front() + (left > 1 ? "," : "");
      messages_.pop_front();
    }
    responder.Send(net::JsonResponse(text + "]}"));
  }

  const SystemClock clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> messages_;
  std::optional<net::Responder> waiting_;
  std::unique_ptr<net::HttpServer> server_;
  std::optional<EmbeddedQueue> queue_;
};

std::unique_ptr<TaskQueueDriver> MakeEmbeddedDriver() {
  return std::make_unique<EmbeddedDriver>();
}

INSTANTIATE_TEST_SUITE_P(Embedded, TaskQueueConformance, testing::Values(&MakeEmbeddedDriver));

}  // namespace
}  // namespace headrace::queue
