// The login form's text.

#include "api/login_page.h"

#include <algorithm>

#include "api/secret.h"
#include "api/sessions.h"
#include "net/form.h"

namespace headrace::api {
namespace {

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;"
    "margin:0;background:Canvas;color:CanvasText;color-scheme:light dark}"
    "form{display:grid;gap:.75rem;width:18rem}h1{font-size:1.25rem;margin:0}"
    "label{display:grid;gap:.25rem}input,button{font:inherit;padding:.5rem}"
    "p{margin:0;color:#b3261e}";

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
}

}  // namespace

net::HttpResponse LoginPage(std::string_view next, std::string_view problem, int status) {
  const std::string nonce = RandomText(16);
  std::string page =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<title>Log in · headrace</title><style nonce=\"";
  page += nonce;
  page += "\">";
  page += kStyle;
  page += "</style></head><body><form method=\"post\" action=\"login\"><h1>headrace</h1>";
  if (!problem.empty()) {
    page += "<p role=\"alert\">";
    AppendEscaped(page, problem);
    page += "</p>";
  }
  page +=
      "<label>Name <input name=\"user\" autocomplete=\"username\" required autofocus></label>"
      "<label>Password <input name=\"password\" type=\"password\" "
      "autocomplete=\"current-password\" required></label>"
      "<input type=\"hidden\" name=\"next\" value=\"";
  AppendEscaped(page, SafeNext(next));
  page += "\"><button>Log in</button></form></body></html>";
  net::HttpResponse response = net::HtmlResponse(std::move(page), status);
  response.headers.Add("Content-Security-Policy",
                       "default-src 'none'; style-src 'nonce-" + nonce +
                           "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
  response.headers.Add("X-Frame-Options", "DENY");
  response.headers.Add("Referrer-Policy", "no-referrer");
  response.headers.Add("Cache-Control", "no-store");
  return response;
}

// "a/b?c", without a scheme, a host, or a way out: browsers read "//x" and "/\x" as hosts.
std::string SafeNext(std::string_view next) {
  while (next.starts_with('/')) next.remove_prefix(1);
  const std::string_view path = next.substr(0, next.find_first_of("?#"));
  const bool plain = std::ranges::all_of(
      next, [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\\' && c != 0x7F; });
  const bool safe = plain && next.size() <= 1000 && path.find(':') == std::string_view::npos &&
                    path.find("//") == std::string_view::npos && !path.starts_with("login");
  return safe ? std::string(next) : std::string();
}

std::string RootOf(std::string_view path) {
  std::string root;
  for (size_t i = 1; i < path.size(); ++i) {
    if (path[i] == '/') root += "../";
  }
  return root.empty() ? "./" : root;
}

net::HttpResponse ToLogin(const net::HttpRequest& request) {
  std::string next = net::PercentEncodePath(request.path);
  if (!request.query.empty()) next += "?" + request.query;
  net::HttpResponse response{.status = 303};
  response.headers.Add("Location",
                       RootOf(request.path) + "login?next=" + net::PercentEncode(SafeNext(next)));
  response.headers.Add("Cache-Control", "no-store");
  return response;
}

std::string SessionCookie(std::string_view value, bool secure, int64_t max_age_s) {
  return std::string(kSessionCookie) + "=" + std::string(value) +
         "; Path=/; HttpOnly; SameSite=Lax; Max-Age=" + std::to_string(max_age_s) +
         (secure ? "; Secure" : "");
}

}  // namespace headrace::api
