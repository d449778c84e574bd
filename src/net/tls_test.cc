// TLS with certificates that openssl(1) makes, and our own client on the other side.

#include "net/tls.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_client.h"
#include "net/raw_client.h"

namespace headrace::net {
namespace {

using testing::HasSubstr;

class Tls : public testing::Test {
 protected:
  Tls() {
    std::string name = testing::TempDir() + "tls.XXXXXX";
    folder_ = ::mkdtemp(name.data());
    MakeCertificate("one", "localhost");
  }
  ~Tls() override { std::filesystem::remove_all(folder_); }

  // Self-signed, for `host` and 127.0.0.1.
  void MakeCertificate(const std::string& name, const std::string& host) {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" +
        host + " -addext subjectAltName=DNS:" + host + ",IP:127.0.0.1 -keyout " + Key(name) +
        " -out " + Certificate(name) + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  std::string Certificate(const std::string& name) const { return folder_ + "/" + name + ".crt"; }
  std::string Key(const std::string& name) const { return folder_ + "/" + name + ".key"; }
  TlsFiles Files(const std::string& name) const { return {Certificate(name), Key(name)}; }

  HttpServerOptions Options(const std::string& name = "one") const {
    HttpServerOptions options;
    options.tls = Files(name);
    return options;
  }
  Result<HttpResponse> Ask(HttpServer& server, const HttpCall& call, const std::string& ca) const {
    const auto client = HttpClient::Make(
        {.base_url = "https://" + server.address(), .ca_file = ca.empty() ? "" : Certificate(ca)});
    return (*client)->Send(call);
  }
  // Copies as certificate managers do: beside, then renamed.
  static void Put(const std::string& from, const std::string& to) {
    std::filesystem::copy_file(from, to + ".new");
    std::filesystem::rename(to + ".new", to);
  }

  std::string folder_;
};

TEST_F(Tls, CarriesSmallAndLargeBodiesBothWays) {
  TestServer server(Echo(), Options());
  const auto client =
      HttpClient::Make({.base_url = "https://" + server->address(), .ca_file = Certificate("one")});
  for (const size_t size : {size_t{1}, size_t{20'000}, size_t{3'000'000}}) {
    const std::string body(size, 'x');

    const auto answer = (*client)->Send(
        {.method = Method::kPost, .path = "/a", .content_type = "text/plain", .body = body});

    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "POST /a?\n" + body);
  }
  EXPECT_EQ(server->Stats().accepted, 1u);  // kept alive
}

TEST_F(Tls, TheClientTrustsOnlyWhomItIsTold) {
  MakeCertificate("other", "localhost");
  TestServer server(Echo(), Options());

  EXPECT_TRUE(Ask(*server, {.path = "/"}, "one"));
  EXPECT_FALSE(Ask(*server, {.path = "/"}, "other"));
  EXPECT_FALSE(Ask(*server, {.path = "/"}, ""));
}

TEST_F(Tls, ANewCertificateIsUsedWithoutARestart) {
  MakeCertificate("two", "localhost");
  MakeCertificate("live", "localhost");
  Put(Certificate("one"), Certificate("live"));
  Put(Key("one"), Key("live"));
  TestServer server(Echo(), Options("live"));
  EXPECT_TRUE(Ask(*server, {.path = "/"}, "one"));

  Put(Certificate("two"), Certificate("live"));
  EXPECT_TRUE(Ask(*server, {.path = "/"}, "one"));  // its key is still the old one
  Put(Key("two"), Key("live"));
  while (!Ask(*server, {.path = "/"}, "two")) std::this_thread::yield();

  EXPECT_FALSE(Ask(*server, {.path = "/"}, "one"));
  EXPECT_THAT(server.TakeLog(), testing::Contains(HasSubstr("a new TLS certificate is in use")));
}

TEST_F(Tls, FilesThatAreWrongAreNamed) {
  MakeCertificate("two", "localhost");
  std::ofstream(Certificate("none")) << "no certificate";
  const auto error = [](TlsFiles files) {
    const auto context = TlsContext::Load(std::move(files));
    return context ? "" : context.error().message;
  };

  EXPECT_EQ(error(Files("one")), "");
  EXPECT_THAT(error({"/nowhere.crt", Key("one")}), HasSubstr("certificate /nowhere.crt: No such"));
  EXPECT_THAT(error({Certificate("none"), Key("one")}), HasSubstr("TLS certificate"));
  EXPECT_THAT(error({Certificate("one"), Key("two")}), HasSubstr("TLS key"));
}

TEST_F(Tls, GarbageIsClosedPlainHttpIsToldAndOthersAreServed) {
  TestServer server(Echo(), Options());
  RawClient garbage(*server), plain(*server), half(*server), silent(*server);

  garbage.Send("\x16\x03\x01\xff\xff\xff\xff\xff\xff and then some more garbage");
  plain.Send("GET / HTTP/1.1\r\n\r\n");
  half.Send("\x16\x03\x01\x02");
  half.FinishSending();

  (void)garbage.ReceiveAll();  // at most an alert
  EXPECT_THAT(plain.ReceiveAll(), HasSubstr("400 This Port Speaks HTTPS"));
  (void)half.ReceiveAll();
  EXPECT_TRUE(Ask(*server, {.path = "/"}, "one"));
}

TEST_F(Tls, AHandshakeThatNeverEndsIsCutOff) {
  HttpServerOptions options = Options();
  options.request_timeout = std::chrono::milliseconds(50);
  TestServer server(Echo(), options);
  RawClient silent(*server), half(*server);

  half.Send("\x16\x03\x01");

  EXPECT_TRUE(silent.IsClosed());
  EXPECT_TRUE(half.IsClosed());
}

TEST_F(Tls, StreamsRunOverItUntilTheirEnd) {
  Mailbox<EventStream> box(1);
  TestServer server(
      [&](HttpRequest&&, Responder&& responder) {
        EventStream stream = responder.Stream(TextResponse("begin "));
        EXPECT_TRUE(box.Put(std::move(stream)));
      },
      Options());
  std::thread writer([&] {
    std::vector<EventStream> streams;
    (void)box.Take(streams);
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(streams[0].Write("0123456789"));
    streams.clear();
  });

  const auto answer = Ask(*server, {.path = "/"}, "one");
  writer.join();

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.size(), 6u + 10'000u);
}

}  // namespace
}  // namespace headrace::net
