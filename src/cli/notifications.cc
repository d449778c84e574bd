// From the configuration to who is told of failures.

#include "cli/notifications.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "cli/log.h"

namespace headrace::cli {

namespace {

int64_t WholeSeconds(Duration duration) {
  return std::chrono::floor<std::chrono::seconds>(duration).count();
}

std::string MachineName() {
  char name[256] = {};
  return ::gethostname(name, sizeof(name) - 1) == 0 ? name : "localhost";
}

// As in Luigi: a scheduler that somebody watches in a terminal sends nothing unless it must.
bool MailsAreSent(const config::EmailConfig& email) {
  if (email.format == "none" || email.method != "smtp") return false;
  return email.force_send || ::isatty(STDOUT_FILENO) == 0;
}

notify::BatchMode ModeOf(const std::string& word) {
  if (word == "family") return notify::BatchMode::kFamily;
  return word == "all" ? notify::BatchMode::kAll : notify::BatchMode::kUnbatchedParams;
}

// Luigi's own splitting: parts keep their white space.
std::vector<std::string> DefaultOwners(std::string_view receiver) {
  std::vector<std::string> owners;
  while (!receiver.empty()) {
    const size_t end = std::min(receiver.find(','), receiver.size());
    if (end > 0) owners.emplace_back(receiver.substr(0, end));
    receiver.remove_prefix(std::min(end + 1, receiver.size()));
  }
  return owners;
}

net::SmtpOptions SmtpOf(const config::SmtpConfig& smtp) {
  return {.host = smtp.host,
          .port = static_cast<uint16_t>(smtp.port),
          .tls = smtp.ssl      ? net::SmtpTls::kAlways
                 : smtp.no_tls ? net::SmtpTls::kNone
                               : net::SmtpTls::kIfOffered,
          .verify = smtp.verify,
          .local_hostname = smtp.local_hostname,
          .username = smtp.username,
          .password = smtp.password,
          .timeout = smtp.timeout};
}

notify::MailOptions MailOf(const config::Config& config) {
  const config::EmailConfig& email = config.email;
  notify::MailOptions mail{.enabled = MailsAreSent(email),
                           .batched = config.luigi_scheduler.batch_emails,
                           .html = email.format == "html",
                           .prefix = email.prefix,
                           .receiver = email.receiver,
                           .sender = email.sender};
  mail.host = MachineName();
  if (mail.sender.empty()) mail.sender = "luigi-client@" + mail.host;
  mail.traceback_bytes_max = static_cast<size_t>(email.traceback_max_length);
  mail.disable_persist = std::to_string(WholeSeconds(config.luigi_scheduler.disable_persist));
  mail.batch = {.interval_minutes = config.batch_email.email_interval,
                .mode = ModeOf(config.batch_email.batch_mode),
                .error_lines = config.batch_email.error_lines,
                .error_messages = config.batch_email.error_messages,
                .group_by_error_messages = config.batch_email.group_by_error_messages,
                .html = mail.html,
                .default_owners = DefaultOwners(email.receiver)};
  mail.smtp = SmtpOf(config.smtp);
  return mail;
}

notify::WebhookOptions WebhookOf(const config::WebhookConfig& config) {
  notify::WebhookOptions webhook{.name = config.name,
                                 .url = config.url,
                                 .format = config.format == "slack" ? notify::WebhookFormat::kSlack
                                                                    : notify::WebhookFormat::kJson,
                                 .families = config.families,
                                 .token = config.token,
                                 .timeout = config.timeout};
  for (size_t i = 0; i < notify::kEventKinds; ++i) {
    const std::string name = Name(static_cast<notify::EventKind>(i));
    webhook.events[i] = std::ranges::find(config.events, name) != config.events.end();
  }
  return webhook;
}

void WriteNotifierMetrics(api::MetricText& text, const notify::Notifier& notifier) {
  text.Head("headrace_notifications_waiting", "gauge", "Mails and webhooks that wait.");
  for (const auto& [channel, count] : notifier.Waiting()) {
    text.Sample(api::LabelsText({{"channel", channel}}), static_cast<double>(count));
  }
  const notify::NotifierFigures& figures = notifier.figures();
  const auto counter = [&](std::string_view name, std::string_view help, const auto& value) {
    text.One(name, "counter", help, static_cast<double>(value.load(std::memory_order_relaxed)));
  };
  counter("headrace_notifications_delivered_total", "Delivered.", figures.delivered);
  counter("headrace_notifications_failed_tries_total", "Tries that failed.", figures.failed_tries);
  counter("headrace_notifications_given_up_total", "Given up for good.", figures.given_up);
  counter("headrace_notifications_left_out_total", "Not even queued.", figures.left_out);
}

}  // namespace

bool WantsNotifications(const config::Config& config) {
  return !config.notify.webhooks.empty() || MailsAreSent(config.email);
}

bool WantsReports(const config::Config& config) {
  if (config.luigi_scheduler.batch_emails && MailsAreSent(config.email)) return true;
  return std::ranges::any_of(config.notify.webhooks, [](const config::WebhookConfig& webhook) {
    return std::ranges::find(webhook.events, "scheduling_failed") != webhook.events.end();
  });
}

notify::NotifierOptions MakeNotifierOptions(const config::Config& config) {
  notify::NotifierOptions options{.path = config.scheduler.store_path + "/notify.db",
                                  .mail = MailOf(config),
                                  .page = config.scheduler.url};
  for (const config::WebhookConfig& webhook : config.notify.webhooks) {
    options.webhooks.push_back(WebhookOf(webhook));
  }
  options.retry = {.first = config.notify.retry_first,
                   .last = config.notify.retry_last,
                   .give_up_after = config.notify.give_up_after};
  options.log = [](bool is_problem, const std::string& text) {
    spdlog::log(is_problem ? spdlog::level::warn : spdlog::level::debug, "notify: {}", text);
  };
  return options;
}

api::MetricsOptions MakeMetricsOptions(const config::Config& config,
                                       const notify::Notifier* notifier) {
  const config::PrometheusConfig& prometheus = config.prometheus;
  api::MetricsOptions options;
  options.tasks = {.luigi = config.luigi_scheduler.metrics_collector == "prometheus",
                   .luigi_labels = prometheus.task_parameters_to_use_in_labels,
                   .label_sets_max = static_cast<size_t>(prometheus.label_sets_max)};
  if (prometheus.use_task_family_in_labels) options.tasks.luigi_labels.emplace_back("family");
  if (notifier == nullptr) return options;
  options.more = [notifier](api::MetricText& text) { WriteNotifierMetrics(text, *notifier); };
  return options;
}

api::LogOptions MakeLogOptions(const config::LogConfig& config) {
  api::LogOptions options;
  if (config.events) {
    options.event = [&config](std::string_view what, const api::EventLog::Fields& fields) {
      WriteLogLine(config, "events", what, fields);
    };
  }
  if (!config.access) return options;
  options.access = [&config](const net::AccessEntry& entry) {
    WriteLogLine(config,
                 "access",
                 "request",
                 {{"method", std::string(MethodName(entry.method))},
                  {"path", entry.path},
                  {"status", std::to_string(entry.status)},
                  {"bytes", std::to_string(entry.bytes)},
                  {"ms", fmt::format("{:.3f}", static_cast<double>(entry.took.count()) / 1e3)},
                  {"user", entry.user},
                  {"peer", entry.peer}});
  };
  return options;
}

notify::RetryDefaults MakeRetryDefaults(const config::Config& config) {
  return {.count = config.luigi_scheduler.retry_count,
          .window_s = WholeSeconds(config.luigi_scheduler.disable_window)};
}

}  // namespace headrace::cli
