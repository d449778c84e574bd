// libcurl behind a blocking interface. The multi handle is there for one thing: it can be woken
// from another thread, so that Cancel() need not wait for a timeout.

#include "net/http_client.h"

#include <algorithm>
#include <atomic>

#include <curl/curl.h>

#include "base/check.h"
#include "net/curl.h"
#include "net/form.h"

namespace headrace::net {
namespace {

constexpr std::string_view kUnixScheme = "http+unix://";
constexpr int kPollMilliseconds = 1000;

long Milliseconds(Duration duration) {
  const auto count = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return static_cast<long>(std::max<decltype(count)>(count, 1));
}

struct BaseUrl {
  std::string url;   // without user info and final '/'; of a Unix socket, "http://localhost"
  std::string user;  // decoded
  std::string password;
  bool has_user = false;
  std::string unix_path;
  std::string shown;  // for messages
};

Result<BaseUrl> ParseBaseUrl(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return std::unexpected(Error{ErrorCode::kInvalid,
                                 "URL \"" + std::string(text) + "\": " + std::string(why),
                                 "Write http://host:port, https://host or http+unix://%2Fpath."});
  };
  BaseUrl base;
  std::string_view rest = text;
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.starts_with(kUnixScheme)) {
    base.shown = rest;
    rest.remove_prefix(kUnixScheme.size());
    const size_t slash = std::min(rest.find('/'), rest.size());
    base.unix_path = PercentDecode(rest.substr(0, slash));
    if (!base.unix_path.starts_with('/')) return bad("no absolute path of a socket");
    base.url = "http://localhost" + std::string(rest.substr(slash));
    return base;
  }
  const size_t scheme_end = rest.find("://");
  if (scheme_end == std::string_view::npos) return bad("no scheme");
  const std::string_view scheme = rest.substr(0, scheme_end);
  if (scheme != "http" && scheme != "https") return bad("unknown scheme");
  rest.remove_prefix(scheme_end + 3);
  const size_t path_at = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, path_at);
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view info = authority.substr(0, at);
    const size_t colon = std::min(info.find(':'), info.size());
    base.user = PercentDecode(info.substr(0, colon));
    base.password = PercentDecode(info.substr(std::min(colon + 1, info.size())));
    base.has_user = true;
    authority.remove_prefix(at + 1);
  }
  if (authority.empty()) return bad("no host");
  base.url =
      std::string(scheme) + "://" + std::string(authority) + std::string(rest.substr(path_at));
  base.shown = base.url;
  return base;
}

// Owns a list of header lines.
class HeaderLines {
 public:
  ~HeaderLines() { curl_slist_free_all(list_); }
  HeaderLines() = default;
  HeaderLines(const HeaderLines&) = delete;
  HeaderLines& operator=(const HeaderLines&) = delete;

  void Add(std::string_view name, std::string_view value) {
    const std::string line = value.empty() ? std::string(name) + ";"  // curl's way to say empty
                                           : std::string(name) + ": " + std::string(value);
    curl_slist* longer = curl_slist_append(list_, line.c_str());
    CHECK(longer != nullptr);
    list_ = longer;
  }
  void Suppress(std::string_view name) {
    list_ = curl_slist_append(list_, (std::string(name) + ":").c_str());
  }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

// What one call gathers while curl calls back.
struct Answer {
  CURL* easy = nullptr;
  HttpResponse response;
  size_t body_bytes_max = 0;
  const std::function<bool(std::string_view)>* on_bytes = nullptr;  // Stream()
  bool ended_by_reader = false;
  bool too_large = false;
};

std::string_view TrimLine(std::string_view line) {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!line.empty() && space(line.back())) line.remove_suffix(1);
  while (!line.empty() && space(line.front())) line.remove_prefix(1);
  return line;
}

size_t OnHeader(char* bytes, size_t, size_t size, void* user) {
  auto& answer = *static_cast<Answer*>(user);
  const std::string_view line = TrimLine({bytes, size});
  if (line.starts_with("HTTP/")) {  // also after a 100 Continue: what came before is void
    answer.response = {};
    const size_t code = line.find(' ');
    const size_t reason = code == line.npos ? line.npos : line.find(' ', code + 1);
    if (reason != line.npos) answer.response.reason = line.substr(reason + 1);
    return size;
  }
  const size_t colon = line.find(':');
  if (colon == line.npos) return size;
  answer.response.headers.Add(TrimLine(line.substr(0, colon)), TrimLine(line.substr(colon + 1)));
  return size;
}

size_t OnBody(char* bytes, size_t, size_t size, void* user) {
  auto& answer = *static_cast<Answer*>(user);
  if (answer.on_bytes != nullptr) {
    long status = 0;
    curl_easy_getinfo(answer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) {
      if ((*answer.on_bytes)({bytes, size})) return size;
      answer.ended_by_reader = true;
      return 0;
    }
  }
  if (answer.response.body.size() + size > answer.body_bytes_max) {
    answer.too_large = true;
    return 0;
  }
  answer.response.body.append(bytes, size);
  return size;
}

}  // namespace

