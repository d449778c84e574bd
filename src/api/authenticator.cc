// Who sent a request: tokens, passwords, sessions; and the thread that checks passwords.

#include "api/authenticator.h"

#include <algorithm>
#include <array>
#include <map>
#include <sys/stat.h>
#include <utility>

#include "api/login_page.h"
#include "api/refusal.h"
#include "api/secret.h"
#include "base/check.h"
#include "base/json_writer.h"
#include "net/form.h"

namespace headrace::api {
namespace {

constexpr size_t kLoginsMax = 64;  // passwords that wait to be checked
constexpr size_t kRememberedMax = 4096;
constexpr Duration kTick = std::chrono::seconds(1);
constexpr std::string_view kOwnName = "headrace";  // of the parts in this process

// For logs: what a stranger typed is not printed unless it is a name.
std::string_view Shown(std::string_view user) {
  return IsUserName(user) ? user : std::string_view("?");
}

// The throttle's keys of a login, and what a mistake costs each.
std::array<std::pair<std::string, double>, 3> KeysOf(std::string_view peer, std::string_view user) {
  const std::string name(Shown(user));
  const std::string address(peer);
  return {{{"pair " + address + " " + name, 1}, {"peer " + address, 0.2}, {"user " + name, 0.2}}};
}

std::string_view AfterScheme(std::string_view header, std::string_view scheme) {
  if (header.size() <= scheme.size() || header[scheme.size()] != ' ') return {};
  for (size_t i = 0; i < scheme.size(); ++i) {
    if ((header[i] | 0x20) != scheme[i]) return {};
  }
  header.remove_prefix(scheme.size());
  while (header.starts_with(' ')) header.remove_prefix(1);
  return header;
}

// Changes when the file does: renamed over (inode), written (size, time).
std::string LookOf(const std::string& path) {
  struct stat status{};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) return "";
  return std::to_string(status.st_ino) + ":" + std::to_string(status.st_size) + ":" +
         std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
}

}  // namespace

struct Authenticator::Directory {
  struct Owned {
    size_t user = 0;  // in users.entries
    const TokenEntry* token = nullptr;
  };
  Users users;
  std::map<std::string, Owned, std::less<>> tokens;  // by id
};

struct Authenticator::Login {
  std::string peer;
  std::string user;
  std::string password;
  // For a request that waits in the gate…
  std::optional<net::GateTicket> ticket;
  Access access = Access::kRead;
  net::HttpRequest head;  // without its body
  // …or the login form.
  std::optional<net::Responder> responder;
  std::string next;
};

