// What reaches an open port: garbage, attacks, clients that are slow or ask for too much. The
// server answers 4xx or closes; it never crashes, never answers 5xx, and serves the next client.

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_server.h"
#include "net/raw_client.h"

namespace headrace::net {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

int Ask(HttpServer& server, std::string_view bytes) {
  RawClient client(server);
  client.Send(bytes);
  client.FinishSending();
  return StatusOf(client.ReceiveAll());
}

TEST(HttpServerBadInput, WrongGrammarIs400) {
  TestServer server(Echo());
  for (const char* bytes : {"\r\n\r\n",
                            "hello\r\n\r\n",
                            "GET\r\n\r\n",
                            "GET /\r\n\r\n",
                            "GET / HTTP/1.1\n\n",
                            "GET  / HTTP/1.1\r\n\r\n",
                            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                            "GET / HTTP/1.1\r\nA : b\r\n\r\n",
                            "GET x HTTP/1.1\r\n\r\n",
                            "GET * HTTP/1.1\r\n\r\n",
                            "CONNECT h:80 HTTP/1.1\r\n\r\n",
                            "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                            "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                            "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                            "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client\r\n\r\n"}) {
    EXPECT_EQ(Ask(*server, bytes), 400) << bytes;
  }
  EXPECT_EQ(server->Stats().requests, 0u);
}

TEST(HttpServerBadInput, AmbiguousFramingIs400) {
  TestServer server(Echo());
  EXPECT_EQ(Ask(*server,
                "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
                "0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"),
            400);
}

TEST(HttpServerBadInput, UnknownVersionsAre400) {
  TestServer server(Echo());
  EXPECT_EQ(Ask(*server, "GET / HTTP/2.0\r\n\r\n"), 400);
  EXPECT_EQ(Ask(*server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400);
}

TEST(HttpServerBadInput, PathsThatLeaveTheirFolderAre400) {
  TestServer server(Echo());
  for (const char* path : {"/..",
                           "/../etc/passwd",
                           "/a/../../b",
                           "/%2e%2e/b",
                           "/a/%2E%2E",
                           "/./a",
                           "/a%00b",
                           "/a/..?x",
                           "http://h/../x",
                           "/..%2fetc"}) {
    EXPECT_EQ(Ask(*server, "GET " + std::string(path) + " HTTP/1.1\r\n\r\n"), 400) << path;
  }
  for (const char* path : {"/...", "/a..b", "/..a", "//a", "/a?../..", "http://h/x", "http://h"}) {
    EXPECT_EQ(Ask(*server, "GET " + std::string(path) + " HTTP/1.1\r\n\r\n"), 200) << path;
  }
}

TEST(HttpServerBadInput, HeadsThatAreTooLargeAre431) {
  TestServer server(Echo());
  const std::string large(20'000, 'x');
  std::string many;
  for (int i = 0; i < 200; ++i) many += "A: b\r\n";
  std::string fields;
  for (int i = 0; i < 100; ++i) fields += "A: " + std::string(300, 'b') + "\r\n";

  EXPECT_EQ(Ask(*server, "GET /" + large + " HTTP/1.1\r\n\r\n"), 431);
  EXPECT_EQ(Ask(*server, "GET / HTTP/1.1\r\nA: " + large + "\r\n\r\n"), 431);
  EXPECT_EQ(Ask(*server, "GET / HTTP/1.1\r\n" + many + "\r\n"), 431);
  EXPECT_EQ(Ask(*server, "GET / HTTP/1.1\r\n" + fields + "\r\n"), 431);
  EXPECT_EQ(Ask(*server, "GET / HTTP/1.1\r\nA: " + std::string(16'000, 'x') + "\r\n\r\n"), 200);
}

TEST(HttpServerBadInput, AChunkHeadWithoutAnEndIs400) {
  TestServer server(Echo());
  const std::string head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(Ask(*server, head + "5;" + std::string(100'000, 'x')), 400);
  RawClient client(*server);
  client.Send(head + "0\xA7");  // once had the server parse it again and again

  EXPECT_EQ(Ask(*server, "GET / HTTP/1.1\r\n\r\n"), 200);
}

TEST(HttpServerBadInput, BodiesThatAreTooLargeAre413AndTheAnswerArrives) {
  HttpServerOptions options;
  options.body_bytes_max = 1000;
  TestServer server(Echo(), options);
  const std::string body(10 << 20, 'x');  // the client sends on although it was refused

  for (const std::string& head : {"Content-Length: " + std::to_string(body.size()) + "\r\n\r\n",
                                  std::string("Transfer-Encoding: chunked\r\n\r\na00000\r\n")}) {
    RawClient client(*server);
    client.Send("POST / HTTP/1.1\r\n" + head);
    client.Send(body);
    EXPECT_EQ(StatusOf(client.Receive()), 413) << head;
    EXPECT_TRUE(client.IsClosed());
  }
  EXPECT_EQ(Ask(*server, "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"), 400);
  EXPECT_EQ(Ask(*server, "POST / HTTP/1.1\r\nContent-Length: 9223372036854775807\r\n\r\n"), 413);
  EXPECT_EQ(Ask(*server, "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"), 200);
}

TEST(HttpServerBadInput, BodiesThatWouldEatAllMemoryAre503AndItComesBack) {
  HttpServerOptions options;
  options.body_memory_max = 1 << 20;
  TestServer server(Echo(), options);
  const auto post = [&](size_t size) {
    RawClient client(*server);
    client.Send("POST / HTTP/1.1\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
    client.Send(std::string(size, 'x'));
    return StatusOf(client.Receive());
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(post(2'000'000), 503);
    EXPECT_EQ(post(1'000'000), 200);
  }
}

TEST(HttpServerBadInput, TheGateRefusesBeforeTheBodyIsRead) {
  TestServer server(Echo(), {}, [](HttpRequest& head) -> GateAnswer {
    if (head.headers.Find("Authorization") == "Bearer secret") return {};
    return {.refusal = ErrorPage(401), .decide = {}};
  });
  RawClient client(*server);

  client.Send("POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");

  EXPECT_EQ(StatusOf(client.Receive()), 401);
  EXPECT_TRUE(client.IsClosed());
  EXPECT_EQ(Ask(*server, "GET / HTTP/1.1\r\nAuthorization: Bearer secret\r\n\r\n"), 200);
}

TEST(HttpServerBadInput, SlowRequestsAre408AndIdleConnectionsAreClosed) {
  HttpServerOptions options;
  options.request_timeout = milliseconds(50);
  options.idle_timeout = milliseconds(50);
  TestServer server(Echo(), options);
  RawClient slow_head(*server), slow_body(*server), silent(*server);

  slow_head.Send("GET / HTTP/1.1\r\nA: ");
  slow_body.Send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");

  EXPECT_EQ(StatusOf(slow_head.Receive()), 408);
  EXPECT_TRUE(slow_head.IsClosed());
  EXPECT_EQ(StatusOf(slow_body.Receive()), 408);
  EXPECT_TRUE(slow_body.IsClosed());
  EXPECT_TRUE(silent.IsClosed());
}

TEST(HttpServerBadInput, AClientThatDoesNotReadItsAnswerIsClosed) {
  HttpServerOptions options;
  options.write_timeout = milliseconds(50);
  TestServer server(
      [](HttpRequest&&, Responder&& responder) {
        responder.Send(TextResponse(std::string(50 << 20, 'x')));
      },
      options);
  RawClient client(*server);

  client.Send("GET / HTTP/1.1\r\n\r\n");
  while (server->Stats().connections > 0 || server->Stats().requests == 0)
    std::this_thread::yield();

  EXPECT_LT(client.ReceiveAll().size(), 50u << 20);
}

TEST(HttpServerBadInput, OneConnectionTooManyIs503) {
  HttpServerOptions options;
  options.connections_max = 2;
  TestServer server(Echo(), options);
  auto first = std::make_unique<RawClient>(*server);
  RawClient second(*server);
  for (RawClient* client : {first.get(), &second}) {  // both are accepted by now
    client->Send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(StatusOf(client->Receive()), 200);
  }

  RawClient third(*server);
  EXPECT_THAT(third.ReceiveAll(), HasSubstr("503 Too Many Connections"));
  EXPECT_EQ(server->Stats().refused, 1u);
  first.reset();
  while (server->Stats().connections > 1) std::this_thread::yield();

  EXPECT_EQ(Ask(*server, "GET / HTTP/1.1\r\n\r\n"), 200);
}

TEST(HttpServerBadInput, ConnectionsThatOnlyOpenKeepNobodyOut) {
  HttpServerOptions options;
  options.connections_max = 3;
  TestServer server(Echo(), options);
  std::vector<std::unique_ptr<RawClient>> idlers;
  for (int i = 0; i < 20; ++i) {
    idlers.push_back(std::make_unique<RawClient>(*server));
    idlers.back()->Send("GET / HTTP/1.1\r\nSlow: ");
  }

  RawClient served(*server);
  served.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(StatusOf(served.Receive()), 200);
  for (int i = 0; i < 20; ++i) idlers.push_back(std::make_unique<RawClient>(*server));
  served.Send("GET / HTTP/1.1\r\n\r\n");

  EXPECT_EQ(StatusOf(served.Receive()), 200);
}

TEST(HttpServerBadInput, RandomBytesNeverStopTheServer) {
  TestServer server(Echo());
  std::mt19937 random(11);
  const std::string seed =
      "POST /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
      "12345GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n";
  for (int round = 0; round < 500; ++round) {
    std::string bytes = seed;
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    const int status = Ask(*server, bytes);
    EXPECT_LT(status, 500) << status << "\n" << bytes;
  }
  EXPECT_EQ(Ask(*server, "GET / HTTP/1.1\r\n\r\n"), 200);
}

}  // namespace
}  // namespace headrace::net
