// SmtpClient: hands one mail at a time to a mail server, over libcurl. Blocking; a connection a
// mail.
//
// One thread at a time calls Send(); Cancel() comes from any other.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace headrace::net {

enum class SmtpTls : uint8_t {
  kNone,
  kIfOffered,  // STARTTLS where the server offers it
  kAlways,     // from the first byte
};

struct SmtpOptions {
  std::string host = "localhost";
  uint16_t port = 0;  // 0: 25, with kAlways 465
  SmtpTls tls = SmtpTls::kIfOffered;
  bool verify = false;         // the server's certificate and name
  std::string local_hostname;  // said in EHLO; empty: this machine's
  std::string username;        // with `password`: logs in
  std::string password;
  Duration timeout = std::chrono::seconds(10);  // to connect, and for each answer
};

class SmtpClient {
 public:
  explicit SmtpClient(SmtpOptions options);
  ~SmtpClient();

  SmtpClient(const SmtpClient&) = delete;
  SmtpClient& operator=(const SmtpClient&) = delete;

  // `message` is RFC 5322 text with CRLF. kUnavailable and kTimeout: worth another try, nobody has
  // it (or the server did not say so). kInvalid: the server refuses this mail for good (5xx).
  // kDenied: it does not let us in (login, certificate).
  Result<void> Send(const std::string& sender,
                    const std::vector<std::string>& recipients,
                    std::string_view message);

  // Any thread: what runs returns at once with kUnavailable, and so do all later calls.
  void Cancel();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace headrace::net
