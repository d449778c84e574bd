// Webhooks: one POST an event, as JSON. Slack's form ({"text": …}) is what Slack, Mattermost,
// Rocket.Chat and others take; the generic form has every field of the event.

#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "net/http_client.h"
#include "notify/channel.h"
#include "notify/event.h"

namespace headrace::notify {

enum class WebhookFormat : uint8_t { kJson, kSlack };

struct WebhookOptions {
  std::string name;
  std::string url;  // with secrets in it: never shown
  WebhookFormat format = WebhookFormat::kJson;
  std::array<bool, kEventKinds> events{};  // by EventKind: those that are sent
  std::vector<std::string> families;       // patterns with * and ?; empty: all
  std::string token;                       // Authorization: Bearer
  Duration timeout = std::chrono::seconds(10);
};

bool Wants(const WebhookOptions& options, const Event& event);
// The body. `page` is where the scheduler's page is; "" leaves links out.
std::string WebhookText(WebhookFormat format, const Event& event, const std::string& page);

class WebhookChannel final : public Channel {
 public:
  static Result<std::unique_ptr<WebhookChannel>> Make(WebhookOptions options);

  Result<void> Send(const Message& message) override;
  void Cancel() override { client_->Cancel(); }

 private:
  WebhookChannel(std::string name, std::string path, std::unique_ptr<net::HttpClient> client)
      : name_(std::move(name)), path_(std::move(path)), client_(std::move(client)) {}

  const std::string name_;
  const std::string path_;
  const std::unique_ptr<net::HttpClient> client_;
};

}  // namespace headrace::notify
