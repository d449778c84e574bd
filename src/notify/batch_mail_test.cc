// Batched mails: what Luigi would write.

#include "notify/batch_mail.h"

#include <gtest/gtest.h>

namespace headrace::notify {
namespace {

Event Failure(std::string family, std::string explanation, std::vector<std::string> owners = {}) {
  Event event{.kind = EventKind::kFailed};
  event.family = std::move(family);
  event.name = event.family + "(a=1, b=2)";
  event.params = {{"a", "1"}};
  event.explanation = std::move(explanation);
  event.owners = std::move(owners);
  return event;
}

BatchMailOptions Options() {
  return {.default_owners = {"all@x"}};
}

TEST(BatchMail, EqualErrorMessagesMakeOneGroupWithTheWorstFirst) {
  BatchMail batch(Options());
  batch.Add(Failure("A", "boom\n"));
  batch.Add(Failure("B", "boom"));
  batch.Add(Failure("B", "boom"));
  batch.Add(Failure("C", "other"));
  Event disable = Failure("C", "");
  disable.kind = EventKind::kDisabled;
  batch.Add(disable);

  EXPECT_EQ(
      batch.Take(),
      (std::vector<Mail>{{.subject = "Luigi: 4 failures, 1 disable in the last 60 minutes",
                          .body = "- B(a=1) (2 failures)\n  A(a=1) (1 failure)\n\n      boom\n\n"
                                  "- C(a=1) (1 failure, 1 disable)\n\n      other",
                          .recipients = {"all@x"}}}));
  EXPECT_TRUE(batch.IsEmpty());
}

TEST(BatchMail, OwnersHearOfTheirOwnTasks) {
  BatchMail batch(Options());
  batch.Add(Failure("A", "boom", {"ada@x"}));
  batch.Add(Failure("B", "boom"));

  const std::vector<Mail> mails = batch.Take();

  ASSERT_EQ(mails.size(), 2u);
  EXPECT_EQ(mails[0].subject, "Luigi: Your tasks have 1 failure in the last 60 minutes");
  EXPECT_EQ(mails[0].recipients, (std::vector<std::string>{"ada@x"}));
  EXPECT_EQ(mails[1].subject, "Luigi: 2 failures in the last 60 minutes");
}

TEST(BatchMail, OnlyTheLastLinesOfTheNewestMessagesAreShown) {
  BatchMailOptions options = Options();
  options.error_lines = 2;
  options.error_messages = 2;
  options.mode = BatchMode::kFamily;
  BatchMail batch(options);
  for (const char* text : {"1\na\nb", "2\nc", "3\nd", "2\nc"}) batch.Add(Failure("A", text));

  EXPECT_EQ(batch.Take().front().body, "- A (4 failures)\n\n      3\n      d\n\n      2\n      c");
}

TEST(BatchMail, HtmlIsALookAlike) {
  BatchMailOptions options = Options();
  options.html = true;
  options.mode = BatchMode::kAll;
  BatchMail batch(options);
  batch.Add(Failure("A", "x\ny"));

  EXPECT_EQ(batch.Take().front().body, "<ul>\n<li>A(a=1, b=2) (1 failure)\n<pre>x\ny</pre>\n</ul>");
}

}  // namespace
}  // namespace headrace::notify
