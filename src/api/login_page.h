// The login form: one document without scripts, that works below any path of a proxy.

#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"

namespace headrace::api {

// `next` is the path to go to afterwards, relative to the page's root; `problem` is shown.
net::HttpResponse LoginPage(std::string_view next, std::string_view problem = {}, int status = 200);

// A path below the page's root that may follow a login: never another site's.
std::string SafeNext(std::string_view next);

// "../../" for "/a/b/c": from there to the page's root.
std::string RootOf(std::string_view path);

// Redirects a browser that asked for `request` to the form.
net::HttpResponse ToLogin(const net::HttpRequest& request);

std::string SessionCookie(std::string_view value, bool secure, int64_t max_age_s);

}  // namespace headrace::api
