// Headers, ETags, gzip and listen addresses.

#include "net/http_message.h"

#include <zlib.h>

#include <gtest/gtest.h>

#include "net/gzip.h"
#include "net/http_server.h"
#include "net/server_sent_event.h"

namespace headrace::net {
namespace {

std::string Unpack(const std::string& packed, size_t size) {
  std::string out(size, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.total_out, size);
  inflateEnd(&stream);
  return out;
}

HttpHeaders Headers(std::string_view name, std::string_view value) {
  HttpHeaders headers;
  headers.Add(name, value);
  return headers;
}

TEST(HttpHeaders, NamesAreFoundInAnyCase) {
  HttpHeaders headers;
  headers.Add("Content-Type", "a");
  headers.Add("content-type", "b");

  EXPECT_EQ(headers.Find("CONTENT-TYPE"), "a");
  EXPECT_EQ(headers.Find("Content"), std::nullopt);
  EXPECT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers[1].value, "b");
}

TEST(HttpHeaders, TokensOfAllFieldsOfThatNameCount) {
  HttpHeaders headers = Headers("Connection", "keep-alive , Upgrade");
  headers.Add("connection", "x");

  EXPECT_TRUE(headers.HasToken("Connection", "upgrade"));
  EXPECT_TRUE(headers.HasToken("Connection", "x"));
  EXPECT_FALSE(headers.HasToken("Connection", "keep"));
}

TEST(Gzip, IsOfferedOnlyToWhoTakesIt) {
  for (const char* yes : {"gzip", "deflate, GZIP", "*", "gzip;q=0.5", "br;q=1, gzip; q=0.01"}) {
    EXPECT_TRUE(AcceptsGzip(Headers("Accept-Encoding", yes))) << yes;
  }
  for (const char* no : {"identity", "", "gzip;q=0", "gzip; q=0.000", "x-gzip"}) {
    EXPECT_FALSE(AcceptsGzip(Headers("Accept-Encoding", no))) << no;
  }
}

TEST(Gzip, PacksWhatUnpacksToTheSame) {
  Gzip gzip;
  for (size_t size : {0u, 1u, 1024u, 1'000'000u}) {
    std::string text;
    for (size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i * i % 23);
    EXPECT_EQ(Unpack(gzip.Pack(text), size), text);
  }
}

TEST(Gzip, LeavesShortBinaryAndPackedBodiesAlone) {
  const std::string text(2000, 'x');
  HttpResponse image = TextResponse(text);
  image.content_type = "image/png";
  HttpResponse packed = TextResponse(text);
  packed.headers.Add("Content-Encoding", "gzip");

  EXPECT_TRUE(IsWorthGzip(TextResponse(text)));
  EXPECT_FALSE(IsWorthGzip(TextResponse(std::string(1023, 'x'))));
  EXPECT_FALSE(IsWorthGzip(image));
  EXPECT_FALSE(IsWorthGzip(packed));
}

TEST(ApplyEtag, TheSameBodyIs304ToWhoHasIt) {
  HttpRequest request;
  HttpResponse first = JsonResponse("{}");
  ApplyEtag(request, first);
  const std::string tag(first.headers.Find("ETag").value());
  EXPECT_EQ(first.status, 200);

  request.headers.Add("If-None-Match", "\"other\", W/" + tag);
  HttpResponse same = JsonResponse("{}");
  ApplyEtag(request, same);
  HttpResponse changed = JsonResponse("{1}");
  ApplyEtag(request, changed);

  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(changed.status, 200);
}

TEST(ApplyEtag, LeavesErrorsAndWritesAlone) {
  HttpRequest post;
  post.method = Method::kPost;
  HttpResponse answer = JsonResponse("{}");
  ApplyEtag(post, answer);
  HttpResponse error = ErrorPage(404);
  ApplyEtag(HttpRequest(), error);

  EXPECT_TRUE(answer.headers.empty());
  EXPECT_TRUE(error.headers.empty());
  EXPECT_EQ(error.body, "<html><title>404: Not Found</title><body>404: Not Found</body></html>");
}

TEST(ListenAddress, ReadsWhatPeopleWrite) {
  EXPECT_EQ(ListenAddress::Parse("127.0.0.1:8082")->ToString(), "127.0.0.1:8082");
  EXPECT_EQ(ListenAddress::Parse("8082")->ToString(), "127.0.0.1:8082");
  EXPECT_EQ(ListenAddress::Parse(":8082")->host, "");
  EXPECT_EQ(ListenAddress::Parse("*:8082")->host, "");
  EXPECT_EQ(ListenAddress::Parse("[::1]:0")->host, "::1");
  EXPECT_EQ(ListenAddress::Parse("[::1]:0")->ToString(), "[::1]:0");
  EXPECT_EQ(ListenAddress::Parse("unix:/run/x")->unix_path, "/run/x");
  EXPECT_EQ(ListenAddress::Parse("unix:///run/x")->unix_path, "/run/x");
}

TEST(ListenAddress, KnowsWhatOnlyThisMachineReaches) {
  for (const char* text :
       {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "unix:/x", "1"}) {
    EXPECT_TRUE(ListenAddress::Parse(text)->IsLoopback()) << text;
  }
  for (const char* text : {"0.0.0.0:1", ":1", "*:1", "[::]:1", "10.0.0.1:1", "127.host:1"}) {
    EXPECT_FALSE(ListenAddress::Parse(text)->IsLoopback()) << text;
  }
}

TEST(ListenAddress, RefusesWhatIsNone) {
  for (const char* text : {"", "host", "host:", "host:x", "host:99999", "::1:80", "unix:"}) {
    EXPECT_FALSE(ListenAddress::Parse(text)) << text;
  }
}

TEST(ServerSentEvent, IsReadBackHoweverItIsSplit) {
  std::string text;
  AppendEvent(text, {"3.1", "task", "line 1\nline 2"});
  text += kEventStreamHeartbeat;
  AppendEvent(text, {"", "", ""});
  AppendEvent(text, {"3.2", "a\nb", "x"});

  for (size_t at = 0; at <= text.size(); ++at) {
    EventReader reader;
    std::vector<std::string> seen;
    const auto keep = [&](const ServerSentEvent& event) {
      seen.push_back(event.id + "|" + event.event + "|" + event.data);
    };
    EXPECT_TRUE(reader.Feed(std::string_view(text).substr(0, at), keep));
    EXPECT_TRUE(reader.Feed(std::string_view(text).substr(at), keep));
    EXPECT_EQ(seen, (std::vector<std::string>{"3.1|task|line 1\nline 2", "3.1||", "3.2|a b|x"}));
    EXPECT_EQ(reader.last_id(), "3.2");
  }
}

TEST(ServerSentEvent, AnEventThatIsTooLargeIsRefused) {
  EventReader reader(100);
  const auto ignore = [](const ServerSentEvent&) {};
  EXPECT_TRUE(reader.Feed("data: " + std::string(80, 'x') + "\n", ignore));
  EXPECT_FALSE(reader.Feed("data: " + std::string(80, 'x') + "\n", ignore));
}

}  // namespace
}  // namespace headrace::net
