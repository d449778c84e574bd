// Beast's basic_parser, filling an HttpRequest. The only file that includes Beast.

// Beast 1.81 asserts that a last chunk has five bytes by now; one that is also the first has three
// or four when it comes slowly, and is read right all the same.
#define BOOST_DISABLE_ASSERTS

#include "net/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <string>

#include "base/check.h"
#include "net/form.h"

namespace headrace::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr size_t kHeaderFieldsMax = 128;

Method ToMethod(http::verb verb) {
  switch (verb) {
    case http::verb::get: return Method::kGet;
    case http::verb::head: return Method::kHead;
    case http::verb::post: return Method::kPost;
    case http::verb::put: return Method::kPut;
    case http::verb::patch: return Method::kPatch;
    case http::verb::delete_: return Method::kDelete;
    case http::verb::options: return Method::kOptions;
    default: return Method::kOther;
  }
}

bool HasDotSegment(std::string_view path) {
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

// "/a%20b?x=1", "http://host/a", "*" → path and query; false when no server should follow it.
bool SetTarget(std::string_view target, HttpRequest& request) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;  // a proxy's form
    target.remove_prefix(scheme.size());
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
    if (!target.starts_with('/')) {
      request.path.assign(1, '/');
      request.query = target.empty() ? target : target.substr(1);
      return true;
    }
    break;
  }
  if (target == "*") {
    request.path.assign(1, '/');
    return request.method == Method::kOptions;
  }
  if (!target.starts_with('/')) return false;
  const size_t question = std::min(target.find('?'), target.size());
  if (question < target.size()) request.query = target.substr(question + 1);
  const std::string_view path = target.substr(0, question);
  if (path.find('%') == std::string_view::npos) {
    request.path = path;
  } else {
    request.path = PercentDecode(path);
  }
  if (request.path.find('\0') != std::string::npos) return false;
  return !HasDotSegment(request.path);
}

class BeastParser final : public http::basic_parser<true> {
 public:
  BeastParser(HttpRequest& request, const RequestLimits& limits)
      : request_(request), limits_(limits) {
    header_limit(static_cast<uint32_t>(limits.header_bytes_max));
    body_limit(limits.body_bytes_max);
  }

  int refused_status() const { return refused_status_; }
  bool is_http_1_0() const { return version_ == 10; }

 private:
  void on_request_impl(http::verb verb,
                       boost::beast::string_view,
                       boost::beast::string_view target,
                       int version,
                       error_code& error) override {
    request_.method = ToMethod(verb);
    version_ = version;
    if (!SetTarget({target.data(), target.size()}, request_)) return Refuse(400, error);
    error = {};
  }

  void on_field_impl(http::field,
                     boost::beast::string_view name,
                     boost::beast::string_view value,
                     error_code& error) override {
    error = {};
    if (request_.headers.size() == kHeaderFieldsMax) return Refuse(431, error);
    request_.headers.Add({name.data(), name.size()}, {value.data(), value.size()});
  }

  void on_header_impl(error_code& error) override { error = {}; }

  void on_body_init_impl(const boost::optional<uint64_t>& size, error_code& error) override {
    error = {};
    if (!size) return;
    if (*size > limits_.body_bytes_max) return Refuse(413, error);
    request_.body.reserve(std::min<size_t>(*size, limits_.body_reserve_max));
  }

  size_t on_body_impl(boost::beast::string_view bytes, error_code& error) override {
    request_.body.append(bytes.data(), bytes.size());
    error = {};
    return bytes.size();
  }

  void on_chunk_header_impl(uint64_t, boost::beast::string_view, error_code& error) override {
    error = {};
  }

  size_t on_chunk_body_impl(uint64_t, boost::beast::string_view bytes, error_code& error) override {
    error = {};
    if (bytes.size() > limits_.body_bytes_max - request_.body.size()) {
      Refuse(413, error);
      return 0;
    }
    request_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_finish_impl(error_code& error) override { error = {}; }

  void on_response_impl(int, boost::beast::string_view, int, error_code& error) override {
    error = http::error::bad_version;
  }

  void Refuse(int status, error_code& error) {
    refused_status_ = status;
    error = http::error::bad_target;  // any error stops the parser
  }

  HttpRequest& request_;
  const RequestLimits& limits_;
  int version_ = 11;
  int refused_status_ = 0;
};

int StatusOf(const error_code& error) {
  if (error == http::error::header_limit) return 431;
  if (error == http::error::body_limit) return 413;
  return 400;
}

}  // namespace

struct RequestParser::Impl {
  explicit Impl(const RequestLimits& l) : limits(l) {}

  const RequestLimits limits;
  HttpRequest request;
  std::optional<BeastParser> parser;
  State state = State::kHead;
  int error_status = 0;
  size_t head_bytes = 0;  // used up so far, while in kHead

  void Fail(int status) {
    state = State::kError;
    error_status = status;
  }
};

RequestParser::RequestParser(const RequestLimits& limits) : impl_(std::make_unique<Impl>(limits)) {
  Start();
}

RequestParser::~RequestParser() = default;

void RequestParser::Start() {
  impl_->request = {};
  impl_->parser.emplace(impl_->request, impl_->limits);
  impl_->state = State::kHead;
  impl_->head_bytes = 0;
}

size_t RequestParser::Put(std::string_view bytes) {
  CHECK(impl_->state == State::kHead || impl_->state == State::kBody);
  BeastParser& parser = *impl_->parser;
  size_t used = 0;
  error_code error;
  while (used < bytes.size() && !parser.is_done() && !error) {
    const std::string_view rest = bytes.substr(used);
    used += parser.put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    if (impl_->state == State::kHead && parser.is_header_done()) break;
  }
  if (error && error != http::error::need_more) {
    const int refused = parser.refused_status();
    impl_->Fail(refused != 0 ? refused : StatusOf(error));
  } else if (parser.is_header_done()) {
    impl_->state = parser.is_done() ? State::kDone : State::kBody;
  } else if (impl_->head_bytes + bytes.size() > impl_->limits.header_bytes_max) {
    impl_->Fail(431);  // Beast's own limit is one of single fields
  } else {
    impl_->head_bytes += used;
  }
  return used;
}

RequestParser::State RequestParser::state() const {
  return impl_->state;
}
int RequestParser::error_status() const {
  return impl_->error_status;
}
HttpRequest& RequestParser::request() {
  return impl_->request;
}
bool RequestParser::keeps_alive() const {
  return impl_->parser->keep_alive();
}

bool RequestParser::is_http_1_0() const {
  return impl_->parser->is_http_1_0();
}

bool RequestParser::expects_continue() const {
  return impl_->request.headers.HasToken("Expect", "100-continue");
}

}  // namespace headrace::net
