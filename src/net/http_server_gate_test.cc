// The gate: who may come in is asked when a request's head is there, and may be told later.

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_server.h"
#include "net/raw_client.h"

namespace headrace::net {
namespace {

using testing::HasSubstr;

// Refuses "/no", decides "/later/…" through `tickets`, admits the rest.
HttpGate Gate(Mailbox<GateTicket>& tickets) {
  return [&tickets](HttpRequest& head) -> GateAnswer {
    if (head.path == "/no") return {.refusal = ErrorPage(401), .decide = {}};
    if (!head.path.starts_with("/later")) return {};
    return {.refusal = {}, .decide = [&tickets](GateTicket ticket) {
              EXPECT_TRUE(tickets.Put(std::move(ticket)));
            }};
  };
}

HttpHandler EchoUser() {
  return [](HttpRequest&& request, Responder&& responder) {
    responder.Send(TextResponse("user=" + request.user + " body=" + request.body));
  };
}

GateTicket TakeTicket(Mailbox<GateTicket>& tickets) {
  std::vector<GateTicket> taken;
  (void)tickets.Take(taken);
  EXPECT_EQ(taken.size(), 1u);
  return std::move(taken.front());
}

TEST(HttpServerGate, RefusesBeforeTheBodyIsRead) {
  Mailbox<GateTicket> tickets{10};
  TestServer server(EchoUser(), {}, Gate(tickets));
  RawClient client(*server);

  client.Send("POST /no HTTP/1.1\r\nContent-Length: 50000000\r\n\r\nabc");

  EXPECT_EQ(StatusOf(client.Receive()), 401);
  EXPECT_EQ(server->Stats().requests, 0u);
}

TEST(HttpServerGate, AdmitsFromAnotherThreadAndServesWhatWasPipelined) {
  Mailbox<GateTicket> tickets{10};
  TestServer server(EchoUser(), {}, Gate(tickets));
  RawClient client(*server);

  client.Send(
      "POST /later HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /x HTTP/1.1\r\n\r\n"
      "POST /later/2 HTTP/1.1\r\nContent-Length: 2\r\n\r\n");
  TakeTicket(tickets).Admit("ann");
  EXPECT_EQ(BodyOf(client.Receive()), "user=ann body=abc");
  EXPECT_EQ(BodyOf(client.Receive()), "user= body=");
  TakeTicket(tickets).Admit("bob");
  client.Send("de");

  EXPECT_EQ(BodyOf(client.Receive()), "user=bob body=de");
}

TEST(HttpServerGate, OthersAreServedWhileOneWaits) {
  Mailbox<GateTicket> tickets{10};
  TestServer server(EchoUser(), {}, Gate(tickets));
  RawClient waiting(*server);
  RawClient other(*server);

  waiting.Send("GET /later HTTP/1.1\r\n\r\n");
  const GateTicket ticket = TakeTicket(tickets);
  other.Send("GET /x HTTP/1.1\r\n\r\n");

  EXPECT_EQ(StatusOf(other.Receive()), 200);
}

TEST(HttpServerGate, ATicketThatIsForgottenRefuses) {
  Mailbox<GateTicket> tickets{10};
  TestServer server(EchoUser(), {}, Gate(tickets));
  RawClient client(*server);

  client.Send("GET /later HTTP/1.1\r\n\r\n");
  {
    const GateTicket forgotten = TakeTicket(tickets);
  }

  EXPECT_EQ(StatusOf(client.Receive()), 503);
}

TEST(HttpServerGate, AClientThatHalfClosesStillHearsTheVerdict) {
  Mailbox<GateTicket> tickets{10};
  TestServer server(EchoUser(), {}, Gate(tickets));
  RawClient client(*server);

  client.Send("GET /later HTTP/1.1\r\n\r\n");
  client.FinishSending();
  TakeTicket(tickets).Admit("ann");

  EXPECT_THAT(client.ReceiveAll(), HasSubstr("user=ann"));
}

TEST(HttpServerGate, AVerdictForAClientThatLeftFallsAway) {
  Mailbox<GateTicket> tickets{10};
  TestServer server(EchoUser(), {}, Gate(tickets));
  auto client = std::make_unique<RawClient>(*server);
  client->Send("POST /later HTTP/1.1\r\nContent-Length: 9\r\n\r\nab");
  GateTicket ticket = TakeTicket(tickets);

  client.reset();
  ticket.Admit("ann");
  while (server->Stats().connections > 0) std::this_thread::yield();

  EXPECT_EQ(server->Stats().requests, 0u);
}

}  // namespace
}  // namespace headrace::net
