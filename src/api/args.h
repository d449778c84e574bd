// Args: reads the members of a request's JSON object as values, and remembers the first that is
// wrong, in words: "priority: expected a number, got \"high\"".
//
// What is missing or null is the default; what is unknown is ignored, as both APIs promise.

#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "scheduler/task_facts.h"

namespace headrace::api {

class Args {
 public:
  explicit Args(const boost::json::object& object, std::string prefix = {})
      : object_(object), prefix_(std::move(prefix)) {}

  bool ok() const { return error_.empty(); }
  const std::string& error() const { return error_; }
  void Fail(std::string_view name, std::string_view expected);  // keeps the first

  void Join(const Args& inside);  // takes its error over

  bool Has(std::string_view name) const;  // there, and not null
  const boost::json::value* Find(std::string_view name) const;

  std::string Text(std::string_view name, std::string_view fallback = {});
  std::string Required(std::string_view name);
  std::optional<std::string> MaybeText(std::string_view name);
  bool Bool(std::string_view name, bool fallback);  // Python's truth: numbers and texts too
  double Number(std::string_view name, double fallback);
  std::optional<double> MaybeNumber(std::string_view name);
  int64_t Int(std::string_view name, int64_t fallback, int64_t least, int64_t most);
  Timestamp Millis(std::string_view name);              // zero: missing
  Duration Span(std::string_view name, Duration most);  // seconds
  std::optional<std::vector<std::string>> Texts(std::string_view name);
  scheduler::Resources Amounts(std::string_view name);            // {"db": 1}; sorted
  scheduler::Resources AllNumbers();                              // every member is name and number
  std::optional<std::string> MaybeJson(std::string_view name);    // any value, as text
  std::optional<std::string> MaybeObject(std::string_view name);  // an object, as text
  const boost::json::array* List(std::string_view name);          // nullptr: missing
  const boost::json::object* Object(std::string_view name);       // nullptr: missing

 private:
  const boost::json::object& object_;
  const std::string prefix_;  // "tasks[3]."
  std::string error_;
};

std::string CompactJson(const boost::json::value& value);

}  // namespace headrace::api
