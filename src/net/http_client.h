// HttpClient: blocking HTTP calls over libcurl, one connection kept alive.
//
// One thread at a time calls Send() or Stream(); Cancel() comes from any other. Redirects are not
// followed. A status of 400 and above is an answer, not an error: errors are what kept an answer
// from coming, and say which call to which address.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "net/http_message.h"

namespace headrace::net {

struct HttpClientOptions {
  // "http://host:8082", with a path prefix "https://host/sub/path", with "user:password@", or
  // "http+unix://%2Frun%2Fheadrace.sock". A path in a call is appended to it.
  std::string base_url;
  std::string bearer_token;  // not empty: Authorization: Bearer
  std::string ca_file;       // not empty: in place of the system's authorities
  std::string user_agent = "headrace";
  Duration connect_timeout = std::chrono::seconds(10);
  Duration timeout = std::chrono::seconds(30);             // of a whole Send()
  Duration stream_silence_max = std::chrono::seconds(60);  // Stream(): nothing received
  size_t body_bytes_max = 256 << 20;                       // of an answer to Send()
};

struct HttpCall {
  Method method = Method::kGet;
  std::string path;          // "/v1/tasks?limit=100": encoded already
  std::string content_type;  // of the body
  std::string body;
  HttpHeaders headers;
  Duration timeout{};  // zero: the client's own; for long polls
};

class HttpClient {
 public:
  // kInvalid when base_url is none.
  static Result<std::unique_ptr<HttpClient>> Make(HttpClientOptions options);
  ~HttpClient();

  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // kUnavailable: no connection, or it broke, or Cancel(); kTimeout; kInvalid: no HTTP.
  Result<HttpResponse> Send(const HttpCall& call);

  // Hands the body of a 2xx over as it comes, until its end or until `on_bytes` returns false (that
  // is no error). The response has no body then; one with another status has.
  Result<HttpResponse> Stream(const HttpCall& call,
                              const std::function<bool(std::string_view bytes)>& on_bytes);

  // Any thread: the call that runs returns at once with kUnavailable "cancelled", and so do all
  // later ones until Resume().
  void Cancel();
  void Resume();
  bool IsCancelled() const;

  const std::string& base_url() const;  // without user and password: fit for messages

 private:
  struct Impl;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace headrace::net
