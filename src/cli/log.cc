// The log of the process. See log.h.

#include "cli/log.h"

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <spdlog/formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/json_writer.h"
#include "cli/session.h"

namespace headrace::cli {

namespace {

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v";
constexpr const char* kOwnLog = "headrace";

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() < 16 &&
         std::ranges::all_of(
             text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; }) &&
         text.front() != '.' && text.back() != '.' && std::ranges::count(text, '.') <= 1 &&
         (text.size() == 1 || text.front() != '0' || text[1] == '.');
}

// One line a message: what comes from outside cannot begin a line of its own.
std::string OneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      line += ' ';
    } else {
      line += c;
    }
  }
  return line;
}

// One JSON object a line. A line with fields brings them as the inside of an object.
class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string_view name(message.logger_name.data(), message.logger_name.size());
    const std::string_view payload(message.payload.data(), message.payload.size());
    const auto level = spdlog::level::to_string_view(message.level);
    const auto at = std::chrono::floor<std::chrono::milliseconds>(message.time);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
    std::string line;
    JsonWriter json(line, JsonStyle::kStrict);
    json.BeginObject();
    json.Field("at",
               fmt::format("{}.{:03}Z",
                           IsoSeconds(std::chrono::system_clock::to_time_t(seconds)),
                           (at - seconds).count()));
    json.Field("level", std::string_view(level.data(), level.size()));
    json.Field("log", name);
    if (name == kOwnLog) {
      json.Field("text", payload);
      json.EndObject();
    } else {
      line += ',';
      line += payload;
      line += '}';
    }
    line += '\n';
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }

 private:
  static std::string IsoSeconds(time_t at) {
    std::tm parts{};
    ::gmtime_r(&at, &parts);
    char text[32];
    const size_t size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    return {text, size};
  }
};

std::string FieldsAsText(std::string_view what, const LogFields& fields) {
  std::string text(what);
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    const bool quoted = value.find_first_of(" \"=") != std::string::npos;
    text += fmt::format(" {}={}{}{}", name, quoted ? "\"" : "", OneLine(value), quoted ? "\"" : "");
  }
  return text;
}

// `"event":"task failed","task":"Clicks_1"`
std::string FieldsAsJson(std::string_view what, const LogFields& fields) {
  std::string object;
  JsonWriter json(object, JsonStyle::kStrict);
  json.BeginObject();
  json.Field("event", what);
  for (const auto& [name, value] : fields) {
    json.Key(name);
    if (IsNumber(value)) {
      json.Raw(value);
    } else {
      json.String(value);
    }
  }
  json.EndObject();
  return object.substr(1, object.size() - 2);
}

spdlog::level::level_enum LevelOf(const std::string& word) {
  if (word == "debug") return spdlog::level::debug;
  if (word == "warning") return spdlog::level::warn;
  return word == "error" ? spdlog::level::err : spdlog::level::info;
}

}  // namespace

bool SetUpLog(const config::LogConfig& config, bool quiet) {
  spdlog::sink_ptr sink;
  try {
    if (config.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
          config.file, config.max_size, config.keep);
    }
  } catch (const spdlog::spdlog_ex& error) {
    Complain({.code = ErrorCode::kDenied,
              .message = fmt::format("log.file: {}: {}", config.file, error.what()),
              .remedy = "Name a file that this user may write, or none for standard error."});
    return false;
  }
  if (config.format == "json") {
    sink->set_formatter(std::make_unique<JsonFormatter>());
  } else {
    sink->set_pattern(kTextPattern);
  }
  const auto level =
      quiet ? std::max(LevelOf(config.level), spdlog::level::warn) : LevelOf(config.level);
  for (const char* name : {"access", "events", kOwnLog}) {
    spdlog::drop(name);
    auto logger = std::make_shared<spdlog::logger>(name, sink);
    logger->set_level(level);
    logger->flush_on(spdlog::level::info);
    spdlog::register_logger(logger);
    if (name == std::string_view(kOwnLog)) spdlog::set_default_logger(std::move(logger));
  }
  return true;
}

void WriteLogLine(const config::LogConfig& config,
                  const std::string& log,
                  std::string_view what,
                  const LogFields& fields) {
  const auto logger = spdlog::get(log);
  if (!logger || !logger->should_log(spdlog::level::info)) return;
  logger->log(spdlog::level::info,
              config.format == "json" ? FieldsAsJson(what, fields)
                                      : fmt::format("{}: {}", log, FieldsAsText(what, fields)));
}

}  // namespace headrace::cli
