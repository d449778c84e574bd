// TestClock: Luigi's methods at a time that the request says, for tests that move a clock of their
// own (Luigi's own tests do): header `X-Luigi-Test-Now: <seconds since the epoch>`.
//
// Off unless the process was started with --luigi-test-clock, which loopback alone allows. A look
// does what is due at its time first, as Luigi's methods do.

#pragma once

#include "api/context.h"
#include "api/luigi_api.h"

namespace headrace::api {

// As LuigiApi::Handle(); without the header the time is now.
void HandleAtTestTime(LuigiApi& luigi,
                      Context& context,
                      std::string_view method,
                      const net::HttpRequest& request,
                      net::Responder&& responder);

}  // namespace headrace::api
