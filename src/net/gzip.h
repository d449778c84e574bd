// gzip for response bodies, on zlib: which are worth it, and the packing.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace headrace::net {

constexpr size_t kGzipBytesMin = 1024;            // below, it does not pay; luigid's limit too
constexpr size_t kGzipElsewhereBytes = 32 << 10;  // above, not on an io thread if it can be helped

// Text, not encoded yet, allowed, and large enough.
bool IsWorthGzip(const HttpResponse& response);

// One zlib state (256 KB), used again and again. One thread at a time.
class Gzip {
 public:
  Gzip();
  ~Gzip();

  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  std::string Pack(std::string_view text);

  // Packs the body and says so in the headers, if IsWorthGzip() and the client `accepts` it; an
  // answer that could have been packed for another client says Vary.
  void Apply(HttpResponse& response, bool accepts);

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace headrace::net