struct HttpClient::Impl {
  explicit Impl(HttpClientOptions o, BaseUrl b) : options(std::move(o)), base(std::move(b)) {
    InitializeCurl();
    easy = curl_easy_init();
    multi = curl_multi_init();
    CHECK(easy != nullptr && multi != nullptr);
  }
  ~Impl() {
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<HttpResponse> Call(const HttpCall& call, Answer& answer);
  void SetUp(const HttpCall& call, const std::string& url, Answer& answer, HeaderLines& lines);
  void SetMethod(const HttpCall& call);
  CURLcode Perform();
  Error Describe(CURLcode code, const std::string& what, const Answer& answer) const;

  const HttpClientOptions options;
  const BaseUrl base;
  CURL* easy = nullptr;
  CURLM* multi = nullptr;  // keeps the connection between calls
  std::atomic<bool> cancelled = false;
  char error_text[CURL_ERROR_SIZE] = {};
};

void HttpClient::Impl::SetMethod(const HttpCall& call) {
  const std::string method(MethodName(call.method));
  const bool has_body = call.method != Method::kGet && call.method != Method::kHead &&
                        (call.method != Method::kDelete || !call.body.empty());
  if (call.method == Method::kHead) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (has_body) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
}

void HttpClient::Impl::SetUp(const HttpCall& call,
                             const std::string& url,
                             Answer& answer,
                             HeaderLines& lines) {
  curl_easy_reset(easy);  // keeps the connection
  error_text[0] = '\0';
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(options.connect_timeout));
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, answer.on_bytes != nullptr ? nullptr : "");
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &answer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
  SetMethod(call);
  if (answer.on_bytes != nullptr) {
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy,
                     CURLOPT_LOW_SPEED_TIME,
                     std::max(Milliseconds(options.stream_silence_max) / 1000, 1L));
  } else {
    const Duration timeout = call.timeout > Duration::zero() ? call.timeout : options.timeout;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, Milliseconds(timeout));
  }
  if (!base.unix_path.empty()) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, base.unix_path.c_str());
  }
  if (!options.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  if (base.has_user) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_USERNAME, base.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, base.password.c_str());
  }
  lines.Suppress("Expect");  // a round trip for nothing
  if (!options.bearer_token.empty()) lines.Add("Authorization", "Bearer " + options.bearer_token);
  if (!call.content_type.empty()) {
    lines.Add("Content-Type", call.content_type);
  } else {
    lines.Suppress("Content-Type");  // curl would say it is a form
  }
  for (size_t i = 0; i < call.headers.size(); ++i) {
    lines.Add(call.headers[i].name, call.headers[i].value);
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines.get());
}

CURLcode HttpClient::Impl::Perform() {
  CHECK(curl_multi_add_handle(multi, easy) == CURLM_OK);
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  int running = 1;
  while (running > 0 && !cancelled) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) break;
    if (running > 0) curl_multi_poll(multi, nullptr, 0, kPollMilliseconds, nullptr);
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  }
  curl_multi_remove_handle(multi, easy);
  return code;
}

Error HttpClient::Impl::Describe(CURLcode code,
                                 const std::string& what,
                                 const Answer& answer) const {
  if (cancelled) return {ErrorCode::kUnavailable, what + ": cancelled"};
  if (answer.too_large) {
    return {
        ErrorCode::kInvalid,
        what + ": the answer has more than " + std::to_string(answer.body_bytes_max) + " bytes"};
  }
  const std::string why = error_text[0] != '\0' ? error_text : curl_easy_strerror(code);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return {ErrorCode::kTimeout, what + ": " + why};
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING: return {ErrorCode::kInvalid, what + ": " + why};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return {ErrorCode::kDenied, what + ": " + why};
    default: return {ErrorCode::kUnavailable, what + ": " + why};
  }
}

Result<HttpResponse> HttpClient::Impl::Call(const HttpCall& call, Answer& answer) {
  const std::string url = base.url + call.path;
  const std::string what =
      std::string(MethodName(call.method)) + " " + base.shown +
      call.path.substr(0, call.path.find('?'));  // the query may be long, or secret
  if (cancelled) return std::unexpected(Describe(CURLE_OK, what, answer));
  answer.easy = easy;
  answer.body_bytes_max = options.body_bytes_max;
  HeaderLines lines;
  SetUp(call, url, answer, lines);
  const CURLcode code = Perform();
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, nullptr);
  if (code != CURLE_OK && !(answer.ended_by_reader && !cancelled)) {
    return std::unexpected(Describe(code, what, answer));
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  answer.response.status = static_cast<int>(status);
  answer.response.content_type = answer.response.headers.Find("Content-Type").value_or("");
  return std::move(answer.response);
}

Result<std::unique_ptr<HttpClient>> HttpClient::Make(HttpClientOptions options) {
  BaseUrl base = TRY(ParseBaseUrl(options.base_url));
  return std::unique_ptr<HttpClient>(
      new HttpClient(std::make_unique<Impl>(std::move(options), std::move(base))));
}

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::~HttpClient() = default;

Result<HttpResponse> HttpClient::Send(const HttpCall& call) {
  Answer answer;
  return impl_->Call(call, answer);
}

Result<HttpResponse> HttpClient::Stream(
    const HttpCall& call, const std::function<bool(std::string_view bytes)>& on_bytes) {
  Answer answer;
  answer.on_bytes = &on_bytes;
  return impl_->Call(call, answer);
}

void HttpClient::Cancel() {
  impl_->cancelled = true;
  curl_multi_wakeup(impl_->multi);
}

void HttpClient::Resume() {
  impl_->cancelled = false;
}
bool HttpClient::IsCancelled() const {
  return impl_->cancelled;
}
const std::string& HttpClient::base_url() const {
  return impl_->base.shown;
}

}  // namespace headrace::net
