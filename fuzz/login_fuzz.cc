// What a stranger may bring to the door: an Authorization header, cookies, a path to go on to, a
// token, a users file. None of it is believed, and none leads to another site.

#include <cstdint>
#include <string>
#include <string_view>

#include "api/login_page.h"
#include "api/role.h"
#include "api/secret.h"
#include "api/sessions.h"
#include "api/user_file.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headrace::api;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  const std::string next = SafeNext(text);
  CHECK(!next.starts_with('/') && !next.starts_with('\\'));
  CHECK(next.find("//") == std::string::npos || next.find_first_of("?#") < next.find("//"));
  CHECK(next.find_first_of("\r\n") == std::string::npos);
  CHECK(LoginPage(text, text).body.find("<script") == std::string::npos);

  CHECK(!IsPasswordHash(text) || text.starts_with("scrypt$"));
  if (const auto id = TokenIdOf(text)) CHECK(id->size() == 8);
  if (const auto bytes = Base64Decode(text)) CHECK(bytes->size() <= size);
  if (const auto cookie = SessionCookieOf(text)) CHECK(cookie->find(';') == cookie->npos);
  const Access access = AccessOf(headrace::net::Method::kPost, text);
  CHECK(access != Access::kRead || text.starts_with('/'));

  if (const auto users = ParseUsers(text)) {
    const auto again = ParseUsers(FormatUsers(*users));
    CHECK(again && FormatUsers(*again) == FormatUsers(*users));
  }
  return 0;
}
