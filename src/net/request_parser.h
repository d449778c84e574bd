// RequestParser: bytes of a connection in, HttpRequests out. Internal to net.
//
// The grammar is Beast's; this class writes what it finds straight into an HttpRequest, keeps the
// limits, and says which status a bad request deserves. It never reads ahead: bytes behind a
// request's end are left to the caller, who brings them again for the next one.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "net/http_message.h"

namespace headrace::net {

struct RequestLimits {
  size_t header_bytes_max = 16 << 10;
  size_t body_bytes_max = 64 << 20;
  size_t body_reserve_max = 1 << 20;  // what a Content-Length alone makes us allocate
};

class RequestParser {
 public:
  enum class State : uint8_t {
    kHead,   // the head is not complete: wants more bytes
    kBody,   // the head is, the body is not: wants more bytes
    kDone,   // request() is whole
    kError,  // error_status() says why; the connection is of no more use
  };

  explicit RequestParser(const RequestLimits& limits);
  ~RequestParser();

  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  void Start();  // the next request

  // Returns how many of `bytes` are used up; the rest must be brought again, in one piece with what
  // came since. Stops once at the end of the head, so that the caller can look at it: call again
  // while it says kBody and bytes are left.
  size_t Put(std::string_view bytes);

  State state() const;
  int error_status() const;
  HttpRequest& request();

  // From kBody on.
  bool keeps_alive() const;  // may the connection stay open?
  bool is_http_1_0() const;
  bool expects_continue() const;  // the client waits for "100 Continue" before it sends the body

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace headrace::net
