// sendmsg with SCM_RIGHTS; recv into a buffer that is cut at line ends.

#include "host/line_socket.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace headrace::host {
namespace {

constexpr size_t kLineBytesMax = size_t{256} << 20;
constexpr size_t kReadBytes = size_t{64} << 10;
constexpr size_t kDescriptorsMax = 8;
constexpr time_t kSendSeconds = 10;

Error OutOfDescriptors(const char* what) {
  return {ErrorCode::kUnavailable, std::string(what) + ": " + std::strerror(errno)};
}

}  // namespace

Result<std::pair<UniqueFd, UniqueFd>> MakeSocketPair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return std::unexpected(OutOfDescriptors("making a socket pair"));
  }
  const timeval limit{.tv_sec = kSendSeconds, .tv_usec = 0};
  setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

Result<std::pair<UniqueFd, UniqueFd>> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(OutOfDescriptors("making a pipe"));
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

bool LineSocket::Send(std::string_view line, std::span<const int> descriptors) {
  CHECK(descriptors.size() <= kDescriptorsMax);
  std::string text(line);
  text += '\n';
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kDescriptorsMax)> control{};
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
  }
  while (part.iov_len > 0) {
    const ssize_t sent = sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    part.iov_base = static_cast<char*>(part.iov_base) + sent;
    part.iov_len -= static_cast<size_t>(sent);
    message.msg_control = nullptr;  // they went with the first byte
    message.msg_controllen = 0;
  }
  return true;
}

LineSocket::Got LineSocket::Read(std::vector<std::string>& lines) {
  std::array<char, kReadBytes> buffer;
  bool something = false;
  while (true) {
    const ssize_t got = recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (got <= 0) return Got::kEnd;  // ECONNRESET: it died with lines of ours unread
    something = true;
    std::string_view rest(buffer.data(), static_cast<size_t>(got));
    for (size_t end = 0; (end = rest.find('\n')) != std::string_view::npos;) {
      partial_ += rest.substr(0, end);
      if (!partial_.empty()) lines.push_back(std::exchange(partial_, {}));
      rest.remove_prefix(end + 1);
    }
    partial_ += rest;
    if (partial_.size() > kLineBytesMax) return Got::kEnd;
    if (static_cast<size_t>(got) < buffer.size()) break;
  }
  return something ? Got::kSomething : Got::kNothing;
}

}  // namespace headrace::host
