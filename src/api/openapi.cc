// The OpenAPI document of /v1.

#include "api/overview.h"

namespace headrace::api {

std::string_view OpenApiDocument() {
  return R"json({"openapi":"3.1.0",
"info":{"title":"headrace /v1","version":"0.1.0"},"paths":{}})json";
}

}  // namespace headrace::api
