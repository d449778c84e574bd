// The bytes of a connection: any of them end in requests, an error or a wait for more, and the same
// ones whether they come at once or one by one.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "net/request_parser.h"

namespace {

using headrace::net::HttpRequest;
using headrace::net::RequestLimits;
using headrace::net::RequestParser;
using State = RequestParser::State;

constexpr RequestLimits kLimits = {
    .header_bytes_max = 1000, .body_bytes_max = 2000, .body_reserve_max = 100};

void Describe(const HttpRequest& request, std::string& out) {
  CHECK(request.path.starts_with('/') && request.path.find('\0') == std::string::npos);
  CHECK(("/" + request.path + "/").find("/../") == std::string::npos);
  CHECK(request.body.size() <= kLimits.body_bytes_max);
  out += request.path + "?" + request.query + "\n";
  for (size_t i = 0; i < request.headers.size(); ++i) {
    out += std::string(request.headers[i].name) + ":" + std::string(request.headers[i].value);
  }
  out += "\n" + request.body + "\n";
}

// What a connection makes of `bytes` that come `step` at a time.
std::string Serve(std::string_view bytes, size_t step) {
  RequestParser parser(kLimits);
  std::string seen;
  size_t begin = 0;
  for (size_t end = 0; end < bytes.size();) {
    end = std::min(end + step, bytes.size());
    while (begin < end) {
      const size_t used = parser.Put(bytes.substr(begin, end - begin));
      CHECK(used <= end - begin);
      begin += used;
      if (parser.state() == State::kError) {
        CHECK(parser.error_status() >= 400 && parser.error_status() < 500);
        return seen + "error";
      }
      if (parser.state() == State::kDone) {
        Describe(parser.request(), seen);
        parser.Start();
      } else if (used == 0) {
        break;
      }
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), std::min<size_t>(size, 4000));
  const std::string at_once = Serve(bytes, bytes.size() + 1);
  const std::string one_by_one = Serve(bytes, 1);
  // An error may be noticed earlier or later, but no request may differ.
  CHECK(at_once.starts_with(one_by_one) || one_by_one.starts_with(at_once) ||
        at_once.ends_with("error") || one_by_one.ends_with("error"));
  return 0;
}
