// Numbers, spans of time and sizes as people write them in a configuration.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace headrace::config {

// Stands for ever: a thousand years. Whoever adds it to a time of today stays within a Timestamp.
inline constexpr Duration kNever = std::chrono::seconds(30'000'000'000);

// "90", "1.5", "-1": seconds. "1h30m", "90s", "500ms", "2d", "1w": each unit once, largest first.
Result<Duration> ParseDuration(std::string_view text);
Result<Duration> SecondsToDuration(double seconds);

// As ParseDuration() reads it, in the largest units that fit: "1h30m", "0s", "500ms".
std::string FormatDuration(Duration duration);

// "1048576", "64MiB", "10MB", "1.5GiB", "512k": bytes. KB is 1000, K and KiB are 1024.
Result<uint64_t> ParseSize(std::string_view text);
std::string FormatSize(uint64_t bytes);

// Whole texts only, blanks around them allowed, underscores between digits too (as in Python).
std::optional<int64_t> ParseInteger(std::string_view text);
std::optional<double> ParseNumber(std::string_view text);

// true/false, yes/no, on/off, 1/0 in any case.
std::optional<bool> ParseBoolean(std::string_view text);

std::string_view Trimmed(std::string_view text);

}  // namespace headrace::config
