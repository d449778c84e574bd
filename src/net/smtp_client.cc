// SMTP over libcurl. See smtp_client.h.
//
// The multi handle can be woken by Cancel(). What it cannot interrupt is curl's good-bye (QUIT), so
// Cancel() also shuts the socket down.

#include "net/smtp_client.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/check.h"
#include "net/curl.h"

namespace headrace::net {
namespace {

constexpr int kPollMilliseconds = 1000;
constexpr size_t kAnswerBytesMax = 500;

struct Reading {
  std::string_view rest;
};

size_t OnRead(char* buffer, size_t size, size_t count, void* user) {
  auto& reading = *static_cast<Reading*>(user);
  const size_t bytes = std::min(size * count, reading.rest.size());
  std::memcpy(buffer, reading.rest.data(), bytes);
  reading.rest.remove_prefix(bytes);
  return bytes;
}

size_t OnWrite(char*, size_t size, size_t count, void*) {
  return size * count;
}

// curl hands the server's answers over line by line: the last refusal says what went wrong.
size_t OnAnswer(char* bytes, size_t size, size_t count, void* user) {
  std::string_view line(bytes, size * count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  const bool refusal = line.starts_with('4') || line.starts_with('5');
  if (refusal) static_cast<std::string*>(user)->assign(line.substr(0, kAnswerBytesMax));
  return size * count;
}

long Milliseconds(Duration duration) {
  const auto count = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return static_cast<long>(std::max<decltype(count)>(count, 1));
}

CURLM* MakeMulti() {
  InitializeCurl();
  CURLM* const multi = curl_multi_init();
  CHECK(multi != nullptr);
  return multi;
}

class Recipients {
 public:
  explicit Recipients(const std::vector<std::string>& addresses) {
    for (const std::string& address : addresses) {
      curl_slist* longer = curl_slist_append(list_, address.c_str());
      CHECK(longer != nullptr);
      list_ = longer;
    }
  }
  ~Recipients() { curl_slist_free_all(list_); }
  Recipients(const Recipients&) = delete;
  Recipients& operator=(const Recipients&) = delete;
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

}  // namespace

struct SmtpClient::Impl {
  explicit Impl(SmtpOptions o) : options(std::move(o)), multi(MakeMulti()) {}
  ~Impl() { curl_multi_cleanup(multi); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  static curl_socket_t Open(void* user, curlsocktype, curl_sockaddr* address) {
    auto& self = *static_cast<Impl*>(user);
    const int made = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    const std::lock_guard lock(self.mutex);
    if (self.cancelled && made >= 0) ::shutdown(made, SHUT_RDWR);
    self.connected = made;
    return made;
  }
  static int Close(void* user, curl_socket_t socket) {
    auto& self = *static_cast<Impl*>(user);
    const std::lock_guard lock(self.mutex);
    if (self.connected == socket) self.connected = -1;
    return ::close(socket);
  }

  std::string Url() const;
  void SetUp(CURL* easy, Reading& reading);
  CURLcode Perform(CURL* easy);
  Error Describe(CURLcode code, long status, const char* text) const;

  const SmtpOptions options;
  CURLM* const multi;
  std::string answer;  // the server's last refusal
  std::atomic<bool> cancelled = false;
  std::mutex mutex;  // of `connected`
  int connected = -1;
};

std::string SmtpClient::Impl::Url() const {
  const bool tls = options.tls == SmtpTls::kAlways;
  const bool is_v6 = options.host.find(':') != std::string::npos && !options.host.starts_with('[');
  std::string url = tls ? "smtps://" : "smtp://";
  url += is_v6 ? "[" + options.host + "]" : options.host;
  const int port = options.port != 0 ? options.port : tls ? 465 : 25;
  url += ":" + std::to_string(port);
  if (!options.local_hostname.empty()) url += "/" + options.local_hostname;
  return url;
}

void SmtpClient::Impl::SetUp(CURL* easy, Reading& reading) {
  const long seconds = std::max(Milliseconds(options.timeout) / 1000, 1L);
  curl_easy_setopt(easy, CURLOPT_URL, Url().c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(options.timeout));
  curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, seconds);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // waits for no name server at the end
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, Open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, Close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  if (options.tls != SmtpTls::kNone) {
    const long use = options.tls == SmtpTls::kIfOffered ? CURLUSESSL_TRY : CURLUSESSL_ALL;
    curl_easy_setopt(easy, CURLOPT_USE_SSL, use);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, options.verify ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, options.verify ? 2L : 0L);
  }
  if (!options.username.empty() && !options.password.empty()) {
    curl_easy_setopt(easy, CURLOPT_USERNAME, options.username.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, options.password.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);  // curl's own three l's
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, OnRead);
  curl_easy_setopt(easy, CURLOPT_READDATA, &reading);
  curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(reading.rest.size()));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnWrite);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, OnAnswer);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &answer);
}

CURLcode SmtpClient::Impl::Perform(CURL* easy) {
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

Error SmtpClient::Impl::Describe(CURLcode code, long status, const char* text) const {
  const std::string what = "mail server " + options.host + ": ";
  if (cancelled) return {ErrorCode::kUnavailable, what + "cancelled"};
  const std::string why = *text != '\0' ? text : curl_easy_strerror(code);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return {ErrorCode::kTimeout, what + why};
    case CURLE_LOGIN_DENIED:
      return {ErrorCode::kDenied, what + why, "Check smtp.username and smtp.password."};
    case CURLE_PEER_FAILED_VERIFICATION: return {ErrorCode::kDenied, what + why};
    default: break;
  }
  if (status < 400) return {ErrorCode::kUnavailable, what + why};
  // 53x: we are not let in, which the next try may change; other 5xx: this very mail is refused.
  const bool refused = status >= 500 && status / 10 != 53;
  return {refused ? ErrorCode::kInvalid : ErrorCode::kUnavailable, what + "it says: " + answer};
}

SmtpClient::SmtpClient(SmtpOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

SmtpClient::~SmtpClient() = default;

Result<void> SmtpClient::Send(const std::string& sender,
                              const std::vector<std::string>& recipients,
                              std::string_view message) {
  Impl& impl = *impl_;
  if (impl.cancelled) return std::unexpected(impl.Describe(CURLE_OK, 0, ""));
  impl.answer.clear();
  CURL* easy = curl_easy_init();
  CHECK(easy != nullptr);
  char text[CURL_ERROR_SIZE] = {};
  Reading reading{message};
  const Recipients list(recipients);
  impl.SetUp(easy, reading);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, text);
  curl_easy_setopt(easy, CURLOPT_MAIL_FROM, sender.c_str());
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, list.get());
  const CURLcode code = impl.Perform(easy);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(easy);
  if (code == CURLE_OK) return {};
  return std::unexpected(impl.Describe(code, status, text));
}

void SmtpClient::Cancel() {
  impl_->cancelled = true;
  curl_multi_wakeup(impl_->multi);
  const std::lock_guard lock(impl_->mutex);
  if (impl_->connected >= 0) ::shutdown(impl_->connected, SHUT_RDWR);
}

}  // namespace headrace::net
