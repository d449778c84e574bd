// The server at work: real sockets, answers from the io thread and from others.

#include "net/http_server.h"

#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/raw_client.h"

namespace headrace::net {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(HttpServer, AnswersWithStatusHeadersAndBody) {
  TestServer server([](HttpRequest&& request, Responder&& responder) {
    EXPECT_EQ(request.method, Method::kPost);
    EXPECT_EQ(request.path, "/a b/€");
    EXPECT_EQ(request.query, "q=%20");
    EXPECT_EQ(request.headers.Find("x-custom"), "yes");
    EXPECT_EQ(request.body, "12345");
    EXPECT_EQ(request.peer, "127.0.0.1");
    HttpResponse response = JsonResponse("{}", 409);
    response.reason = "attempt 7 is over\r\nX: y";
    response.headers.Add("X-Answer", "a\r\nb");
    responder.Send(std::move(response));
  });
  RawClient client(*server);

  client.Send(
      "POST /a%20b/%E2%82%AC?q=%20 HTTP/1.1\r\nX-Custom: yes\r\nContent-Length: 5\r\n\r\n12345");

  const std::string response = client.Receive();
  EXPECT_THAT(response, StartsWith("HTTP/1.1 409 attempt 7 is over  X: y\r\nDate: "));
  EXPECT_THAT(response, HasSubstr(" GMT\r\nContent-Type: application/json; charset=UTF-8\r\n"));
  EXPECT_THAT(response, HasSubstr("\r\nX-Answer: a  b\r\n"));
  EXPECT_EQ(BodyOf(response), "{}");
}

TEST(HttpServer, KeepsConnectionsOpenAndClosesThemWhenAsked) {
  TestServer server(Echo());
  RawClient client(*server);

  for (int i = 0; i < 3; ++i) {
    client.Send(kGet);
    EXPECT_THAT(client.Receive(), Not(HasSubstr("Connection:")));
  }
  client.Send("GET /x HTTP/1.1\r\nConnection: Close\r\n\r\n");

  EXPECT_THAT(client.Receive(), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpServer, SpeaksHttp10WithAndWithoutKeepAlive) {
  TestServer server(Echo());
  RawClient client(*server);

  client.Send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(client.Receive(), HasSubstr("\r\nConnection: keep-alive\r\n"));
  client.Send("GET /x HTTP/1.0\r\n\r\n");

  EXPECT_THAT(client.Receive(), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpServer, ReadsRequestsHoweverTheyAreSplit) {
  TestServer server(Echo());
  const std::string request =
      "POST /x HTTP/1.1\r\nContent-Length: 10\r\n\r\n0123456789"
      "POST /y HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;e=1\r\nde\r\n0\r\n\r\n"
      "POST /z HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (size_t at = 1; at < request.size(); at += 3) {
    RawClient client(*server);
    client.Send(request.substr(0, at));
    client.Send(request.substr(at));
    EXPECT_EQ(BodyOf(client.Receive()), "POST /x?\n0123456789") << at;
    EXPECT_EQ(BodyOf(client.Receive()), "POST /y?\nabcde") << at;
    EXPECT_EQ(BodyOf(client.Receive()), "POST /z?\n") << at;
  }
  RawClient slow(*server);
  for (const char byte : request) slow.Send({&byte, 1});
  EXPECT_EQ(BodyOf(slow.Receive()), "POST /x?\n0123456789");
  EXPECT_EQ(BodyOf(slow.Receive()), "POST /y?\nabcde");
  EXPECT_EQ(BodyOf(slow.Receive()), "POST /z?\n");
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  TestServer server(Echo());
  RawClient client(*server);
  constexpr int kRequests = 2000;  // more than its buffer holds
  std::string all;
  for (int i = 0; i < kRequests; ++i) {
    all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  }

  std::jthread sender([&] { client.Send(all); });

  for (int i = 0; i < kRequests; ++i) {
    ASSERT_EQ(BodyOf(client.Receive()), "GET /" + std::to_string(i) + "?\n");
  }
}

TEST(HttpServer, PipelinedRequestsWaitForTheAnswerFromAnotherThread) {
  Mailbox<Parked> box(10);
  TestServer server(Park(box));
  RawClient client(*server);
  client.Send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");

  Parked first = TakeParked(box);
  EXPECT_EQ(box.Size(), 0u);
  first.responder.Send(TextResponse("one"));
  Parked second = TakeParked(box);
  second.responder.Send(TextResponse("two"));

  EXPECT_EQ(BodyOf(client.Receive()), "one");
  EXPECT_EQ(BodyOf(client.Receive()), "two");
}

TEST(HttpServer, OneBatchAnswersManyConnections) {
  Mailbox<Parked> box(100);
  HttpServerOptions options;
  options.io_threads = 3;
  TestServer server(Park(box), options);
  std::vector<std::unique_ptr<RawClient>> clients;
  ResponseBatch batch;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<RawClient>(*server));
    clients.back()->Send(kGet);
    batch.Add(std::move(TakeParked(box).responder), TextResponse(std::to_string(i)));
  }
  EXPECT_EQ(batch.Size(), 20u);

