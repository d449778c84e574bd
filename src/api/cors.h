// CORS: which pages from elsewhere a browser lets read Luigi's answers, by luigi.cfg's [cors].

#pragma once

#include "config/luigi_config.h"
#include "net/http_message.h"

namespace headrace::api {

// The headers an answer to `request` carries, as luigid gives them: none, unless CORS is on and the
// request's Origin is welcome. An answer to OPTIONS says what a request may be like as well.
net::HttpHeaders CorsHeaders(const config::CorsConfig& cors, const net::HttpRequest& request);

}  // namespace headrace::api
