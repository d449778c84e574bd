// Cron expressions and templates of times from any bytes: an error, or something that ticks. Ticks
// go forwards, and what Next() finds LastUntil() finds from the other side.

#include <array>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/cron.h"
#include "base/time_template.h"
#include "base/time_zone.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headrace;
  static const auto kZone = LoadTimeZone("Australia/Lord_Howe").value();
  static constexpr std::array<std::string_view, 1> kNames = {"t"};
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  // 2026-04-04T00:00:00Z: clocks change within the next two days.
  const Timestamp start{std::chrono::seconds(1'775'260'800)};
  if (const auto parsed = TimeTemplate::Parse(text, kNames)) {
    const std::array<TimeTemplate::Value, 1> values = {{{"t", start}}};
    parsed->Format(values, *kZone);
  }
  if (const auto at = ParseIso(text, *kZone)) FormatIso(*at, *kZone);

  const auto cron = Cron::Parse(text);
  if (!cron) {
    CHECK(!cron.error().message.empty());
    return 0;
  }
  Timestamp at = start;
  for (int i = 0; i < 20; ++i) {
    const auto next = cron->Next(at, *kZone);
    if (!next) break;
    CHECK(*next > at);
    CHECK(cron->LastUntil(*next, *kZone) == next);
    CHECK(!(cron->LastUntil(*next - Duration(1), *kZone) > at));
    at = *next;
  }
  return 0;
}
