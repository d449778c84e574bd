// Mails by SMTP. A message's text is a small JSON object: subject, body, and recipients parted by
// commas; the RFC 5322 text is made when it is sent.

#pragma once

#include <string>

#include "net/smtp_client.h"
#include "notify/channel.h"
#include "notify/event.h"

namespace headrace::notify {

std::string MailText(const Mail& mail);

class MailChannel final : public Channel {
 public:
  MailChannel(net::SmtpOptions smtp, std::string sender, bool html, std::string host);

  Result<void> Send(const Message& message) override;
  void Cancel() override { client_.Cancel(); }

 private:
  net::SmtpClient client_;
  const std::string sender_;
  const bool html_;
  const std::string host_;  // in Message-IDs
};

}  // namespace headrace::notify
