// luigid's pages of the past: /history, /history/by_name/…, by_id, by_task_id, by_params, /tasklist
// and /tasklist/<name>. Served from what the scheduler itself remembers, plain HTML as luigid's;
// the page shows more. Off unless [scheduler] record_task_history, as in Luigi.

#pragma once

#include <string_view>

#include "api/port.h"

namespace headrace::api {

bool IsLuigiHistory(std::string_view path);

// What the page at the request's path shows.
Show LuigiHistoryPage(const net::HttpRequest& request, Timestamp now);

}  // namespace headrace::api