Authenticator::Authenticator(AuthOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      key_(RandomText(32)),
      directory_(std::make_shared<const Directory>()),
      logins_(kLoginsMax) {}

Authenticator::~Authenticator() {
  Stop();
}

Result<void> Authenticator::Start(Log log) {
  log_ = std::move(log);
  file_seen_ = LookOf(options_.users_file);
  TRY(ReadUsers());
  thread_ = std::thread([this] { Run(); });
  return {};
}

void Authenticator::Stop() {
  logins_.Close();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const Authenticator::Directory> Authenticator::directory() const {
  const std::lock_guard lock(mutex_);
  return directory_;
}

Result<void> Authenticator::ReadUsers() {
  if (options_.users_file.empty()) return {};
  auto next = std::make_shared<Directory>();
  next->users = TRY(ReadUserFile(options_.users_file));
  for (size_t i = 0; i < next->users.entries.size(); ++i) {
    for (const TokenEntry& token : next->users.entries[i].tokens) {
      next->tokens.try_emplace(token.id, Directory::Owned{i, &token});
    }
  }
  if (!next->users.entries.empty()) required_ = true;  // and never false again
  const std::lock_guard lock(mutex_);
  directory_ = std::move(next);
  return {};
}

// --- on the io threads ---

net::GateAnswer Authenticator::Check(net::HttpRequest& head) {
  if (!required_ && !IsOfBrowser(head)) return {};  // a million times a minute: no table
  const Access access = AccessOf(head.method, head.path);
  const bool changes = access != Access::kPublic && access != Access::kRead;
  const bool logs_in = access == Access::kPublic && head.method == net::Method::kPost;
  if ((changes || logs_in) && IsForeign(head)) {
    return {.refusal = Denied(head,
                              403,
                              "a page of another site may not change anything here",
                              "[cors] allowed_origins names the sites that may"),
            .decide = {}};
  }
  if (access == Access::kPublic || !required_) return {};
  return Judge(head, access, Identify(head));
}

// Browsers say where a request comes from; programs do not.
bool Authenticator::IsOfBrowser(const net::HttpRequest& head) {
  return head.headers.Find("Origin") || head.headers.Find("Sec-Fetch-Site");
}

bool Authenticator::IsForeign(const net::HttpRequest& head) const {
  if (const auto site = head.headers.Find("Sec-Fetch-Site")) {
    if (*site == "same-origin" || *site == "none") return false;
  }
  const auto origin = head.headers.Find("Origin");
  if (!origin) return head.headers.Find("Sec-Fetch-Site").has_value();
  if (options_.any_origin) return false;
  if (std::ranges::find(options_.allowed_origins, *origin) != options_.allowed_origins.end()) {
    return false;
  }
  const size_t scheme = origin->find("://");
  const std::string_view host = scheme == std::string_view::npos ? "" : origin->substr(scheme + 3);
  return host.empty() || host != head.headers.Find("Host").value_or("");
}

Authenticator::Identity Authenticator::Identify(const net::HttpRequest& head) const {
  if (const auto header = head.headers.Find("Authorization")) {
    if (const auto token = AfterScheme(*header, "bearer"); !token.empty()) {
      return FromToken(token, {});
    }
    if (const auto encoded = AfterScheme(*header, "basic"); !encoded.empty()) {
      return FromBasic(encoded);
    }
    return {.proof = Proof::kWrong, .problem = "Authorization is neither Basic nor Bearer"};
  }
  if (const auto cookies = head.headers.Find("Cookie")) return FromCookie(*cookies);
  return {};
}

// A token that comes with a user's name (Basic) must be that user's.
Authenticator::Identity Authenticator::FromToken(std::string_view token,
                                                 std::string_view user) const {
  if (!options_.own_token.empty() && EqualInConstantTime(token, options_.own_token)) {
    return {.proof = Proof::kRight, .user = std::string(kOwnName), .role = Role::kAdmin};
  }
  const Identity wrong{.proof = Proof::kWrong, .user = std::string(user)};
  const auto id = TokenIdOf(token);
  if (!id) return wrong;
  const auto known = directory();
  const auto found = known->tokens.find(*id);
  if (found == known->tokens.end()) return wrong;
  const TokenEntry& entry = *found->second.token;
  const UserEntry& owner = known->users.entries[found->second.user];
  if (!EqualInConstantTime(Sha256Hex(token), entry.hash)) return wrong;
  if (!user.empty() && user != owner.name && user != "token") return wrong;
  if (entry.expires_at && *entry.expires_at <= clock_.Now()) {
    return {.proof = Proof::kWrong, .user = owner.name, .problem = "this token has expired"};
  }
  return {.proof = Proof::kRight, .user = owner.name, .role = owner.role};
}

Authenticator::Identity Authenticator::FromBasic(std::string_view encoded) const {
  const auto pair = Base64Decode(encoded);
  const size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return {.proof = Proof::kWrong,
            .problem = "Authorization: Basic is not base64 of user:password"};
  }
  Identity identity{.proof = Proof::kWrong, .user = pair->substr(0, colon)};
  const std::string_view password = std::string_view(*pair).substr(colon + 1);
  if (TokenIdOf(password) || (!options_.own_token.empty() && password == options_.own_token)) {
    return FromToken(password, identity.user == kOwnName ? "token" : identity.user);
  }
  const auto known = directory();
  const UserEntry* user = known->users.Find(identity.user);
  if (user != nullptr && !user->password.empty()) {
    const std::string remembered = Remembered(*user, password);
    const std::lock_guard lock(mutex_);
    if (right_.contains(remembered)) {
      identity.proof = Proof::kRight;
      identity.role = user->role;
      return identity;
    }
  }
  identity.proof = Proof::kCheck;
  identity.password = password;
  return identity;
}

Authenticator::Identity Authenticator::FromCookie(std::string_view cookies) const {
  const auto cookie = SessionCookieOf(cookies);
  if (!cookie) return {};
  const auto known = directory();
  const std::lock_guard lock(mutex_);
  const Session* session = sessions_.Find(*cookie, clock_.Now());
  if (session == nullptr) return {};
  const UserEntry* user = known->users.Find(session->user);
  if (user == nullptr || user->password != session->password) return {};
  return {.proof = Proof::kRight,
          .user = user->name,
          .role = user->role,
          .by_cookie = true,
          .csrf = session->csrf};
}

net::GateAnswer Authenticator::Judge(net::HttpRequest& head, Access access, Identity identity) {
  if (identity.proof == Proof::kCheck) return Defer(head, access, std::move(identity));
  if (identity.proof == Proof::kWrong && identity.problem == nullptr) {
    const Duration wait = WaitOf(head.peer, identity.user);
    AddMistake(head.peer, identity.user);
    if (wait > Duration::zero()) return {.refusal = TooManyMistakes(head, wait), .decide = {}};
  }
  if (auto refusal = Refusal(head, access, identity)) {
    return {.refusal = std::move(refusal), .decide = {}};
  }
  head.user = std::move(identity.user);
  return {};
}

std::optional<net::HttpResponse> Authenticator::Refusal(const net::HttpRequest& head,
                                                        Access access,
                                                        const Identity& identity) const {
  if (identity.proof == Proof::kNone) return LoginNeeded(head);
  if (identity.proof == Proof::kWrong) {
    return Unauthorized(
        head, identity.problem != nullptr ? identity.problem : "wrong user, password or token");
  }
  if (!MayDo(identity.role, access)) {
    return Denied(head,
                  403,
                  identity.user + " is " + std::string(Name(identity.role)) + "; this needs " +
                      std::string(WhoMay(access)),
                  "an administrator gives roles with `headrace user`");
  }
  if (!identity.by_cookie || access == Access::kRead) return std::nullopt;
  const std::string_view sent = head.headers.Find("X-CSRF-Token").value_or("");
  if (EqualInConstantTime(sent, identity.csrf)) return std::nullopt;
  return Denied(head, 403, "X-CSRF-Token is missing or not this session's", "load the page anew");
}

net::GateAnswer Authenticator::Defer(const net::HttpRequest& head,
                                     Access access,
                                     Identity identity) {
  if (const Duration wait = WaitOf(head.peer, identity.user); wait > Duration::zero()) {
    return {.refusal = TooManyMistakes(head, wait), .decide = {}};
  }
  net::HttpRequest copy{.method = head.method, .path = head.path, .query = {}};
  copy.peer = head.peer;
  if (const auto site = head.headers.Find("Sec-Fetch-Site")) {
    copy.headers.Add("Sec-Fetch-Site", *site);
  }
  auto login = std::make_shared<Login>();
  login->peer = head.peer;
  login->user = std::move(identity.user);
  login->password = std::move(identity.password);
  login->access = access;
  login->head = std::move(copy);
  return {.refusal = {}, .decide = [this, login](net::GateTicket ticket) {
            login->ticket.emplace(std::move(ticket));
            const net::HttpRequest asked = login->head;
            if (!logins_.Put(std::move(*login))) login->ticket->Refuse(Busy(asked));
          }};
}

void Authenticator::HandleLogin(net::HttpRequest&& request, net::Responder&& responder) {
  if (request.method != net::Method::kPost) {
    return responder.Send(LoginPage(net::FindFormField(request.query, "next").value_or("")));
  }
  Login login;
  login.peer = request.peer;
  login.user = net::FindFormField(request.body, "user").value_or("");
  login.password = net::FindFormField(request.body, "password").value_or("");
  login.next = SafeNext(net::FindFormField(request.body, "next").value_or(""));
  if (WaitOf(login.peer, login.user) > Duration::zero()) {
    return responder.Send(LoginPage(login.next, "Too many wrong attempts: wait a minute.", 429));
  }
  const std::string next = login.next;
  login.responder.emplace(std::move(responder));
  if (logins_.Put(std::move(login))) return;
  login.responder->Send(LoginPage(next, "Too many people log in just now: try again.", 503));
}

void Authenticator::HandleLogout(const net::HttpRequest& request, net::Responder&& responder) {
  if (request.method != net::Method::kPost) return responder.Send(net::MethodNotAllowed("POST"));
  if (const auto cookies = request.headers.Find("Cookie")) {
    const std::lock_guard lock(mutex_);
    if (const auto cookie = SessionCookieOf(*cookies)) sessions_.Close(*cookie);
  }
  net::HttpResponse response{.status = 204};
  response.headers.Add("Set-Cookie", SessionCookie("", options_.secure_cookies, 0));
  responder.Send(std::move(response));
}

std::string Authenticator::SessionJson(const net::HttpRequest& request) const {
  const Identity identity = required_ ? Identify(request) : Identity{.role = Role::kAdmin};
  std::string text;
  JsonWriter json(text, JsonStyle::kStrict);
  json.BeginObject();
  json.Field("required", required_.load());
  json.Field("user", identity.user);
  json.Field("role", Name(identity.role));
  json.Field("csrf", identity.csrf);
  json.EndObject();
  return text;
}

// Three buckets for a mistake: of this name from there, of everybody from there, of this name from
// anywhere. The last two are five times as large: colleagues share an address.
Duration Authenticator::WaitOf(std::string_view peer, std::string_view user) const {
  const Timestamp now = clock_.Now();
  const std::lock_guard lock(mutex_);
  Duration wait{};
  for (const auto& [key, cost] : KeysOf(peer, user))
    wait = std::max(wait, throttle_.WaitOf(key, now));
  return wait;
}

void Authenticator::AddMistake(std::string_view peer, std::string_view user) {
  const Timestamp now = clock_.Now();
  bool last = false;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, cost] : KeysOf(peer, user)) {
      last |= throttle_.AddMistake(key, now, cost);
    }
  }
  if (last && log_) {
    log_("many wrong logins as '" + std::string(Shown(user)) + "' from " + std::string(peer) +
         ": further ones are refused for a while");
  }
}

