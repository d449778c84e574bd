// The scheduler's figures in Prometheus' text format. On the replica's thread.

#pragma once

#include <string>

#include "api/context.h"
#include "net/http_server.h"

namespace headrace::api {

std::string MetricsText(const engine::View& view,
                        const Context& context,
                        const net::HttpServerStats& http,
                        size_t streams);

}  // namespace headrace::api
