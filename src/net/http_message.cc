// Headers, reason phrases and the small stock responses.

#include "net/http_message.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>

#include "base/check.h"

namespace headrace::net {
namespace {

constexpr std::array<std::string_view, 8> kMethodNames = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "?"};

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool EqualNoCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return Lower(x) == Lower(y);
         });
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls `visit` with each comma-separated part until it returns true.
template <class Visit>
bool AnyPart(std::string_view list, Visit&& visit) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (visit(Trim(list.substr(0, comma)))) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < ' ' || byte == 0x7F;
}

// "gzip;q=0.5" → is it gzip (or *), and not with a weight of zero?
bool TakesGzip(std::string_view coding) {
  const size_t semicolon = coding.find(';');
  const std::string_view name = Trim(coding.substr(0, semicolon));
  if (!EqualNoCase(name, "gzip") && name != "*") return false;
  if (semicolon == std::string_view::npos) return true;
  const std::string_view weight = Trim(coding.substr(semicolon + 1));
  return !(weight.starts_with("q=0") || weight.starts_with("Q=0")) ||
         weight.find_first_of("123456789") != std::string_view::npos;
}

std::string HashTag(std::string_view body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  CHECK(EVP_Digest(body.data(), body.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  constexpr char kHexDigits[] = "0123456789abcdef";
  std::string tag = "\"";
  for (size_t i = 0; i < 16; ++i) {
    tag += kHexDigits[digest[i] >> 4];
    tag += kHexDigits[digest[i] & 15];
  }
  return tag + '"';
}

std::string_view WithoutWeak(std::string_view tag) {
  return tag.starts_with("W/") ? tag.substr(2) : tag;
}

HttpResponse Make(std::string_view content_type, std::string body, int status) {
  HttpResponse response;
  response.status = status;
  response.content_type = content_type;
  response.body = std::move(body);
  return response;
}

}  // namespace

std::string_view MethodName(Method method) {
  return kMethodNames[static_cast<size_t>(method)];
}

void HttpHeaders::Add(std::string_view name, std::string_view value) {
  const size_t at = text_.size();
  text_ += name;
  text_ += value;
  std::replace_if(text_.begin() + static_cast<ptrdiff_t>(at), text_.end(), IsControl, ' ');
  spans_.push_back({static_cast<uint32_t>(at),
                    static_cast<uint32_t>(name.size()),
                    static_cast<uint32_t>(value.size())});
}

HttpHeaders::Field HttpHeaders::operator[](size_t at) const {
  const Span& span = spans_[at];
  const std::string_view text = text_;
  return {text.substr(span.at, span.name_size),
          text.substr(span.at + span.name_size, span.value_size)};
}

std::optional<std::string_view> HttpHeaders::Find(std::string_view name) const {
  for (size_t i = 0; i < spans_.size(); ++i) {
    if (spans_[i].name_size != name.size()) continue;
    const Field field = (*this)[i];
    if (EqualNoCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

bool HttpHeaders::HasToken(std::string_view name, std::string_view token) const {
  for (size_t i = 0; i < spans_.size(); ++i) {
    if (spans_[i].name_size != name.size()) continue;
    const Field field = (*this)[i];
    if (!EqualNoCase(field.name, name)) continue;
    if (AnyPart(field.value, [&](std::string_view part) { return EqualNoCase(part, token); })) {
      return true;
    }
  }
  return false;
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

HttpResponse JsonResponse(std::string body, int status) {
  return Make("application/json; charset=UTF-8", std::move(body), status);
}

HttpResponse TextResponse(std::string body, int status) {
  return Make("text/plain; charset=UTF-8", std::move(body), status);
}

HttpResponse HtmlResponse(std::string body, int status) {
  return Make("text/html; charset=UTF-8", std::move(body), status);
}

HttpResponse ErrorPage(int status, std::string reason) {
  const std::string words = std::to_string(status) + ": " + std::string(ReasonPhrase(status));
  HttpResponse response =
      HtmlResponse("<html><title>" + words + "</title><body>" + words + "</body></html>", status);
  response.reason = std::move(reason);  // not in the page: it may hold text of the user's
  return response;
}

HttpResponse MethodNotAllowed(std::string_view allow) {
  HttpResponse response = ErrorPage(405);
  response.headers.Add("Allow", allow);
  return response;
}

void ApplyEtag(const HttpRequest& request, HttpResponse& response) {
  if (response.status != 200) return;
  if (request.method != Method::kGet && request.method != Method::kHead) return;
  std::string tag(response.headers.Find("ETag").value_or(""));
  if (tag.empty()) {
    tag = HashTag(response.body);
    response.headers.Add("ETag", tag);
  }
  const std::optional<std::string_view> known = request.headers.Find("If-None-Match");
  if (!known) return;
  const auto same = [&](std::string_view part) {
    return part == "*" || WithoutWeak(part) == WithoutWeak(tag);
  };
  if (!AnyPart(*known, same)) return;
  response.status = 304;
  response.body.clear();
  response.content_type.clear();
}

bool AcceptsGzip(const HttpHeaders& headers) {
  const std::optional<std::string_view> codings = headers.Find("Accept-Encoding");
  return codings && AnyPart(*codings, TakesGzip);
}

}  // namespace headrace::net
