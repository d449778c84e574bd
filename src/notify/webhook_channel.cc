// Webhooks. See webhook_channel.h.

#include "notify/webhook_channel.h"

#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <utility>

#include "base/glob.h"
#include "base/json_writer.h"
#include "net/form.h"
#include "notify/text.h"

namespace headrace::notify {

namespace {

constexpr size_t kSlackExplanationBytes = 2'000;  // Slack cuts a text at 4,000 characters

std::string IsoTime(Timestamp at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (at - seconds).count() / 1000);
}

// Slack's three special characters.
std::string SlackText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string TaskPage(const Event& event, const std::string& page) {
  return page.empty() || event.task.empty() ? ""
                                            : page + "/tasks/" + net::PercentEncode(event.task);
}

std::string SlackMessage(const Event& event, const std::string& page) {
  const char* what = "";
  switch (event.kind) {
    case EventKind::kFailed: what = ":x: failed"; break;
    case EventKind::kDisabled: what = ":no_entry: failed too often and is disabled"; break;
    case EventKind::kRecovered: what = ":white_check_mark: is done, after it had failed"; break;
    case EventKind::kSchedulingFailed: what = ":warning: could not be scheduled"; break;
  }
  const std::string link = TaskPage(event, page);
  const std::string name = SlackText(event.name);
  const std::string_view sign(what, std::string_view(what).find(' '));
  std::string text =
      fmt::format("{} {}{}",
                  sign,
                  link.empty() ? fmt::format("*{}*", name) : fmt::format("<{}|{}>", link, name),
                  what + sign.size());
  if (!event.pipeline.empty()) text += fmt::format(" (pipeline {})", SlackText(event.pipeline));
  const std::string_view why = TailOf(StripEnd(event.explanation), kSlackExplanationBytes);
  if (!why.empty()) text += fmt::format("\n```{}```", SlackText(why));
  return text;
}

}  // namespace

bool Wants(const WebhookOptions& options, const Event& event) {
  if (!options.events[static_cast<size_t>(event.kind)]) return false;
  return options.families.empty() ||
         std::ranges::any_of(options.families, [&](const std::string& pattern) {
           return MatchesGlob(event.family, pattern);
         });
}

std::string WebhookText(WebhookFormat format, const Event& event, const std::string& page) {
  std::string text;
  JsonWriter json(text, JsonStyle::kStrict);
  json.BeginObject();
  if (format == WebhookFormat::kSlack) {
    json.Field("text", CleanUtf8(SlackMessage(event, page)));
    json.EndObject();
    return text;
  }
  json.Field("event", Name(event.kind));
  json.Field("at", IsoTime(event.at));
  json.Field("task", CleanUtf8(event.task));
  json.Field("name", CleanUtf8(event.name));
  json.Field("family", CleanUtf8(event.family));
  json.Key("params");
  json.BeginObject();
  for (const auto& [name, value] : event.params) json.Field(CleanUtf8(name), CleanUtf8(value));
  json.EndObject();
  json.Field("pipeline", event.pipeline);
  json.Field("worker", CleanUtf8(event.worker));
  json.Key("owners");
  json.BeginArray();
  for (const std::string& owner : event.owners) json.String(CleanUtf8(owner));
  json.EndArray();
  json.Field("explanation", CleanUtf8(event.explanation));
  json.Field("url", TaskPage(event, page));
  json.EndObject();
  return text;
}

Result<std::unique_ptr<WebhookChannel>> WebhookChannel::Make(WebhookOptions options) {
  // The path is kept apart: it is where these URLs have their secrets, and errors show the rest.
  const size_t scheme = options.url.find("://");
  const size_t slash =
      scheme == std::string::npos ? std::string::npos : options.url.find('/', scheme + 3);
  const std::string path = slash == std::string::npos ? "/" : options.url.substr(slash);
  auto client = net::HttpClient::Make({.base_url = options.url.substr(0, slash),
                                       .bearer_token = options.token,
                                       .connect_timeout = options.timeout,
                                       .timeout = options.timeout,
                                       .body_bytes_max = 1 << 20});
  if (!client) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("notify.webhooks.{}.url is no http(s) URL", options.name));
  }
  return std::unique_ptr<WebhookChannel>(
      new WebhookChannel(options.name, path, std::move(*client)));
}

Result<void> WebhookChannel::Send(const Message& message) {
  net::HttpCall call{.method = net::Method::kPost,
                     .path = path_,
                     .content_type = "application/json",
                     .body = message.text};
  // A repeated event can be known by it.
  call.headers.Add("Headrace-Delivery",
                   fmt::format("{}.{}", message.at.time_since_epoch().count(), message.id));
  const auto answer = client_->Send(call);
  const std::string what = "webhook " + name_ + ": ";
  if (!answer) {
    std::string why = answer.error().message;
    if (const size_t at = why.find(path_); at != std::string::npos) why.erase(at, path_.size());
    return Fail(ErrorCode::kUnavailable, what + why);
  }
  if (answer->status < 300) return {};
  const bool try_again = answer->status >= 500 || answer->status == 429 || answer->status == 408;
  return Fail(try_again ? ErrorCode::kUnavailable : ErrorCode::kInvalid,
              what + fmt::format("{} answered {}", client_->base_url(), answer->status));
}

}  // namespace headrace::notify
