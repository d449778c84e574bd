// Mails by SMTP. See mail_channel.h.

#include "notify/mail_channel.h"

#include <fmt/format.h>
#include <utility>

#include "base/json_text.h"
#include "base/json_writer.h"
#include "notify/mail_message.h"
#include "notify/text.h"

namespace headrace::notify {

std::string MailText(const Mail& mail) {
  std::string text;
  JsonWriter json(text, JsonStyle::kCompact);
  json.BeginObject();
  json.Field("to", fmt::format("{}", fmt::join(mail.recipients, ",")));
  json.Field("subject", mail.subject);
  json.Field("body", mail.body);
  json.EndObject();
  return text;
}

MailChannel::MailChannel(net::SmtpOptions smtp, std::string sender, bool html, std::string host)
    : client_(std::move(smtp)), sender_(std::move(sender)), html_(html), host_(std::move(host)) {}

Result<void> MailChannel::Send(const Message& message) {
  const Mail mail{.subject = JsonString(message.text, "subject").value_or(""),
                  .body = JsonString(message.text, "body").value_or(""),
                  .recipients = SplitList(JsonString(message.text, "to").value_or(""))};
  if (mail.recipients.empty()) return Fail(ErrorCode::kInvalid, "a mail to nobody");
  const MessageParts parts{
      .sender = sender_,
      .html = html_,
      .id = fmt::format(
          "<headrace.{}.{}@{}>", message.at.time_since_epoch().count(), message.id, host_),
      .at = message.at};
  std::vector<std::string> addresses;
  for (const std::string& recipient : mail.recipients) addresses.push_back(AddressOf(recipient));
  return client_.Send(AddressOf(sender_), addresses, MailMessage(mail, parts));
}

}  // namespace headrace::notify