std::string Authenticator::Remembered(const UserEntry& user, std::string_view password) const {
  return HmacSha256(key_, user.name + '\0' + user.password + '\0' + std::string(password));
}

// --- on the authenticator's own thread ---

void Authenticator::Run() {
  if (const auto hash = HashPassword(RandomText(16))) decoy_ = *hash;
  std::vector<Login> logins;
  while (logins_.Take(logins, kTick)) {
    for (Login& login : logins) Finish(login);
    Tick();
  }
}

void Authenticator::Finish(Login& login) {
  const Duration wait = WaitOf(login.peer, login.user);
  const bool right = wait == Duration::zero() && IsRight(login.user, login.password);
  const auto known = directory();
  const UserEntry* user = known->users.Find(login.user);
  if (!right || user == nullptr) {
    if (wait == Duration::zero()) AddMistake(login.peer, login.user);
    if (login.ticket) {
      login.ticket->Refuse(wait > Duration::zero()
                               ? TooManyMistakes(login.head, wait)
                               : Unauthorized(login.head, "wrong user, password or token"));
    } else {
      login.responder->Send(LoginPage(login.next, "Wrong name or password.", 401));
    }
    return;
  }
  if (login.ticket) {
    const Identity identity{.proof = Proof::kRight, .user = user->name, .role = user->role};
    auto refusal = Refusal(login.head, login.access, identity);
    return refusal ? login.ticket->Refuse(std::move(*refusal)) : login.ticket->Admit(user->name);
  }
  std::string cookie;
  {
    const std::lock_guard lock(mutex_);
    cookie = sessions_.Open({.user = user->name,
                             .password = user->password,
                             .csrf = {},
                             .expires_at = clock_.Now() + options_.session_life});
  }
  const auto life = std::chrono::floor<std::chrono::seconds>(options_.session_life).count();
  net::HttpResponse response{.status = 303};
  response.headers.Add("Location", "./" + login.next);
  response.headers.Add("Set-Cookie", SessionCookie(cookie, options_.secure_cookies, life));
  response.headers.Add("Cache-Control", "no-store");
  login.responder->Send(std::move(response));
}

// Takes as long for a user there is not. What was right is remembered.
bool Authenticator::IsRight(const std::string& user, std::string_view password) {
  const auto known = directory();
  const UserEntry* entry = known->users.Find(user);
  if (entry == nullptr || entry->password.empty()) {
    (void)VerifyPassword(password, decoy_);
    return false;
  }
  const std::string remembered = Remembered(*entry, password);
  {
    const std::lock_guard lock(mutex_);
    if (right_.contains(remembered)) return true;
  }
  if (!VerifyPassword(password, entry->password)) return false;
  const std::lock_guard lock(mutex_);
  if (right_.size() >= kRememberedMax) right_.clear();
  right_.insert(remembered);
  return true;
}

void Authenticator::Tick() {
  {
    const std::lock_guard lock(mutex_);
    sessions_.DropExpired(clock_.Now());
  }
  std::string look = LookOf(options_.users_file);
  if (look == file_seen_) return;
  file_seen_ = std::move(look);
  if (file_seen_.empty() && required_) {
    if (log_)
      log_("the users file " + options_.users_file + " is gone: its users stay as they were");
    return;
  }
  const auto read = ReadUsers();
  if (read || !log_) return;
  log_(read.error().message + "; the users stay as they were");
}

}  // namespace headrace::api
