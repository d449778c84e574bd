// The client against our own server, and against servers that misbehave.

#include "net/http_client.h"

#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/form.h"
#include "net/raw_client.h"

namespace headrace::net {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

std::unique_ptr<HttpClient> ClientOf(const std::string& url,
                                     Duration timeout = milliseconds(10'000)) {
  HttpClientOptions options;
  options.base_url = url;
  options.timeout = timeout;
  auto client = HttpClient::Make(options);
  CHECK(client.has_value());
  return std::move(*client);
}

HttpCall Get(std::string path) {
  HttpCall call;
  call.path = std::move(path);
  return call;
}

TEST(HttpClient, SendsEveryMethodWithItsBody) {
  TestServer server(Echo());
  const auto client = ClientOf("http://" + server->address() + "/");
  for (Method method : {Method::kPost, Method::kPut, Method::kPatch, Method::kDelete}) {
    HttpCall call;
    call.method = method;
    call.path = "/a?b=c";
    call.body = "the body";
    EXPECT_EQ(client->Send(call)->body, std::string(MethodName(method)) + " /a?b=c\nthe body");
  }
  EXPECT_EQ(client->Send(Get("/x"))->body, "GET /x?\n");
  EXPECT_EQ(server->Stats().accepted, 1u);  // one connection for all
}

TEST(HttpClient, ReadsStatusReasonHeadersAndPackedBodies) {
  TestServer server([](HttpRequest&& request, Responder&& responder) {
    HttpResponse response = JsonResponse(std::string(5000, 'x'), 409);
    response.reason = "too late";
    response.headers.Add("X-Seen", request.headers.Find("X-Sent").value_or("nothing"));
    responder.Send(std::move(response));
  });
  const auto client = ClientOf("http://" + server->address());
  HttpCall call = Get("/x");
  call.headers.Add("X-Sent", "here");

  const auto response = client->Send(call);

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 409);
  EXPECT_EQ(response->reason, "too late");
  EXPECT_EQ(response->headers.Find("x-seen"), "here");
  EXPECT_EQ(response->headers.Find("Content-Encoding"), "gzip");
  EXPECT_EQ(response->content_type, "application/json; charset=UTF-8");
  EXPECT_EQ(response->body, std::string(5000, 'x'));
}

TEST(HttpClient, KeepsPathPrefixAndSendsUserInfo) {
  TestServer server([](HttpRequest&& request, Responder&& responder) {
    responder.Send(TextResponse(
        request.path + " " + std::string(request.headers.Find("Authorization").value_or("none"))));
  });
  const auto client = ClientOf("http://me:pa%40ss@" + server->address() + "/sub/path/");

  EXPECT_EQ(client->Send(Get("/v1/x"))->body, "/sub/path/v1/x Basic bWU6cGFAc3M=");
  EXPECT_EQ(client->base_url(), "http://" + server->address() + "/sub/path");
}

TEST(HttpClient, CallsOverAUnixSocket) {
  HttpServerOptions options;
  options.listen.unix_path = testing::TempDir() + "headrace_client_" + std::to_string(getpid());
  TestServer server(Echo(), options);
  const auto client = ClientOf("http+unix://" + PercentEncode(options.listen.unix_path));

  EXPECT_EQ(client->Send(Get("/x"))->body, "GET /x?\n");
}

TEST(HttpClient, SaysWhatItCouldNotReach) {
  std::string url;
  {
    TestServer server(Echo());
    url = "http://" + server->address();
  }

  const auto response = ClientOf(url)->Send(Get("/v1/x?token=secret"));

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(response.error().message, HasSubstr("GET " + url + "/v1/x: "));
}

TEST(HttpClient, GivesUpAfterItsTimeout) {
  Mailbox<Parked> box(10);
  HttpServerOptions server_options;
  server_options.stop_grace = milliseconds(10);  // nobody answers
  TestServer server(Park(box), server_options);
  const auto client = ClientOf("http://" + server->address(), milliseconds(20));

  EXPECT_EQ(client->Send(Get("/x")).error().code, ErrorCode::kTimeout);
}

TEST(HttpClient, CancelReturnsAtOnceAndUntilResume) {
  Mailbox<Parked> box(10);
  TestServer server(Park(box));
  const auto client = ClientOf("http://" + server->address());
  Parked parked;  // kept: a responder that goes away answers
  std::jthread canceller([&] {
    parked = TakeParked(box);  // the call is under way
    client->Cancel();
  });

  const auto response = client->Send(Get("/x"));
  canceller.join();

  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("cancelled"));
  EXPECT_FALSE(client->Send(Get("/x")));
  client->Resume();
  std::jthread answerer([&] { TakeParked(box).responder.Send(TextResponse("back")); });
  EXPECT_EQ(client->Send(Get("/x"))->body, "back");
}

TEST(HttpClient, StreamsUntilTheReaderHasEnough) {
  TestServer server([](HttpRequest&& request, Responder&& responder) {
    EventStream stream = responder.Stream(TextResponse("first "));
    if (request.path == "/ends") stream.Write("last");
    static EventStream kept;
    if (request.path == "/stays") kept = std::move(stream);
  });
  const auto client = ClientOf("http://" + server->address());
  std::string got;

  const auto ended = client->Stream(Get("/ends"), [&](std::string_view bytes) {
    got += bytes;
    return true;
  });
  EXPECT_EQ(ended->status, 200);
  EXPECT_EQ(got, "first last");

  got.clear();
  const auto left = client->Stream(Get("/stays"), [&](std::string_view bytes) {
    got += bytes;
    return false;
  });
  EXPECT_EQ(left->status, 200);
  EXPECT_EQ(got, "first ");
}

TEST(HttpClient, AStreamThatIsRefusedHasABody) {
  TestServer server([](HttpRequest&&, Responder&& responder) {
    responder.Send(JsonResponse("{\"detail\": \"no\"}", 404));
  });
  const auto client = ClientOf("http://" + server->address());

  const auto response = client->Stream(Get("/x"), [](std::string_view) { return true; });

  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "{\"detail\": \"no\"}");
}

TEST(HttpClient, RefusesUrlsThatAreNone) {
  for (const char* url : {"", "host:80", "ftp://h", "http://", "http+unix://relative"}) {
    HttpClientOptions options;
    options.base_url = url;
    const auto client = HttpClient::Make(options);
    ASSERT_FALSE(client) << url;
    EXPECT_EQ(client.error().code, ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace headrace::net
