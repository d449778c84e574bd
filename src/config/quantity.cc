// Reading and writing quantities.

#include "config/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace headrace::config {
namespace {

struct TimeUnit {
  std::string_view name;
  Duration length;
};

constexpr std::array<TimeUnit, 6> kTimeUnits = {{{"w", std::chrono::hours(168)},
                                                 {"d", std::chrono::hours(24)},
                                                 {"h", std::chrono::hours(1)},
                                                 {"m", std::chrono::minutes(1)},
                                                 {"s", std::chrono::seconds(1)},
                                                 {"ms", std::chrono::milliseconds(1)}}};

struct SizeUnit {
  std::string_view name;  // lower case
  double bytes;
};

constexpr double kKilo = 1024;
constexpr std::array<SizeUnit, 10> kSizeUnits = {{{"", 1},
                                                  {"b", 1},
                                                  {"k", kKilo},
                                                  {"kib", kKilo},
                                                  {"kb", 1e3},
                                                  {"mib", kKilo* kKilo},
                                                  {"m", kKilo* kKilo},
                                                  {"mb", 1e6},
                                                  {"gib", kKilo* kKilo* kKilo},
                                                  {"gb", 1e9}}};

constexpr double kSecondsMax = std::chrono::duration<double>(kNever).count();

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Python allows "1_000", not "1__000" and not "_1".
std::optional<std::string> WithoutUnderscores(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      plain += text[i];
      continue;
    }
    if (i == 0 || i + 1 == text.size() || !IsDigit(text[i - 1]) || !IsDigit(text[i + 1])) {
      return std::nullopt;
    }
  }
  return plain;
}

template <class T>
std::optional<T> ParseWhole(std::string_view text) {
  auto plain = WithoutUnderscores(Trimmed(text));
  if (!plain) return std::nullopt;
  std::string_view digits = *plain;
  if (digits.starts_with('+') && !digits.substr(1).starts_with('-')) digits.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::unexpected<Error> NoDuration(std::string_view text) {
  return Fail(
      ErrorCode::kInvalid,
      fmt::format("'{}' is not a duration; write it like 90s, 15m, 1h30m, 2d, or as a number "
                  "of seconds",
                  text));
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::optional<int64_t> ParseInteger(std::string_view text) {
  return ParseWhole<int64_t>(text);
}

std::optional<double> ParseNumber(std::string_view text) {
  return ParseWhole<double>(text);
}

std::optional<bool> ParseBoolean(std::string_view text) {
  const std::string word = Lower(Trimmed(text));
  if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0") return false;
  return std::nullopt;
}

Result<Duration> SecondsToDuration(double seconds) {
  if (!std::isfinite(seconds) || std::abs(seconds) > kSecondsMax) {
    return Fail(
        ErrorCode::kInvalid,
        fmt::format("{} seconds are not a duration of less than a thousand years", seconds));
  }
  return Duration(std::llround(seconds * 1e6));
}

Result<Duration> ParseDuration(std::string_view text) {
  const std::string_view whole = Trimmed(text);
  if (const auto seconds = ParseNumber(whole)) return SecondsToDuration(*seconds);
  std::string_view rest = whole;
  double seconds = 0;
  size_t next_unit = 0;  // units come in order, each once
  while (!rest.empty()) {
    size_t digits = 0;
    while (digits < rest.size() && (IsDigit(rest[digits]) || rest[digits] == '.')) ++digits;
    const auto number = ParseNumber(rest.substr(0, digits));
    rest.remove_prefix(digits);
    size_t letters = 0;
    while (letters < rest.size() && !IsDigit(rest[letters]) && rest[letters] != ' ') ++letters;
    const std::string_view name = rest.substr(0, letters);
    rest = Trimmed(rest.substr(letters));
    const auto unit = std::find_if(kTimeUnits.begin() + static_cast<ptrdiff_t>(next_unit),
                                   kTimeUnits.end(),
                                   [&](const TimeUnit& u) { return u.name == name; });
    if (!number || unit == kTimeUnits.end()) return NoDuration(text);
    seconds += *number * std::chrono::duration<double>(unit->length).count();
    next_unit = static_cast<size_t>(unit - kTimeUnits.begin()) + 1;
  }
  if (whole.empty()) return NoDuration(text);
  return SecondsToDuration(seconds);
}

std::string FormatDuration(Duration duration) {
  if (duration < Duration(0) || duration % std::chrono::milliseconds(1) != Duration(0)) {
    return fmt::format("{}", std::chrono::duration<double>(duration).count());
  }
  std::string text;
  for (const TimeUnit& unit : kTimeUnits) {
    if (unit.name == "w") continue;
    if (const auto count = duration / unit.length; count > 0) {
      text += fmt::format("{}{}", count, unit.name);
      duration %= unit.length;
    }
  }
  return text.empty() ? "0s" : text;
}

Result<uint64_t> ParseSize(std::string_view text) {
  const std::string lower = Lower(Trimmed(text));
  const size_t letters = std::min(lower.find_first_not_of("0123456789._"), lower.size());
  const auto number = ParseNumber(std::string_view(lower).substr(0, letters));
  const std::string_view name = Trimmed(std::string_view(lower).substr(letters));
  const auto unit = std::ranges::find(kSizeUnits, name, &SizeUnit::name);
  if (!number || unit == kSizeUnits.end() || *number * unit->bytes > 1e18) {
    return Fail(
        ErrorCode::kInvalid,
        fmt::format("'{}' is not a size; write it like 512KiB, 64MiB, 2GiB, or as a number of "
                    "bytes",
                    text));
  }
  return static_cast<uint64_t>(std::llround(*number * unit->bytes));
}

std::string FormatSize(uint64_t bytes) {
  constexpr std::array<std::pair<std::string_view, uint64_t>, 3> kUnits = {
      {{"GiB", 1u << 30}, {"MiB", 1u << 20}, {"KiB", 1u << 10}}};
  for (const auto& [name, size] : kUnits) {
    if (bytes >= size && bytes % size == 0) return fmt::format("{}{}", bytes / size, name);
  }
  return fmt::format("{}", bytes);
}

}  // namespace headrace::config
