// The reads of /v1 that show the whole: overview, health, pipelines, workers, pools. On the
// replica's thread.

#pragma once

#include <string>
#include <string_view>

#include "api/context.h"
#include "api/luigi_task.h"

namespace headrace::api {

net::HttpResponse ShowOverview(Context& context, const engine::View& view);
net::HttpResponse ShowHealth(Context& context, const engine::View& view);
// One of that name (404 where there is none), or all for "".
net::HttpResponse ShowPipelines(Context& context,
                                const engine::View& view,
                                const std::string& name,
                                size_t limit);
net::HttpResponse ShowWorkers(const engine::View& view);
net::HttpResponse ShowPools(const engine::View& view);

// The document of this API (openapi.json beside this file, built in).
std::string_view OpenApiDocument();

// The fields `counts`, `runs`, `rate_per_min` into the open object: overview and events.
void CountsFields(JsonWriter& json, const engine::View& view, Timestamp now);

}  // namespace headrace::api
