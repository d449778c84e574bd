// Refusals by who asks.

#include "api/refusal.h"

#include <algorithm>

#include "api/context.h"
#include "api/login_page.h"

namespace headrace::api {
namespace {

bool IsOfPage(std::string_view path) {
  return !path.starts_with("/api/") && !path.starts_with("/v1") && path != "/metrics";
}

}  // namespace

net::HttpResponse Denied(const net::HttpRequest& head,
                         int status,
                         std::string detail,
                         std::string_view remedy) {
  if (!head.path.starts_with("/api/")) return Problem(status, detail, remedy);
  return net::ErrorPage(status, std::move(detail));  // Luigi's client shows the reason phrase
}

net::HttpResponse Unauthorized(const net::HttpRequest& head, std::string detail) {
  net::HttpResponse response =
      Denied(head,
             401,
             std::move(detail),
             "Authorization: Bearer <token>, or Basic with user and password");
  // Browsers tell Sec-Fetch-Site only to https and localhost; our page says what it accepts.
  const std::string_view accepts = head.headers.Find("Accept").value_or("");
  const bool of_page = head.headers.Find("Sec-Fetch-Site") || accepts == "application/json" ||
                       accepts == "text/event-stream";
  response.headers.Add(
      "WWW-Authenticate",
      of_page ? "Bearer realm=\"headrace\"" : "Basic realm=\"headrace\", charset=\"UTF-8\"");
  response.headers.Add("Cache-Control", "no-store");
  return response;
}

net::HttpResponse LoginNeeded(const net::HttpRequest& head) {
  const std::string_view accepts = head.headers.Find("Accept").value_or("");
  const bool person = head.method == net::Method::kGet && IsOfPage(head.path) &&
                      accepts.find("text/html") != std::string_view::npos;
  return person ? ToLogin(head) : Unauthorized(head, "log in: this scheduler has users");
}

net::HttpResponse TooManyMistakes(const net::HttpRequest& head, Duration wait) {
  net::HttpResponse response = Denied(head, 429, "too many wrong logins", "wait and try again");
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  response.headers.Add("Retry-After", std::to_string(std::max<int64_t>(seconds, 1)));
  return response;
}

net::HttpResponse Busy(const net::HttpRequest& head) {
  net::HttpResponse response = Denied(head, 503, "too many logins wait to be checked");
  response.headers.Add("Retry-After", "1");
  return response;
}

}  // namespace headrace::api
