// OpenSSL behind TlsContext and TlsSession.

#include "net/tls.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/stat.h>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/check.h"

namespace headrace::net {
namespace {

std::string LastError() {
  char text[256] = {};
  const unsigned long code = ERR_peek_last_error();
  ERR_error_string_n(code, text, sizeof text);
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason != nullptr ? reason : text;
}

std::unexpected<Error> BadFile(std::string_view what, const std::string& path, std::string why) {
  return std::unexpected(
      Error{ErrorCode::kInvalid,
            "TLS " + std::string(what) + " " + path + ": " + std::move(why),
            "security.tls_certificate and security.tls_key name PEM files that belong together."});
}

std::string LookOf(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return "-";
  return std::to_string(status.st_ino) + ":" + std::to_string(status.st_size) + ":" +
         std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
}

Result<SSL_CTX*> MakeContext(const TlsFiles& files) {
  for (const auto& [what, path] :
       {std::pair{"certificate", &files.certificate}, {"key", &files.key}}) {
    struct stat status{};
    if (::stat(path->c_str(), &status) != 0) return BadFile(what, *path, std::strerror(errno));
  }
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) return Fail(ErrorCode::kUnavailable, "TLS: " + LastError());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                       SSL_MODE_RELEASE_BUFFERS);
  const auto fail = [&](const char* what, const std::string& path) {
    auto error = BadFile(what, path, LastError());
    SSL_CTX_free(context);
    return error;
  };
  // A key behind a passphrase would ask on the terminal.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return fail("certificate", files.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return fail("key", files.key);
  }
  return context;
}

}  // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::Load(TlsFiles files) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets that the client has closed
  std::unique_ptr<TlsContext> context(new TlsContext(std::move(files)));
  context->look_ = context->LookOfFiles();
  context->context_ = TRY(MakeContext(context->files_));
  return context;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

std::string TlsContext::LookOfFiles() const {
  return LookOf(files_.certificate) + " " + LookOf(files_.key);
}

void TlsContext::ReloadIfChanged(const std::function<void(std::string_view text)>& log) {
  std::string look = LookOfFiles();
  {
    const std::lock_guard lock(mutex_);
    if (look == look_) return;
    look_ = std::move(look);
  }
  const auto next = MakeContext(files_);
  if (!next) return log(next.error().message + "; the certificate in use stays");
  const std::lock_guard lock(mutex_);
  SSL_CTX_free(std::exchange(context_, *next));  // sessions hold on to theirs
  log("a new TLS certificate is in use: " + files_.certificate);
}

std::unique_ptr<TlsSession> TlsContext::Accept(int socket) {
  const std::lock_guard lock(mutex_);
  SSL* session = SSL_new(context_);
  if (session == nullptr) return nullptr;
  SSL_set_accept_state(session);
  if (SSL_set_fd(session, socket) != 1) {
    SSL_free(session);
    return nullptr;
  }
  return std::make_unique<TlsSession>(session);
}

TlsSession::~TlsSession() {
  SSL_free(session_);
}

TlsSession::Outcome TlsSession::OutcomeOf(int result, size_t bytes) {
  if (result > 0) return {State::kMoved, bytes};
  switch (SSL_get_error(session_, result)) {
    case SSL_ERROR_WANT_READ: return {State::kWantRead};
    case SSL_ERROR_WANT_WRITE: return {State::kWantWrite};
    case SSL_ERROR_ZERO_RETURN: return {State::kEnd};
    default: break;
  }
  plain_http_ = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_HTTP_REQUEST;
  ERR_clear_error();
  return {State::kBroken};
}

TlsSession::Outcome TlsSession::Read(char* into, size_t room) {
  CHECK(room > 0);
  ERR_clear_error();
  size_t bytes = 0;
  const int result = SSL_read_ex(session_, into, room, &bytes);
  return OutcomeOf(result, bytes);
}

TlsSession::Outcome TlsSession::Write(std::string_view bytes) {
  CHECK(!bytes.empty());
  ERR_clear_error();
  size_t written = 0;
  const int result = SSL_write_ex(session_, bytes.data(), bytes.size(), &written);
  return OutcomeOf(result, written);
}

void TlsSession::SayGoodbye() {
  if (!IsEstablished()) return;
  ERR_clear_error();
  SSL_shutdown(session_);
  ERR_clear_error();
}

bool TlsSession::IsEstablished() const {
  return SSL_is_init_finished(session_) == 1;
}

bool TlsSession::HasMore() const {
  return SSL_pending(session_) > 0;
}

}  // namespace headrace::net
