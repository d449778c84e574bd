// What the calls of /v1 have in common (docs/protocol.md): how a task is named, how it failed, and
// the pages that lists come in.
//
// Strings are what Python had, as UTF-8; a lone surrogate stays the three bytes that UTF-8 would
// give it (base/python_json.h), so that ids and parameters go through unchanged.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headrace::client {

// Parameters as text, in the order they came.
using Params = std::vector<std::pair<std::string, std::string>>;

// A task as `luigi --module module family --params` names it.
struct TaskName {
  std::string module;
  std::string family;
  Params params;
  std::string id;  // Luigi's task id; empty where it is not known yet

  friend bool operator==(const TaskName&, const TaskName&) = default;
};

// An exception of the user's code, or what stands for one.
struct TaskError {
  std::string type;  // "ValueError"
  std::string message;
  std::string traceback;
  std::string where;  // load, run, exit, timeout, memory

  friend bool operator==(const TaskError&, const TaskError&) = default;
};

// One page of a list.
template <class T>
struct Page {
  std::vector<T> items;
  std::string next;  // cursor of the page after it; empty: this is the last
  int64_t at = 0;    // the journal commit it shows
};

}  // namespace headrace::client
