// Configuration, complaints, signals, a client.

#include "cli/session.h"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <spdlog/sinks/daily_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "cli/settings.h"
#include "net/form.h"

namespace headrace::cli {

std::optional<config::LoadedConfig> Load(const Arguments& arguments) {
  config::LoadOptions options;
  options.file = arguments.config;
  options.cwd = std::filesystem::current_path().string();
  options.environment = config::ProcessEnvironment();
  for (const std::string& text : arguments.overrides) {
    auto split = config::SplitOverride(text);
    if (!split) {
      Complain(split.error());
      return std::nullopt;
    }
    options.overrides.push_back(std::move(*split));
  }
  for (const auto& [path, text] : arguments.settings) options.Override(path, text);
  auto loaded = config::LoadConfig(options);
  const auto& warnings = loaded ? loaded->warnings : loaded.error().warnings;
  for (const config::ConfigError& warning : warnings) {
    fmt::print(stderr, "headrace: warning: {}\n", warning.Text());
  }
  if (loaded) return std::move(*loaded);
  for (const config::ConfigError& error : loaded.error().errors) {
    fmt::print(stderr, "headrace: {}\n", error.TextWithExcerpt());
  }
  return std::nullopt;
}

void Complain(const Error& error) {
  fmt::print(stderr, "headrace: {}\n", error.message);
  if (!error.remedy.empty()) fmt::print(stderr, "  {}\n", error.remedy);
}

std::unique_ptr<client::Client> Connect(const config::Config& config) {
  auto client = client::Client::Make(MakeClientOptions(config, Duration{}));
  if (!client) {
    Complain(client.error());
    return nullptr;
  }
  const auto health = (*client)->Get("/v1/health");
  if (health) return std::move(*client);
  if (health.error().code == ErrorCode::kDenied) {
    Complain({.code = ErrorCode::kDenied,
              .message = fmt::format("{}: {}", (*client)->url(), health.error().message),
              .remedy = "show a token in HEADRACE_SCHEDULER_TOKEN or scheduler.token_file, or a "
                        "user in the url: http://user:password@host"});
    return nullptr;
  }
  Complain(
      {.code = health.error().code,
       .message = fmt::format("no scheduler at {}: {}", (*client)->url(), health.error().message),
       .remedy = "start one with `headrace up` or `headrace scheduler`, or say where it is "
                 "with --url"});
  return nullptr;
}

Result<std::string> FindTask(client::Client& client, const std::string& text) {
  const auto exact = client.GetTask(text);
  if (exact) return exact->id;
  const auto found = TRY(client.ListTasks("q=" + net::PercentEncode(text) + "&limit=6"));
  if (found.items.size() == 1) return found.items.front().id;
  if (found.items.empty()) {
    return Fail(ErrorCode::kNotFound, "no task '" + text + "'; `headrace tasks` lists them");
  }
  std::string message = "'" + text + "' could be one of several tasks:";
  for (const client::TaskRow& task : found.items) message += "\n  " + task.id;
  return Fail(ErrorCode::kInvalid, message);
}

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGQUIT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool Signals::Wait(Duration limit) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGQUIT);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(limit);
  const timespec wait{.tv_sec = seconds.count(),
                      .tv_nsec = std::chrono::nanoseconds(limit - seconds).count()};
  const bool received = sigtimedwait(&set, nullptr, &wait) > 0;
  received_ |= received;
  return received;
}

void SetUpLogging(bool quiet) {
  auto logger = spdlog::stderr_logger_mt("headrace");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  logger->set_level(quiet ? spdlog::level::warn : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

Result<void> LogTo(const std::string& folder) {
  constexpr uint16_t kFilesMax = 7;
  std::shared_ptr<spdlog::sinks::sink> sink;
  try {
    sink = std::make_shared<spdlog::sinks::daily_file_sink_mt>(
        folder + "/luigi-server.log", 0, 0, false, kFilesMax);
  } catch (const spdlog::spdlog_ex& error) {
    return Fail(ErrorCode::kInvalid, std::string("--logdir: ") + error.what());
  }
  sink->set_pattern("%Y-%m-%d %H:%M:%S,%e headrace[%P] %l: %v");
  spdlog::default_logger()->sinks() = {std::move(sink)};
  spdlog::default_logger()->flush_on(spdlog::level::info);
  return {};
}

}  // namespace headrace::cli
