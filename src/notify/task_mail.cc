// Mails about one task. See task_mail.h.

#include "notify/task_mail.h"

#include <algorithm>
#include <fmt/format.h>

#include "notify/text.h"

namespace headrace::notify {

namespace {

constexpr std::string_view kHeadline =
    "A task failed when running. Most likely run() raised an exception.";

// What would run it again, by hand.
std::string CommandOf(const Event& event) {
  std::string command = fmt::format("luigi --module {} {}", event.module, event.family);
  for (const auto& [name, value] : event.params) {
    std::string flag = name;
    std::ranges::replace(flag, '_', '-');
    const bool quoted = value.empty() || value.find_first_of(" \t\"'$\\") != std::string::npos;
    command += fmt::format(" --{} {}{}{}", flag, quoted ? "\"" : "", value, quoted ? "\"" : "");
  }
  return command;
}

std::string HtmlBody(const Event& event, const std::string& traceback) {
  std::vector<std::string> rows;
  for (const auto& [name, value] : event.params) {
    rows.push_back(fmt::format("<tr><th>{}</th><td>{}</td></tr>", name, value));
  }
  return fmt::format(
      "\n<html>\n<body>\n<h2>{}</h2>\n\n"
      "<table style=\"border-top: 1px solid black; border-bottom: 1px solid black\">\n"
      "<thead>\n<tr><th>name</th><td>{}</td></tr>\n</thead>\n<tbody>\n{}\n</tbody>\n</table>\n"
      "</pre>\n\n<h2>Command line</h2>\n<pre>\n{}\n</pre>\n\n<h2>Traceback</h2>\n{}\n"
      "</body>\n</html>\n",
      kHeadline,
      event.family,
      fmt::join(rows, "\n"),
      CommandOf(event),
      traceback.empty() ? "" : fmt::format("<pre>{}</pre>", traceback));
}

std::string PlainBody(const Event& event, const std::string& traceback) {
  size_t width = 0;
  for (const auto& [name, value] : event.params) width = std::max(width, name.size());
  std::vector<std::string> rows;
  for (const auto& [name, value] : event.params) {
    rows.push_back(fmt::format("  {:{}}: {}", name, width, value));
  }
  return fmt::format("{}\n\nName: {}\n\nParameters:\n{}\n\nCommand line:\n  {}\n\n{}\n",
                     kHeadline,
                     event.family,
                     fmt::join(rows, "\n"),
                     CommandOf(event),
                     traceback);
}

}  // namespace

Mail DisabledMail(const Event& event, const std::string& receiver, const std::string& persist) {
  return {
      .subject = fmt::format("Luigi Scheduler: DISABLED {} due to excessive failures", event.task),
      .body = fmt::format(
          "{} failed {} times in the last {} seconds, so it is being disabled for {} seconds",
          event.task,
          event.failures_max,
          event.window,
          persist),
      .recipients = SplitList(receiver)};
}

Mail FailureMail(const Event& event, const FailureMailOptions& options) {
  std::string traceback(HeadOf(event.explanation, options.traceback_bytes_max));
  if (traceback.size() < event.explanation.size()) {
    traceback += "...Traceback exceeds max length and has been truncated.";
  }
  Mail mail{.subject = fmt::format("Luigi: {} FAILED. Host: {}", event.name, event.worker),
            .body = options.html ? HtmlBody(event, traceback) : PlainBody(event, traceback),
            .recipients = SplitList(options.receiver)};
  for (const std::string& owner : event.owners) {
    for (std::string& address : SplitList(owner)) mail.recipients.push_back(std::move(address));
  }
  return mail;
}

}  // namespace headrace::notify