  batch.Send();

  EXPECT_EQ(batch.Size(), 0u);
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(BodyOf(clients[i]->Receive()), std::to_string(i));
}

TEST(HttpServer, AnAnswerForAClientThatLeftIsDropped) {
  Mailbox<Parked> box(10);
  TestServer server(Park(box));
  auto leaver = std::make_unique<RawClient>(*server);
  leaver->Send(kGet);
  Parked orphan = TakeParked(box);
  leaver.reset();
  RawClient other(*server);  // may get the same slot
  other.Send(kGet);
  Parked parked = TakeParked(box);

  orphan.responder.Send(TextResponse("for nobody"));
  parked.responder.Send(TextResponse("for the other"));

  EXPECT_EQ(BodyOf(other.Receive()), "for the other");
}

TEST(HttpServer, TellsALongPollThatItsClientLeft) {
  Mailbox<Parked> box(10);
  Mailbox<std::string> gone(10);
  TestServer server([&](HttpRequest&& request, Responder&& responder) {
    responder.OnClientGone([&gone, path = request.path] { CHECK(gone.Put(std::string(path))); });
    CHECK(box.Put({std::move(request), std::move(responder)}));
  });
  auto leaver = std::make_unique<RawClient>(*server);
  leaver->Send("GET /leaver HTTP/1.1\r\n\r\n");
  Parked orphan = TakeParked(box);
  RawClient patient(*server);
  patient.Send(kGet);
  TakeParked(box).responder.Send(TextResponse("answered, so nobody is told"));
  EXPECT_EQ(StatusOf(patient.Receive()), 200);

  leaver.reset();

  std::vector<std::string> told;
  gone.Take(told, std::chrono::seconds(10));
  EXPECT_EQ(told, std::vector<std::string>{"/leaver"});
}

TEST(HttpServer, AHalfClosedClientStillGetsItsAnswer) {
  Mailbox<Parked> box(10);
  TestServer server(Park(box));
  RawClient client(*server);
  client.Send(kGet);
  client.FinishSending();

  TakeParked(box).responder.Send(TextResponse("late"));

  EXPECT_EQ(BodyOf(client.Receive()), "late");
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpServer, ADroppedResponderIs500AndLogged) {
  TestServer server(
      [](HttpRequest&&, Responder&& responder) { Responder lost(std::move(responder)); });
  RawClient client(*server);

  client.Send(kGet);

  EXPECT_EQ(StatusOf(client.Receive()), 500);
  EXPECT_EQ(server.TakeLog(), std::vector<std::string>{"a request was dropped without an answer"});
}

TEST(HttpServer, HeadGetsTheLengthButNoBody) {
  TestServer server(Echo());
  RawClient client(*server);

  client.Send("HEAD /x HTTP/1.1\r\n\r\n");

  EXPECT_THAT(client.Receive(true), HasSubstr("\r\nContent-Length: 9\r\n"));
  client.Send(kGet);
  EXPECT_EQ(BodyOf(client.Receive()), "GET /x?\n");
}

TEST(HttpServer, NoContentHasNoLength) {
  TestServer server([](HttpRequest&&, Responder&& responder) {
    HttpResponse response;
    response.status = 204;
    responder.Send(std::move(response));
  });
  RawClient client(*server);

  client.Send("OPTIONS * HTTP/1.1\r\n\r\n");

  const std::string response = client.Receive();
  EXPECT_EQ(StatusOf(response), 204);
  EXPECT_THAT(response, Not(HasSubstr("Content-Length")));
}

