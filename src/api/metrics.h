// The scheduler's own figures. On the replica's thread.

#pragma once

#include "api/context.h"
#include "api/metric_text.h"
#include "net/http_server.h"

namespace headrace::api {

// At most `pipelines_max` pipelines have labels of their own.
void WriteMetrics(MetricText& text,
                  const engine::View& view,
                  const Context& context,
                  size_t pipelines_max);
void WriteHttpMetrics(MetricText& text, const net::HttpServerStats& http, size_t streams);

}  // namespace headrace::api
