// "127.0.0.1:8082", "[::1]:8082", ":8082", "8082", "unix:/path": where a server listens.

#include <arpa/inet.h>
#include <charconv>

#include "net/http_server.h"

namespace headrace::net {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr size_t kUnixPathMax = 107;  // of sockaddr_un, without its final NUL

Result<uint16_t> ParsePort(std::string_view text, std::string_view whole) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::unexpected(Error{ErrorCode::kInvalid,
                                 "listen address \"" + std::string(whole) + "\": no port",
                                 "Write host:port, for example 127.0.0.1:8082, or unix:/path."});
  }
  return port;
}

}  // namespace

Result<ListenAddress> ListenAddress::Parse(std::string_view text) {
  ListenAddress address;
  if (text.starts_with(kUnix)) {
    address.unix_path = text.substr(kUnix.size());
    if (address.unix_path.starts_with("//")) address.unix_path.erase(0, 1);  // unix:///path
    if (address.unix_path.starts_with("//")) address.unix_path.erase(0, 1);
    if (address.unix_path.empty() || address.unix_path.size() > kUnixPathMax) {
      return Fail(ErrorCode::kInvalid,
                  "listen address \"" + std::string(text) + "\": a socket's path has 1 to " +
                      std::to_string(kUnixPathMax) + " bytes");
    }
    return address;
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    address.port = TRY(ParsePort(text, text));
    return address;
  }
  address.port = TRY(ParsePort(text.substr(colon + 1), text));
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::unexpected(Error{ErrorCode::kInvalid,
                                 "listen address \"" + std::string(text) + "\": ambiguous",
                                 "Write an IPv6 address in brackets: [::1]:8082."});
  }
  address.host = host == "*" ? "" : host;
  return address;
}

std::string ListenAddress::ToString() const {
  if (!unix_path.empty()) return std::string(kUnix) + unix_path;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool ListenAddress::IsLoopback() const {
  if (!unix_path.empty() || host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace headrace::net
