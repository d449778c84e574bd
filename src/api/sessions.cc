// The table of sessions, and the cookie.

#include "api/sessions.h"

#include <algorithm>
#include <utility>

#include "api/secret.h"

namespace headrace::api {

std::string Sessions::Open(Session session) {
  if (sessions_.size() >= kSessionsMax) {
    sessions_.erase(std::ranges::min_element(
        sessions_, {}, [](const auto& at) { return at.second.expires_at; }));
  }
  std::string cookie = RandomText(32);
  session.csrf = RandomText(24);
  sessions_.insert_or_assign(Sha256Hex(cookie), std::move(session));
  return cookie;
}

const Session* Sessions::Find(std::string_view cookie, Timestamp now) const {
  const auto found = sessions_.find(Sha256Hex(cookie));
  if (found == sessions_.end() || found->second.expires_at <= now) return nullptr;
  return &found->second;
}

void Sessions::Close(std::string_view cookie) {
  sessions_.erase(Sha256Hex(cookie));
}

void Sessions::DropExpired(Timestamp now) {
  std::erase_if(sessions_, [&](const auto& at) { return at.second.expires_at <= now; });
}

std::optional<std::string_view> SessionCookieOf(std::string_view cookies) {
  while (!cookies.empty()) {
    std::string_view pair = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(pair.size() + 1, cookies.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (!pair.starts_with(kSessionCookie)) continue;
    pair.remove_prefix(kSessionCookie.size());
    if (pair.starts_with('=')) return pair.substr(1);
  }
  return std::nullopt;
}

}  // namespace headrace::api
