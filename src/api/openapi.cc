// The OpenAPI document of /v1: openapi.json, taken in by openapi.S.

#include "api/overview.h"

extern "C" const char headrace_openapi_begin[];
extern "C" const char headrace_openapi_end[];

namespace headrace::api {

std::string_view OpenApiDocument() {
  return {headrace_openapi_begin,
          static_cast<size_t>(headrace_openapi_end - headrace_openapi_begin)};
}

}  // namespace headrace::api
