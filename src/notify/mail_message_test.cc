// Mails as text: headers that stay headers, whatever a task is called.

#include "notify/mail_message.h"

#include <gtest/gtest.h>

#include "notify/text.h"

namespace headrace::notify {
namespace {

TEST(MailMessage, HasLuigisParts) {
  const std::string text = MailMessage(
      {.subject = "Luigi: 1 failure", .body = "hello", .recipients = {"a@x", "b@x"}},
      {.sender = "Luigi <l@x>", .html = false, .id = "<headrace.1.2@x>", .at = Timestamp{}});

  EXPECT_EQ(text,
            "Content-Type: multipart/related; boundary=\"=_headrace_headrace12x\"\r\n"
            "MIME-Version: 1.0\r\n"
            "Subject: Luigi: 1 failure\r\n"
            "From: Luigi <l@x>\r\n"
            "To: a@x,b@x\r\n"
            "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"
            "Message-ID: <headrace.1.2@x>\r\n"
            "\r\n--=_headrace_headrace12x\r\n"
            "Content-Type: text/plain; charset=\"utf-8\"\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Transfer-Encoding: base64\r\n"
            "\r\naGVsbG8=\r\n"
            "\r\n--=_headrace_headrace12x--\r\n");
}

TEST(MailMessage, ALineBreakInATasksNameBeginsNoHeader) {
  const std::string text = MailMessage({.subject = "x\r\nBcc: evil@x", .recipients = {"a@x"}},
                                       {.sender = "l@x", .id = "<1@x>"});
  EXPECT_NE(text.find("Subject: x  Bcc: evil@x\r\n"), std::string::npos);
  EXPECT_EQ(text.find("\nBcc"), std::string::npos);
}

TEST(MailMessage, WhatIsNoAsciiIsEncodedAndLongLinesAreFolded) {
  const std::string text = MailMessage({.subject = "caf\u00e9", .recipients = {"a@x"}},
                                       {.sender = "l@x", .id = "<1@x>"});
  EXPECT_NE(text.find("Subject: =?utf-8?b?Y2Fmw6k=?=\r\n"), std::string::npos);

  const std::string words = MailMessage(
      {.subject = std::string(40, 'a') + " " + std::string(40, 'b'), .recipients = {"a@x"}},
      {.sender = "l@x", .id = "<1@x>"});
  EXPECT_NE(words.find("aaa\r\n bbb"), std::string::npos);
}

TEST(MailText, EndsAreStrippedAsPythonDoes) {
  EXPECT_EQ(StripEnd("a \u00a0\u2003\n\x1f"), "a");
  EXPECT_EQ(StripEnd("\u00e9"), "\u00e9");
  EXPECT_EQ(TailOf("\u00e9\u00e9", 3), "\u00e9");
  EXPECT_EQ(HeadOf("\u00e9\u00e9", 3), "\u00e9");
  EXPECT_EQ(CleanUtf8("a\xed\xb3\xbf\xff"
                      "b"),
            "a\ufffd\ufffd"
            "b");
  EXPECT_EQ(Base64("ab"), "YWI=");
  EXPECT_EQ(Base64("abc"), "YWJj");
}

}  // namespace
}  // namespace headrace::notify
