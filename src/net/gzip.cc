// zlib's deflate with a gzip header, at level 1: the io thread has other things to do.

#include "net/gzip.h"

#include <limits>
#include <zlib.h>

#include "base/check.h"

namespace headrace::net {
namespace {

constexpr int kLevel = 1;
constexpr int kGzipWindowBits = 15 + 16;  // 16: gzip rather than zlib framing
constexpr int kMemoryLevel = 8;

}  // namespace

struct Gzip::Impl {
  z_stream stream{};
};

Gzip::Gzip() : impl_(std::make_unique<Impl>()) {
  CHECK(
      deflateInit2(
          &impl_->stream, kLevel, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) ==
      Z_OK);
}

Gzip::~Gzip() {
  deflateEnd(&impl_->stream);
}

std::string Gzip::Pack(std::string_view text) {
  CHECK(text.size() <= std::numeric_limits<uInt>::max() / 2);
  z_stream& stream = impl_->stream;
  CHECK(deflateReset(&stream) == Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);  // deflateBound() is room enough
  out.resize(stream.total_out);
  return out;
}

bool IsWorthGzip(const HttpResponse& response) {
  if (!response.compress || response.body.size() < kGzipBytesMin) return false;
  if (response.body.size() > std::numeric_limits<uInt>::max() / 2) return false;
  const std::string_view type = response.content_type;
  if (!type.starts_with("text/") && type.find("json") == std::string_view::npos &&
      type.find("javascript") == std::string_view::npos &&
      type.find("xml") == std::string_view::npos) {
    return false;
  }
  return !response.headers.Find("Content-Encoding");
}

void Gzip::Apply(HttpResponse& response, bool accepts) {
  if (!IsWorthGzip(response)) return;
  response.headers.Add("Vary", "Accept-Encoding");
  if (!accepts) {
    response.compress = false;  // decided: nobody need look again
    return;
  }
  response.body = Pack(response.body);
  response.headers.Add("Content-Encoding", "gzip");
}

}  // namespace headrace::net
