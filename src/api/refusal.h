// How who may not come in is told so: a reason phrase for Luigi's clients, a problem for /v1, a
// form for people's browsers. None of them says what was wrong of name, password and token.

#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "net/http_message.h"

namespace headrace::api {

net::HttpResponse Denied(const net::HttpRequest& head,
                         int status,
                         std::string detail,
                         std::string_view remedy = {});

// 401; which scheme it asks for depends on who asks: a page's own calls get no browser dialogue.
net::HttpResponse Unauthorized(const net::HttpRequest& head, std::string detail);

// Nothing was shown: 401, or for a person at a browser the way to the form.
net::HttpResponse LoginNeeded(const net::HttpRequest& head);

net::HttpResponse TooManyMistakes(const net::HttpRequest& head, Duration wait);  // 429
net::HttpResponse Busy(const net::HttpRequest& head);                            // 503

}  // namespace headrace::api
