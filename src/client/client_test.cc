// The client against a small real HTTP server: calls, errors, and patience with one that is away.

#include "client/client.h"

#include <functional>
#include <future>
#include <mutex>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "net/http_server.h"

namespace headrace::client {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;

class ClientTest : public testing::Test {
 protected:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  // Serves on `port` (0: a free one).
  void Serve(Handler handler, uint16_t port = 0) {
    auto handle = [this, handler](HttpRequest&& request, net::Responder&& responder) {
      HttpResponse response = handler(request);
      {
        const std::lock_guard lock(mutex_);
        seen_.push_back(std::move(request));
      }
      responder.Send(std::move(response));
    };
    Result<std::unique_ptr<net::HttpServer>> server =
        net::HttpServer::Start({.listen = {.host = "127.0.0.1", .port = port, .unix_path = {}}},
                               {.handle = handle, .gate = {}, .log = {}},
                               clock_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
    port_ = server_->port();
  }

  std::unique_ptr<Client> MakeClient(Duration patience = {}) {
    auto client = Client::Make({.url = "http://127.0.0.1:" + std::to_string(port_),
                                .token = "secret",
                                .ca_file = {},
                                .patience = patience,
                                .pause_min = milliseconds(1),
                                .pause_max = milliseconds(20)});
    EXPECT_TRUE(client) << client.error().message;
    return *std::move(client);
  }

  HttpRequest LastSeen() {
    const std::lock_guard lock(mutex_);
    return seen_.back();
  }

  size_t SeenCount() {
    const std::lock_guard lock(mutex_);
    return seen_.size();
  }

  const SystemClock clock_;
  std::mutex mutex_;
  std::vector<HttpRequest> seen_;
  std::unique_ptr<net::HttpServer> server_;
  uint16_t port_ = 0;
};

TEST_F(ClientTest, FinishNamesTheAttemptAndSendsTheReport) {
  Serve([](const HttpRequest&) { return net::JsonResponse(R"({"accepted":true})"); });
  FinishReport report;
  report.worker = "w1";

  ASSERT_TRUE(MakeClient()->FinishAttempt(91, report));

  const HttpRequest request = LastSeen();
  EXPECT_EQ(request.method, net::Method::kPost);
  EXPECT_EQ(request.path, "/v1/attempts/91/finish");
  EXPECT_EQ(request.body, R"({"worker":"w1","outcome":"done"})");
  EXPECT_EQ(request.headers.Find("Content-Type"), "application/json");
  EXPECT_EQ(request.headers.Find("Authorization"), "Bearer secret");
}

TEST_F(ClientTest, IdsAreEncodedInPaths) {
  Serve([](const HttpRequest&) { return net::JsonResponse(R"({"status":"PENDING"})"); });

  EXPECT_EQ(*MakeClient()->RetryTask("A b/c?_1"), "PENDING");

  EXPECT_EQ(LastSeen().path, "/v1/tasks/A b/c?_1/retry");
}

TEST_F(ClientTest, RefusalIsNotTriedAgainAndCarriesItsRemedy) {
  Serve([](const HttpRequest&) {
    return net::JsonResponse(R"({"status":409,"detail":"run 7 is over","remedy":"Retry it."})",
                             409);
  });

  const Result<std::string> state = MakeClient(seconds(10))->CancelRun(7);

  EXPECT_EQ(state.error().code, ErrorCode::kConflict);
  EXPECT_EQ(state.error().message, "POST /v1/runs/7/cancel: run 7 is over");
  EXPECT_EQ(state.error().remedy, "Retry it.");
  EXPECT_EQ(SeenCount(), 1u);
}

TEST_F(ClientTest, SchedulerThatIsNotReadyIsAskedAgain) {
  int calls = 0;
  Serve([&calls](const HttpRequest&) {
    return ++calls < 4 ? net::JsonResponse("{}", 503) : net::JsonResponse(R"({"run":5})");
  });

  EXPECT_EQ(MakeClient(seconds(30))->CreateRun({})->run, 5);
  EXPECT_EQ(SeenCount(), 4u);
}

TEST_F(ClientTest, CallOutlivesARestartOfTheScheduler) {
  Serve([](const HttpRequest&) { return net::JsonResponse("{}"); });
  const auto client = MakeClient(seconds(60));
  ASSERT_TRUE(client->FinishAttempt(1, {}));
  server_->Stop();

  auto report = std::async(std::launch::async, [&] { return client->FinishAttempt(2, {}); });
  Serve([](const HttpRequest&) { return net::JsonResponse("{}"); }, port_);

  EXPECT_TRUE(report.get());
  EXPECT_EQ(LastSeen().path, "/v1/attempts/2/finish");
}

TEST_F(ClientTest, WithoutPatienceASchedulerThatIsAwayIsAnError) {
  Serve([](const HttpRequest&) { return net::JsonResponse("{}"); });
  server_->Stop();

  EXPECT_EQ(MakeClient()->GetOverview().error().code, ErrorCode::kUnavailable);
}

TEST_F(ClientTest, CancelEndsTheWaitBetweenTries) {
  std::promise<void> asked;
  Serve([&, first = true](const HttpRequest&) mutable {
    if (first) asked.set_value();
    first = false;
    return net::JsonResponse("{}", 503);
  });
  const auto client = MakeClient(Client::kForever);
  auto overview = std::async(std::launch::async, [&] { return client->GetOverview(); });
  asked.get_future().wait();

  client->Cancel();

  EXPECT_EQ(overview.get().error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(client->IsCancelled());
}

TEST_F(ClientTest, ListsComeAsPages) {
  Serve([](const HttpRequest&) {
    return net::JsonResponse(
        R"({"items":[{"id":"A_1","status":"DONE","phase":"done","run":3}],"next":"c2","at":9})");
  });

  const Result<Page<TaskRow>> page = MakeClient()->ListRunTasks(3, "phase=done&limit=1");

  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->items.size(), 1u);
  EXPECT_EQ(page->items[0].id, "A_1");
  EXPECT_EQ(page->items[0].run, 3);
  EXPECT_EQ(page->next, "c2");
  EXPECT_EQ(page->at, 9);
  EXPECT_EQ(LastSeen().path, "/v1/runs/3/tasks");
  EXPECT_EQ(LastSeen().query, "phase=done&limit=1");
}

TEST_F(ClientTest, LogIsReadWithItsSize) {
  Serve([](const HttpRequest&) {
    HttpResponse response = net::TextResponse("hello");
    response.headers.Add("X-Log-Size", "500");
    response.headers.Add("X-Log-Complete", "true");
    return response;
  });

  const Result<LogPart> part =
      MakeClient()->ReadLog(91, {.stream = "stderr", .offset = 495, .limit = 10});

  ASSERT_TRUE(part) << part.error().message;
  EXPECT_EQ(part->bytes, "hello");
  EXPECT_EQ(part->size, 500);
  EXPECT_TRUE(part->complete);
  EXPECT_EQ(LastSeen().query, "stream=stderr&offset=495&limit=10");
}

TEST_F(ClientTest, FollowedLogIsHandedOverUntilItsEnd) {
  Serve([](const HttpRequest&) { return net::TextResponse("all of it"); });
  std::string bytes;

  const Result<void> followed = MakeClient()->FollowLog(91, {}, [&](std::string_view more) {
    bytes += more;
    return true;
  });

  EXPECT_TRUE(followed) << followed.error().message;
  EXPECT_EQ(bytes, "all of it");
}

TEST_F(ClientTest, AnswerThatIsNoObjectIsAnErrorThatNamesTheCall) {
  Serve([](const HttpRequest&) { return net::JsonResponse("[1"); });

  const Result<RunRow> run = MakeClient()->GetRun(7);

  EXPECT_EQ(run.error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(run.error().message.starts_with("/v1/runs/7: ")) << run.error().message;
}

}  // namespace
}  // namespace headrace::client
