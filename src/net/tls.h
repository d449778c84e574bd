// TLS for the server's side, on OpenSSL: a certificate that is read again when its file changes,
// and sessions over non-blocking sockets.
//
// A session does its handshake by itself in the first Read(). At least TLS 1.2; no renegotiation.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/error.h"

struct ssl_ctx_st;
struct ssl_st;

namespace headrace::net {

struct TlsFiles {
  std::string certificate;  // PEM, the server's own first, then its chain
  std::string key;          // PEM, without a passphrase
};

class TlsSession;

// Any thread.
class TlsContext {
 public:
  // Errors name the file and what is wrong with it: missing, no PEM, a key of another certificate.
  static Result<std::unique_ptr<TlsContext>> Load(TlsFiles files);
  ~TlsContext();

  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Looks at the files; reads them when they changed. What cannot be used is told to `log`, once a
  // change, and the one in use stays. Connections keep what they began with.
  void ReloadIfChanged(const std::function<void(std::string_view text)>& log);

  // For a socket that is connected and does not block; nullptr: out of memory.
  std::unique_ptr<TlsSession> Accept(int socket);

 private:
  explicit TlsContext(TlsFiles files) : files_(std::move(files)) {}
  std::string LookOfFiles() const;

  const TlsFiles files_;
  std::mutex mutex_;  // of both below
  ssl_ctx_st* context_ = nullptr;
  std::string look_;  // of the files when they were last tried
};

// One connection's. Lives on its io thread.
class TlsSession {
 public:
  enum class State : uint8_t {
    kMoved,      // `bytes` of them, at least one
    kWantRead,   // when the socket can be read
    kWantWrite,  // when it can be written
    kEnd,        // the client said goodbye
    kBroken,     // no TLS, a broken connection, …
  };
  struct Outcome {
    State state;
    size_t bytes = 0;
  };

  explicit TlsSession(ssl_st* session) : session_(session) {}
  ~TlsSession();

  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  Outcome Read(char* into, size_t room);
  // The same bytes must be brought again after kWantRead or kWantWrite; there may be more of them.
  Outcome Write(std::string_view bytes);
  void SayGoodbye();

  bool IsEstablished() const;  // the handshake is over
  bool HasMore() const;        // bytes that Read() gives without waiting
  bool SawPlainHttp() const { return plain_http_; }

 private:
  Outcome OutcomeOf(int result, size_t bytes);

  ssl_st* session_;
  bool plain_http_ = false;
};

}  // namespace headrace::net
