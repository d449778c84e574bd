// What is said over HTTP: requests and responses as plain values, for server and client alike.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headrace::net {

enum class Method : uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };

std::string_view MethodName(Method method);  // "GET"; kOther is "?"

// Header fields in the order they came. All text lies in one string: two allocations a message.
class HttpHeaders {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  // Control characters in either become spaces: a value can never start a second header.
  void Add(std::string_view name, std::string_view value);

  // The first field of that name, in any case of letters.
  std::optional<std::string_view> Find(std::string_view name) const;

  // Is `token` one of the comma-separated words of the fields of that name? "keep-alive, Upgrade"
  bool HasToken(std::string_view name, std::string_view token) const;

  size_t size() const { return spans_.size(); }
  bool empty() const { return spans_.empty(); }
  Field operator[](size_t at) const;
  void clear() { text_.clear(), spans_.clear(); }

 private:
  struct Span {
    uint32_t at;  // of the name in text_; the value follows at once
    uint32_t name_size;
    uint32_t value_size;
  };
  std::string text_;
  std::vector<Span> spans_;
};

struct HttpRequest {
  Method method = Method::kGet;
  std::string path;   // percent-decoded, starts with '/', has no "." or ".." segment and no NUL
  std::string query;  // as sent, without the '?'; decode with net/form.h
  HttpHeaders headers;
  std::string body;
  std::string peer;  // "127.0.0.1", "::1", or "unix"
  std::string user;  // who sent it, as the server's gate found; empty: it asks nobody
};

struct HttpResponse {
  int status = 200;
  std::string reason;        // empty: the usual words. Luigi's client shows its user nothing else
  std::string content_type;  // empty: none is sent
  HttpHeaders headers;       // besides Content-Type, Content-Length, Connection, Date
  std::string body;
  bool compress = true;  // gzip is tried where the client takes it and it pays
};

std::string_view ReasonPhrase(int status);  // "Not Found"; unknown: "Unknown"

HttpResponse JsonResponse(std::string body, int status = 200);
HttpResponse TextResponse(std::string body, int status = 200);
HttpResponse HtmlResponse(std::string body, int status = 200);

// The small page luigid sends: <html><title>404: Not Found</title><body>404: Not
// Found</body></html>
HttpResponse ErrorPage(int status, std::string reason = {});

// 405 with its Allow field, e.g. "GET, POST, OPTIONS".
HttpResponse MethodNotAllowed(std::string_view allow);

// Gives a 200 to GET or HEAD an ETag (a hash of the body unless it has one), and makes it a 304
// without body when the client has that already.
void ApplyEtag(const HttpRequest& request, HttpResponse& response);

// Does the client take gzip? "gzip;q=0" does not.
bool AcceptsGzip(const HttpHeaders& headers);

}  // namespace headrace::net