TEST(HttpServer, LargeBodiesArriveWhole) {
  const std::string large(20 << 20, 'x');
  Mailbox<Parked> box(10);
  TestServer server(Park(box));
  RawClient client(*server);
  std::jthread sender([&] {
    client.Send("POST /x HTTP/1.1\r\nContent-Length: " + std::to_string(large.size()) + "\r\n\r\n");
    client.Send(large);
  });
  Parked parked = TakeParked(box);
  EXPECT_TRUE(parked.request.body == large);

  parked.responder.Send(TextResponse(std::move(parked.request.body)));

  EXPECT_TRUE(BodyOf(client.Receive()) == large);
}

TEST(HttpServer, ExpectContinueGetsItsGoAhead) {
  TestServer server(Echo());
  RawClient client(*server);
  client.Send("POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");

  EXPECT_EQ(client.Receive(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ok");

  EXPECT_EQ(BodyOf(client.Receive()), "POST /x?\nok");
}

TEST(HttpServer, CompressesLargeTextForWhoTakesIt) {
  TestServer server([](HttpRequest&&, Responder&& responder) {
    responder.Send(JsonResponse(std::string(5000, 'a')));
  });
  RawClient client(*server);

  client.Send("GET / HTTP/1.1\r\nAccept-Encoding: deflate, gzip\r\n\r\n");
  const std::string packed = client.Receive();
  client.Send("GET / HTTP/1.1\r\nAccept-Encoding: gzip;q=0\r\n\r\n");
  const std::string plain = client.Receive();

  EXPECT_THAT(packed, HasSubstr("\r\nVary: Accept-Encoding\r\nContent-Encoding: gzip\r\n"));
  EXPECT_LT(BodyOf(packed).size(), 100u);
  EXPECT_THAT(plain, HasSubstr("\r\nVary: Accept-Encoding\r\n"));
  EXPECT_EQ(BodyOf(plain).size(), 5000u);
}

TEST(HttpServer, ListensOnAUnixSocketThatOnlyItsUserMayUse) {
  HttpServerOptions options;
  options.listen.unix_path = testing::TempDir() + "headrace_test_" + std::to_string(getpid());
  TestServer server(Echo(), options);
  struct stat status{};
  ASSERT_EQ(::stat(options.listen.unix_path.c_str(), &status), 0);
  RawClient client(*server);

  client.Send(kGet);

  EXPECT_EQ(StatusOf(client.Receive()), 200);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  server->Stop();
  EXPECT_NE(::access(options.listen.unix_path.c_str(), F_OK), 0);
}

TEST(HttpServer, SaysWhichAddressIsInUse) {
  TestServer first(Echo());
  SystemClock clock;
  HttpServerOptions options;
  options.listen.port = first->port();

  const auto second = HttpServer::Start(options, {.handle = Echo(), .gate = {}, .log = {}}, clock);

  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(second.error().message,
            "address " + first->address() + " is in use: another headrace or luigid?");
  EXPECT_THAT(second.error().remedy, HasSubstr("listen = "));
}

TEST(HttpServer, RefusesAddressesOfOtherMachines) {
  SystemClock clock;
  HttpServerOptions options;
  options.listen = *ListenAddress::Parse("192.0.2.1:0");

  const auto server = HttpServer::Start(options, {.handle = Echo(), .gate = {}, .log = {}}, clock);

  ASSERT_FALSE(server.has_value());
  EXPECT_THAT(server.error().message, StartsWith("listening on address 192.0.2.1:0: "));
}

TEST(HttpServer, CountsWhatItDoes) {
  TestServer server(Echo());
  RawClient client(*server);
  client.Send(kGet);
  client.Receive();

  const HttpServerStats stats = server->Stats();

  EXPECT_EQ(stats.connections, 1u);
  EXPECT_EQ(stats.accepted, 1u);
  EXPECT_EQ(stats.requests, 1u);
  EXPECT_EQ(stats.bad_requests, 0u);
}

}  // namespace
}  // namespace headrace::net
