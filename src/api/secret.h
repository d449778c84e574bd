// What authentication needs of cryptography, on OpenSSL: password hashes, tokens, comparisons that
// take as long for a wrong guess as for a right one. Stateless; any thread.
//
//   password hash   scrypt$15$8$3$<salt>$<hash>   log2 N, r, p; 16 and 32 bytes in base64url
//   token           hr_<id>_<secret>              8 hex digits, and 32 random bytes in base64url
//   token hash      SHA-256 of the whole token, in hex: it is random, so no slow hash is needed

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace headrace::api {

constexpr size_t kPasswordBytesMin = 8;
constexpr size_t kPasswordBytesMax = 1024;

// Takes 32 MB and a good part of a second: never on an io thread. Errors: out of memory.
Result<std::string> HashPassword(std::string_view password);
// False too where `hash` is no password hash.
bool VerifyPassword(std::string_view password, std::string_view hash);
bool IsPasswordHash(std::string_view hash);

struct NewToken {
  std::string id;
  std::string text;  // whole; shown once and kept nowhere
};
NewToken MakeToken();
// The id in a text of a token's form.
std::optional<std::string_view> TokenIdOf(std::string_view token);

std::string RandomText(size_t bytes);  // base64url of so many random bytes
std::string Sha256Hex(std::string_view text);
// Keyed: what a cache may keep of a password without telling it to who reads the memory later.
std::string HmacSha256(std::string_view key, std::string_view text);
bool EqualInConstantTime(std::string_view a, std::string_view b);

std::optional<std::string> Base64Decode(std::string_view text);  // of "Authorization: Basic"

}  // namespace headrace::api
