// Sessions: who has logged in at the page. In memory alone: after a restart one logs in again.
//
// The cookie is a random text of which only a hash is kept. Each session has a second one, the CSRF
// token, which the page must send with what changes something: a foreign page can have the cookie
// sent, but cannot know the token. One thread at a time.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace headrace::api {

struct Session {
  std::string user;
  std::string password;  // its hash at login: a new password ends the session
  std::string csrf;
  Timestamp expires_at;
};

class Sessions {
 public:
  static constexpr size_t kSessionsMax = 10'000;

  // The cookie's value. With too many sessions, that which expires next is over.
  std::string Open(Session session);
  const Session* Find(std::string_view cookie, Timestamp now) const;
  void Close(std::string_view cookie);
  void DropExpired(Timestamp now);
  size_t size() const { return sessions_.size(); }

 private:
  std::unordered_map<std::string, Session> sessions_;  // by the SHA-256 of the cookie
};

constexpr std::string_view kSessionCookie = "headrace_session";

// The value of our cookie in a Cookie header.
std::optional<std::string_view> SessionCookieOf(std::string_view cookies);

}  // namespace headrace::api
