// JsonParser: reads Python's JSON into a boost::json::value.
//
// Python's json module writes and reads more than RFC 8259: bare Infinity, -Infinity and NaN, and
// lone surrogates as escapes ("\udcff": file names that are no UTF-8). A quick scan finds the few
// texts that have any of it; those are rewritten first. A lone surrogate becomes its three bytes
// (ED B3 BF), which JsonWriter turns back. Integers beyond 64 bits become doubles, 1e400 Infinity;
// of equal keys the last one wins.

#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <memory>
#include <string_view>

#include "base/error.h"

namespace headrace {

constexpr size_t kJsonDepthMax = 128;  // arrays and objects inside each other

// Keeps its memory from text to text (16 KB inside, no allocation for most requests). One thread
// at a time.
class JsonParser {
 public:
  explicit JsonParser(size_t depth_max = kJsonDepthMax);
  ~JsonParser();

  JsonParser(const JsonParser&) = delete;
  JsonParser& operator=(const JsonParser&) = delete;

  // The value is the parser's own and lives until its next Parse(). kInvalid with the byte where
  // it went wrong. Parse() is for Python's dialect; ParseStrict() refuses what RFC 8259 does.
  Result<const boost::json::value*> Parse(std::string_view text);
  Result<const boost::json::value*> ParseStrict(std::string_view text);

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

// A value of its own, for who reads one text now and then.
Result<boost::json::value> ParseJson(std::string_view text);

bool IsUtf8(std::string_view text);

}  // namespace headrace
