// headrace's own API, /v1 (docs/protocol.md): JSON in, commands and reads out.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/args.h"
#include "api/attempt_logs.h"
#include "api/context.h"
#include "api/events.h"

namespace headrace::api {

// The segments of a path below /v1, decoded: {"tasks", "Clicks_…", "why"}.
using Segments = std::vector<std::string>;

class V1Api {
 public:
  V1Api(Context& context, Events& events, AttemptLogs& logs)
      : context_(context), events_(events), logs_(logs) {}

  void Handle(const Segments& path, const net::HttpRequest& request, net::Responder&& responder);

 private:
  void Get(const Segments& path, const net::HttpRequest& request, net::Responder&& responder);
  // v1_reads.cc; an empty one: no such path.
  Show ShowOf(const Segments& path, const net::HttpRequest& request);
  Show ShowOfTask(const std::string& key, std::string_view what, const net::HttpRequest& request);
  Show ShowOfRun(const std::string& number, std::string_view what, const net::HttpRequest& request);
  void ReadLog(const std::string& number,
               const net::HttpRequest& request,
               net::Responder&& responder);

  Context& context_;
  Events& events_;
  AttemptLogs& logs_;
};

}  // namespace headrace::api
