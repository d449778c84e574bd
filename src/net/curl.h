// libcurl's start, once a process. Private to net.

#pragma once

#include <mutex>

#include <curl/curl.h>

#include "base/check.h"

namespace headrace::net {

// curl_global_init is not thread-safe by itself.
inline void InitializeCurl() {
  static std::once_flag once;
  std::call_once(once, [] { CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
}

}  // namespace headrace::net
