// The page's files, as they are built into the binary: cmake/Web.cmake builds web/ and tools/embed
// turns web/dist into this table. Read-only memory of the program; any thread may read it.
//
// The page may stand below any path of a proxy, so its addresses are relative and its document
// says with <base href="../"> how deep it was asked for. Therefore the document is here once for
// each depth; FindWebFile picks the right one.
#pragma once

#include <span>
#include <string_view>

namespace headrace::api {

struct WebFile {
  std::string_view path;  // below the page's root: "assets/index-4f1c.js", "index.html"
  std::string_view mime;  // the whole Content-Type
  std::string_view bytes;
  std::string_view gzip;  // the same, compressed; empty where that saves nothing (fonts)
  std::string_view etag;  // with its quotes
  bool immutable;         // its name holds a hash of its bytes: may be cached for ever
};

// All of them, sorted by path. "index.html@1", "index.html@2", … are the document one, two, …
// levels down.
std::span<const WebFile> WebFiles();

// What a GET of this path (as it came in: percent-encoded, from its first slash, without query)
// shows: a file, the document where the path is one of the page's own, or nullptr.
const WebFile* FindWebFile(std::string_view path);

// Content-Security-Policy of every answer that carries a web file. Nothing inline, nothing foreign.
inline constexpr std::string_view kWebContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; font-src 'self'; base-uri 'self'; "
    "form-action 'none'; frame-ancestors 'none'";

}  // namespace headrace::api
