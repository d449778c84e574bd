// luigid's rules, in its order.

#include "api/cors.h"

#include <algorithm>

namespace headrace::api {

namespace {

// What Access-Control-Allow-Origin says; "": nothing.
std::string_view AllowedOrigin(const config::CorsConfig& cors, std::string_view origin) {
  if (origin == "null") return cors.allow_null_origin ? origin : "";
  if (cors.allow_any_origin) return "*";
  if (origin == "*") return "";  // in the list it means nothing
  return std::ranges::find(cors.allowed_origins, origin) == cors.allowed_origins.end() ? ""
                                                                                       : origin;
}

}  // namespace

net::HttpHeaders CorsHeaders(const config::CorsConfig& cors, const net::HttpRequest& request) {
  net::HttpHeaders headers;
  if (!cors.enabled) return headers;
  const std::string_view origin = request.headers.Find("Origin").value_or("");
  const std::string_view allowed = AllowedOrigin(cors, origin);
  if (origin.empty() || allowed.empty()) return headers;
  headers.Add("Access-Control-Allow-Origin", allowed);
  if (allowed != "*") headers.Add("Vary", "Origin");
  if (request.method != net::Method::kOptions) return headers;
  headers.Add("Access-Control-Max-Age", std::to_string(cors.max_age));
  headers.Add("Access-Control-Allow-Methods", cors.allowed_methods);
  headers.Add("Access-Control-Allow-Headers", cors.allowed_headers);
  if (cors.allow_credentials) headers.Add("Access-Control-Allow-Credentials", "true");
  if (!cors.exposed_headers.empty()) {
    headers.Add("Access-Control-Expose-Headers", cors.exposed_headers);
  }
  return headers;
}

}  // namespace headrace::api
