// Authenticator: says of each request who sent it and whether he may. Stands in the server's gate,
// before a body is read.
//
//   Authorization: Bearer hr_…           a token
//   Authorization: Basic user:password   a password, or a token in its place (stock Luigi clients)
//   Cookie: headrace_session=…           the page; what changes something needs X-CSRF-Token too
//
// Without users (and without a token of its own) everybody may do everything; but a page of another
// site never makes a browser change anything here. Once there are users, the process never opens
// again, whatever becomes of their file.
//
// A password takes a good part of a second to check, so that is done on the authenticator's own
// thread while the connection waits; one that was right is remembered, by a keyed hash. Check() and
// the others run on the io threads.

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "api/login_throttle.h"
#include "api/role.h"
#include "api/sessions.h"
#include "api/user_file.h"
#include "base/clock.h"
#include "base/mailbox.h"
#include "net/http_server.h"

namespace headrace::api {

struct AuthOptions {
  std::string users_file;  // empty: none
  std::string own_token;   // of the parts in this process: role admin
  Duration session_life = std::chrono::hours(12);
  std::vector<std::string> allowed_origins;  // of pages that may change something: CORS
  bool any_origin = false;
  bool insecure = false;        // beyond loopback without users too
  bool secure_cookies = false;  // TLS
};

class Authenticator {
 public:
  using Log = std::function<void(std::string_view text)>;

  Authenticator(AuthOptions options, const Clock& clock);
  ~Authenticator();  // as Stop()

  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  Result<void> Start(Log log);  // reads the users; errors are the file's
  void Stop();

  bool IsRequired() const { return required_; }
  bool HasOwnToken() const { return !options_.own_token.empty(); }

  net::GateAnswer Check(net::HttpRequest& head);
  // GET and POST of /login, POST of /logout.
  void HandleLogin(net::HttpRequest&& request, net::Responder&& responder);
  void HandleLogout(const net::HttpRequest& request, net::Responder&& responder);
  // {"required","user","role","csrf"} of who asks, for /v1/session.
  std::string SessionJson(const net::HttpRequest& request) const;

 private:
  struct Directory;  // users, and which token is whose
  struct Login;      // a password to be checked
  enum class Proof : uint8_t { kNone, kWrong, kRight, kCheck };
  struct Identity {
    Proof proof = Proof::kNone;
    std::string user;
    Role role = Role::kViewer;
    std::string password;           // kCheck: to be checked
    const char* problem = nullptr;  // kWrong without a mistake of the secret: said as it is
    bool by_cookie = false;
    std::string csrf;
  };

  Identity Identify(const net::HttpRequest& head) const;
  Identity FromToken(std::string_view token, std::string_view user) const;
  Identity FromBasic(std::string_view encoded) const;
  Identity FromCookie(std::string_view cookies) const;
  net::GateAnswer Judge(net::HttpRequest& head, Access access, Identity identity);
  net::GateAnswer Defer(const net::HttpRequest& head, Access access, Identity identity);
  std::optional<net::HttpResponse> Refusal(const net::HttpRequest& head,
                                           Access access,
                                           const Identity& identity) const;
  Duration WaitOf(std::string_view peer, std::string_view user) const;
  void AddMistake(std::string_view peer, std::string_view user);
  static bool IsOfBrowser(const net::HttpRequest& head);
  bool IsForeign(const net::HttpRequest& head) const;  // a browser's, for another site's page

  void Run();
  void Finish(Login& login);
  bool IsRight(const std::string& user, std::string_view password);
  void Tick();
  Result<void> ReadUsers();
  std::shared_ptr<const Directory> directory() const;
  std::string Remembered(const UserEntry& user, std::string_view password) const;

  const AuthOptions options_;
  const Clock& clock_;
  Log log_;
  const std::string key_;  // of remembered passwords; made at the start
  std::string decoy_;      // a hash for users there are not: their check takes as long
  std::atomic<bool> required_ = false;
  mutable std::mutex mutex_;                    // of all below; held for look-ups only
  std::shared_ptr<const Directory> directory_;  // replaced whole
  std::unordered_set<std::string> right_;       // passwords that were
  Sessions sessions_;
  LoginThrottle throttle_;
  std::string file_seen_;  // what the users' file looked like; own thread
  Mailbox<Login> logins_;
  std::thread thread_;
};

}  // namespace headrace::api
