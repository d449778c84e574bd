// How a task host is started, and what it says once it has imported the user's module.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace headrace::host {

// [host] of headrace.toml, with a pipeline's own keys laid over it. The same for the life of a
// zygote: what differs here needs another one.
struct HostSettings {
  std::string python = {};             // the interpreter that has luigi and the user's packages
  std::string package_dir = {};        // the folder that holds our Python package `headrace`
  std::vector<std::string> path = {};  // in front of sys.path
  std::string cwd = {};                // empty: ours. Its luigi.cfg is read
  std::vector<std::pair<std::string, std::string>> env =
      {};  // added to ours: LUIGI_CONFIG_PATH, TZ, …
  std::string log_level = "INFO";
  std::string logging_conf_file = {};  // Luigi's; empty: none

  // Where the host's own standard output and error go (what the imports and requires() print),
  // appended. Empty: an unnamed temporary file, read only for the tail in an error.
  std::string log_file = {};
  Duration import_limit = std::chrono::minutes(2);

  friend auto operator<=>(const HostSettings&, const HostSettings&) = default;
};

// A file that was read by the imports, as it was then. mtime -1: it did not exist (a luigi.cfg that
// may come to exist).
struct FileStamp {
  std::string path;
  int64_t mtime_ns = -1;
  int64_t size = -1;

  bool Unchanged() const;  // asks the file system
};

// A parameter's default that looks like the time of the import: yesterday's today() by tomorrow.
struct NowDefault {
  std::string family, param, value;
};

// The answer to a successful import.
struct HostInfo {
  int64_t pid = 0;
  std::string python;                           // "3.11.7"
  std::string luigi;                            // "3.8.1"
  std::map<std::string, std::string> families;  // family → the module of its class
  std::vector<std::string> ambiguous;           // families that two classes claim: unusable
  std::vector<std::pair<std::string, int64_t>> import_ms;
  std::vector<std::string> threads;                   // started by the imports, by name
  std::vector<std::pair<int, std::string>> open_fds;  // opened by the imports
  std::vector<NowDefault> now_defaults;
  std::string unscoped_namespace;  // luigi.namespace("x") without a scope: ids depend on imports
  std::vector<std::string> event_handlers;  // Luigi events for which there is a handler
  std::vector<FileStamp> files;             // its sources and configuration files
  std::optional<Timestamp> valid_until;     // the calendar makes it outdated then
  int64_t rss_kb = 0;

  // Why forking this interpreter is unsafe, in words for its owner; empty: it is safe. Sessions and
  // tasks then get a fresh interpreter each, by themselves.
  std::string fork_unsafe;

  // What its owner should know, one sentence each (ambiguous families, namespaces, now_defaults).
  std::vector<std::string> Warnings() const;
};

}  // namespace headrace::host
