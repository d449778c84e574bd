// Percent-encoding and HTML forms: how Luigi's clients and browsers send arguments.
//
// Lenient as Python's urllib: a '%' that is not followed by two hex digits stands for itself; of
// equal names the last one wins. Values are bytes; whether they are UTF-8 is the reader's business.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http_message.h"

namespace headrace::net {

std::string PercentDecode(std::string_view text);      // paths: '+' stays
std::string FormDecode(std::string_view text);         // queries and forms: '+' is a space
std::string PercentEncode(std::string_view text);      // all but letters, digits and "-._~"
std::string PercentEncodePath(std::string_view text);  // the same, '/' stays

using FormFields = std::vector<std::pair<std::string, std::string>>;

constexpr size_t kFormFieldsMax = 1000;  // later ones are ignored

// application/x-www-form-urlencoded, also a URL's query. In order; empty values are kept.
FormFields ParseForm(std::string_view text);

// The last field of that name, decoded; one pass, one allocation.
std::optional<std::string> FindFormField(std::string_view form, std::string_view name);

// A field of a multipart/form-data body that is not a file.
std::optional<std::string> FindMultipartField(std::string_view content_type,
                                              std::string_view body,
                                              std::string_view name);

// The argument as luigid finds it: query first, then the body if it is a form; the last wins.
std::optional<std::string> FindArgument(const HttpRequest& request, std::string_view name);

}  // namespace headrace::net
