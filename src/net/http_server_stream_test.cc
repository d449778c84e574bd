// Responses without an end, and the end of the server.

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_server.h"
#include "net/raw_client.h"
#include "net/server_sent_event.h"

namespace headrace::net {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

HttpResponse StreamHead() {
  HttpResponse head;
  head.content_type = kEventStreamType;
  return head;
}

// A server whose only handler opens streams and hands them to the test.
class StreamServer {
 public:
  explicit StreamServer(StreamOptions options = {}, HttpServerOptions server_options = {})
      : server_(
            [this, options](HttpRequest&&, Responder&& responder) {
              CHECK(box_.Put(responder.Stream(StreamHead(), options)));
            },
            server_options) {}

  EventStream TakeStream() {
    std::vector<EventStream> taken;
    box_.Take(taken, std::chrono::seconds(10));
    CHECK(taken.size() == 1);
    return std::move(taken[0]);
  }
  TestServer& server() { return server_; }

 private:
  Mailbox<EventStream> box_{100};
  TestServer server_;
};

TEST(EventStream, WritesArriveAsTheyAreMade) {
  StreamServer stream_server;
  RawClient client(*stream_server.server());
  client.Send(kGet);
  EventStream stream = stream_server.TakeStream();

  EXPECT_TRUE(stream.Write("data: 1\n\n"));
  EXPECT_THAT(client.ReceiveUntil("data: 1\n\n"), HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_TRUE(stream.Write("data: 2\n\n"));
  EXPECT_THAT(client.ReceiveUntil("data: 2\n\n"), HasSubstr("9\r\ndata: 2\n\n"));
  EXPECT_EQ(stream_server.server()->Stats().streams, 1u);
}

TEST(EventStream, ClosingItEndsTheResponseAndKeepsTheConnection) {
  StreamServer stream_server;
  RawClient client(*stream_server.server());
  for (int i = 0; i < 2; ++i) {
    client.Send(kGet);
    EventStream stream = stream_server.TakeStream();
    EXPECT_TRUE(stream.Write("abc"));
    stream.Close();

    EXPECT_EQ(BodyOf(client.Receive()), "abc");
    EXPECT_FALSE(stream.Write("late"));
    EXPECT_FALSE(stream.IsOpen());
  }
}

TEST(EventStream, AnHttp10ClientGetsPlainBytesUntilTheClose) {
  StreamServer stream_server;
  RawClient client(*stream_server.server());
  client.Send("GET /x HTTP/1.0\r\n\r\n");
  {
    EventStream stream = stream_server.TakeStream();
    EXPECT_TRUE(stream.Write("abc"));
    EXPECT_TRUE(stream.Write("def"));
  }

  const std::string all = client.ReceiveAll();
  EXPECT_EQ(BodyOf(all), "abcdef");
  EXPECT_THAT(all, Not(HasSubstr("chunked")));
}

TEST(EventStream, AllBytesOfAFastWriterArriveInOrder) {
  StreamServer stream_server({.buffer_max = 10'000, .on_closed = {}, .on_drained = {}});
  RawClient client(*stream_server.server());
  client.Send(kGet);
  EventStream stream = stream_server.TakeStream();
  std::string sent;
  std::jthread writer([&] {
    for (int i = 0; i < 20'000; ++i) {
      const std::string line = std::to_string(i) + "\n";
      while (stream.Room() < line.size()) std::this_thread::yield();
      CHECK(stream.Write(line));
      sent += line;
    }
    stream.Close();
  });

  const std::string received = BodyOf(client.Receive());

  writer.join();
  EXPECT_TRUE(received == sent);
}

TEST(EventStream, AClientThatIsTooSlowIsDropped) {
  Mailbox<int> closed(10);
  StreamServer stream_server(
      {.buffer_max = 1 << 20, .on_closed = [&] { CHECK(closed.Put(1)); }, .on_drained = {}});
  RawClient client(*stream_server.server());
  client.Send(kGet);
  EventStream stream = stream_server.TakeStream();

  const std::string piece(100'000, 'x');
  int written = 0;
  while (stream.Write(piece)) ++written;

  EXPECT_GE(written, 10);
  EXPECT_FALSE(stream.IsOpen());
  EXPECT_EQ(stream.Room(), 0u);
  std::vector<int> told;
  closed.Take(told, std::chrono::seconds(10));
  EXPECT_EQ(told.size(), 1u);
  EXPECT_EQ(stream_server.server()->Stats().dropped_slow, 1u);
}

TEST(EventStream, TellsWhenTheClientLeaves) {
  Mailbox<int> closed(10);
  StreamServer stream_server(
      {.buffer_max = 1000, .on_closed = [&] { CHECK(closed.Put(1)); }, .on_drained = {}});
  auto client = std::make_unique<RawClient>(*stream_server.server());
  client->Send(kGet);
  EventStream stream = stream_server.TakeStream();

  client.reset();

  std::vector<int> told;
  closed.Take(told, std::chrono::seconds(10));
  EXPECT_EQ(told.size(), 1u);
  EXPECT_FALSE(stream.Write("x"));
}

TEST(EventStream, TellsWhenThereIsRoomAgain) {
  Mailbox<int> drained(1000);
  StreamServer stream_server(
      {.buffer_max = 1000, .on_closed = {}, .on_drained = [&] { (void)drained.Put(1); }});
  RawClient client(*stream_server.server());
  client.Send(kGet);
  EventStream stream = stream_server.TakeStream();
  std::vector<int> told;
  drained.Take(told, std::chrono::seconds(10));  // the head is out

  EXPECT_TRUE(stream.Write(std::string(1000, 'x')));
  drained.Take(told, std::chrono::seconds(10));

  EXPECT_EQ(told.size(), 1u);
  EXPECT_EQ(stream.Room(), 1000u);
}

TEST(EventStream, MayBeWrittenToInsideTheHandler) {
  TestServer server([](HttpRequest&&, Responder&& responder) {
    EventStream stream = responder.Stream(StreamHead());
    EXPECT_TRUE(stream.Write("all at once"));
  });
  RawClient client(*server);
  for (int i = 0; i < 3; ++i) {
    client.Send(kGet);
    EXPECT_EQ(BodyOf(client.Receive()), "all at once");
  }
}

TEST(HttpServerStop, ClosesIdleConnectionsAndEndsStreams) {
  Mailbox<int> closed(10);
  StreamServer stream_server(
      {.buffer_max = 1000, .on_closed = [&] { CHECK(closed.Put(1)); }, .on_drained = {}});
  RawClient idle(*stream_server.server()), streaming(*stream_server.server());
  streaming.Send(kGet);
  EventStream stream = stream_server.TakeStream();
  EXPECT_TRUE(stream.Write("last words"));

  stream_server.server()->Stop();

  EXPECT_TRUE(idle.IsClosed());
  EXPECT_EQ(BodyOf(streaming.Receive()), "last words");
  EXPECT_TRUE(streaming.IsClosed());
  EXPECT_EQ(closed.Size(), 1u);
  EXPECT_FALSE(stream.Write("x"));
}

TEST(HttpServerStop, RequestsInTheWorksAreStillAnswered) {
  Mailbox<Parked> box(10);
  TestServer server(Park(box));
  RawClient client(*server);
  client.Send(kGet);
  Parked parked = TakeParked(box);
  std::jthread stopper([&] { server->Stop(); });
  while (server->Stats().connections == 0) std::this_thread::yield();

  parked.responder.Send(TextResponse(std::string(5 << 20, 'x')));

  EXPECT_EQ(BodyOf(client.Receive()).size(), 5u << 20);
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpServerStop, DoesNotWaitLongerThanItsGrace) {
  Mailbox<Parked> box(10);
  HttpServerOptions options;
  options.stop_grace = milliseconds(50);
  auto server = std::make_unique<TestServer>(Park(box), options);
  RawClient client(**server);
  client.Send(kGet);
  Parked parked = TakeParked(box);

  server->operator->()->Stop();

  EXPECT_TRUE(client.IsClosed());
  server.reset();
  parked.responder.Send(TextResponse("into a closed outbox"));
}

TEST(HttpServerStop, StreamsThatBeginAfterwardsAreClosedAtOnce) {
  Mailbox<Parked> box(10);
  HttpServerOptions options;
  options.stop_grace = milliseconds(50);
  TestServer server(Park(box), options);
  RawClient client(*server);
  client.Send(kGet);
  Parked parked = TakeParked(box);
  server->Stop();

  EventStream stream = parked.responder.Stream(StreamHead());

  EXPECT_FALSE(stream.Write("x"));
  EXPECT_FALSE(stream.IsOpen());
}

}  // namespace
}  // namespace headrace::net
