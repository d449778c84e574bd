// scrypt, SHA-256, HMAC and random bytes of OpenSSL.

#include "api/secret.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/check.h"

namespace headrace::api {
namespace {

constexpr std::string_view kScrypt = "scrypt$";
constexpr std::string_view kTokenPrefix = "hr_";
constexpr size_t kTokenIdDigits = 8;
constexpr size_t kSaltBytes = 16;
constexpr size_t kHashBytes = 32;
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct Cost {
  uint64_t log2_n = 15;
  uint64_t r = 8;
  uint64_t p = 3;
};

struct ScryptHash {
  Cost cost;
  std::string salt;
  std::string hash;
};

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string RandomBytes(size_t size) {
  std::string bytes(size, '\0');
  const int done =
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size));
  CHECK(done == 1);
  return bytes;
}

std::string ToBase64Url(std::string_view bytes) {
  std::string text;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) text += kBase64Url[bits >> (count - 6) & 63];
  }
  if (count > 0) text += kBase64Url[bits << (6 - count) & 63];
  return text;
}

// Both alphabets, with or without '=' at the end.
std::optional<std::string> FromBase64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
    const size_t at = kBase64Url.find(c);
    if (at == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(at);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 255);
  }
  return bytes;
}

std::string ToHex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<std::string> Scrypt(std::string_view password,
                                  std::string_view salt,
                                  const Cost& cost) {
  std::string hash(kHashBytes, '\0');
  const uint64_t memory_max = (uint64_t{1} << cost.log2_n) * cost.r * 128 + (8 << 20);
  const int done = EVP_PBE_scrypt(password.data(),
                                  password.size(),
                                  Bytes(salt),
                                  salt.size(),
                                  uint64_t{1} << cost.log2_n,
                                  cost.r,
                                  cost.p,
                                  memory_max,
                                  reinterpret_cast<unsigned char*>(hash.data()),
                                  hash.size());
  if (done != 1) return std::nullopt;
  return hash;
}

// Costs beyond what this program would ever write are refused: the file must not stop us.
std::optional<ScryptHash> ParseHash(std::string_view text) {
  if (!text.starts_with(kScrypt)) return std::nullopt;
  text.remove_prefix(kScrypt.size());
  std::vector<std::string_view> parts;
  while (true) {
    const size_t dollar = text.find('$');
    parts.push_back(text.substr(0, dollar));
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
  }
  if (parts.size() != 5) return std::nullopt;
  ScryptHash hash;
  const std::array<uint64_t*, 3> costs = {&hash.cost.log2_n, &hash.cost.r, &hash.cost.p};
  const std::array<uint64_t, 3> highest = {18, 16, 16};
  for (size_t i = 0; i < costs.size(); ++i) {
    const auto [end, error] =
        std::from_chars(parts[i].data(), parts[i].data() + parts[i].size(), *costs[i]);
    const bool whole = error == std::errc() && end == parts[i].data() + parts[i].size();
    if (!whole || *costs[i] == 0 || *costs[i] > highest[i]) return std::nullopt;
  }
  const auto salt = FromBase64(parts[3]);
  const auto bytes = FromBase64(parts[4]);
  if (!salt || !bytes || salt->size() < kSaltBytes || bytes->size() != kHashBytes) {
    return std::nullopt;
  }
  hash.salt = *salt;
  hash.hash = *bytes;
  return hash;
}

}  // namespace

Result<std::string> HashPassword(std::string_view password) {
  const Cost cost;
  const std::string salt = RandomBytes(kSaltBytes);
  const auto hash = Scrypt(password, salt, cost);
  if (!hash) return Fail(ErrorCode::kUnavailable, "hashing a password: out of memory");
  return std::string(kScrypt) + std::to_string(cost.log2_n) + "$" + std::to_string(cost.r) + "$" +
         std::to_string(cost.p) + "$" + ToBase64Url(salt) + "$" + ToBase64Url(*hash);
}

bool VerifyPassword(std::string_view password, std::string_view hash) {
  const auto known = ParseHash(hash);
  if (!known || password.size() > kPasswordBytesMax) return false;
  const auto computed = Scrypt(password, known->salt, known->cost);
  return computed && EqualInConstantTime(*computed, known->hash);
}

bool IsPasswordHash(std::string_view hash) {
  return ParseHash(hash).has_value();
}

NewToken MakeToken() {
  NewToken token;
  token.id = ToHex(RandomBytes(kTokenIdDigits / 2));
  token.text = std::string(kTokenPrefix) + token.id + "_" + RandomText(kHashBytes);
  return token;
}

std::optional<std::string_view> TokenIdOf(std::string_view token) {
  if (!token.starts_with(kTokenPrefix)) return std::nullopt;
  token.remove_prefix(kTokenPrefix.size());
  if (token.find('_') != kTokenIdDigits) return std::nullopt;
  return token.substr(0, kTokenIdDigits);
}

std::string RandomText(size_t bytes) {
  return ToBase64Url(RandomBytes(bytes));
}

std::string Sha256Hex(std::string_view text) {
  std::string hash(kHashBytes, '\0');
  const int done = EVP_Digest(text.data(),
                              text.size(),
                              reinterpret_cast<unsigned char*>(hash.data()),
                              nullptr,
                              EVP_sha256(),
                              nullptr);
  CHECK(done == 1);
  return ToHex(hash);
}

std::string HmacSha256(std::string_view key, std::string_view text) {
  std::string hash(kHashBytes, '\0');
  unsigned int size = 0;
  const unsigned char* done = HMAC(EVP_sha256(),
                                   key.data(),
                                   static_cast<int>(key.size()),
                                   Bytes(text),
                                   text.size(),
                                   reinterpret_cast<unsigned char*>(hash.data()),
                                   &size);
  CHECK(done != nullptr && size == kHashBytes);
  return hash;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::string> Base64Decode(std::string_view text) {
  return FromBase64(text);
}

}  // namespace headrace::api
