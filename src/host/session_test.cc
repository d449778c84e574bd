// Sessions against the real Python host: nodes, completeness, and sessions that die.

#include "host/session.h"

#include <csignal>
#include <thread>

#include <gmock/gmock.h>

#include "host/testing.h"
#include "host/zygote.h"

namespace headrace::host {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class SessionTest : public HostTest {
 protected:
  std::unique_ptr<Session> Open(const std::string& module) {
    Result<std::shared_ptr<Zygote>> zygote = Zygote::Start(children_, Settings(), module);
    EXPECT_TRUE(zygote) << zygote.error().message;
    zygote_ = *zygote;
    Result<std::unique_ptr<Session>> session = zygote_->OpenSession();
    EXPECT_TRUE(session) << session.error().message;
    return std::move(*session);
  }

  static Node Described(Session& session, const TaskName& name) {
    Result<std::vector<Node>> nodes = session.Describe(std::span(&name, 1), seconds(10));
    EXPECT_TRUE(nodes) << nodes.error().message;
    return nodes->at(0);
  }

  std::shared_ptr<Zygote> zygote_;
};

TEST_F(SessionTest, NodeCarriesEveryField) {
  const auto session = Open("basic");
  const TaskName name{"basic", "Mid", {{"n", "3"}, {"k", "2"}}};

  const Node node = Described(*session, name);

  Node wanted{.id = node.id, .family = "Mid", .module = "basic"};
  wanted.params = {{"n", "3"}, {"k", "2"}, {"hid", "h"}, {"verbose", "False"}};
  wanted.visibility = {{"hid", 1}};
  wanted.deps = node.deps;
  wanted.outputs = {{.kind = "file", .uri = folder_ / "m/3.txt"}};
  wanted.complete = CompleteKind::kOutputs;
  wanted.priority = 5;
  wanted.resources = {{"db", 1}};
  wanted.timeout = seconds(60);
  wanted.retry = RetryPolicy{.count = 3};
  wanted.owners = {"a@x", "b@x"};
  EXPECT_EQ(node, wanted);
  EXPECT_EQ(node.deps.size(), 2U);
}

TEST_F(SessionTest, TreeIsExpandedLevelByLevelAndInOneGo) {
  const auto session = Open("basic");
  const std::vector<TaskName> roots = {{"basic", "Nested", {{"m", "3"}, {"k", "2"}}}};

  const Expansion first = *session->Expand(roots, {.depth = 1});
  ASSERT_EQ(first.nodes.size(), 1U);
  ASSERT_EQ(first.frontier.size(), 3U);

  const Expansion rest =
      *session->ExpandIds(first.frontier, {.depth = 0, .complete = {first.frontier[0]}});
  EXPECT_EQ(rest.nodes.size(), 2U + 4U);
  EXPECT_TRUE(rest.frontier.empty());
}

TEST_F(SessionTest, TenThousandNodesCome) {
  const auto session = Open("basic");
  const std::vector<TaskName> roots = {{"basic", "Flat", {}}};

  const Expansion all = *session->Expand(roots, {.depth = 0});

  EXPECT_EQ(all.nodes.size(), 10'001U);
}

TEST_F(SessionTest, StringsSurviveUnchangedBothWays) {
  const auto session = Open("basic");
  const std::string text = "a\xED\xB3\xBF \xF0\x9D\x84\x9E \xC3\xA9 \" \\ </x> \n";

  const Node node = Described(*session, {"basic", "Echo", {{"text", text}}});

  EXPECT_EQ(node.params, (Params{{"text", text}}));
}

TEST_F(SessionTest, WhatRaisesIsTheNodesErrorAndWhatCannotTravelItsProblem) {
  const auto session = Open("classes");

  const Node bad = Described(*session, {"classes", "RaisesReq", {}});
  const Node unknown = Described(*session, {"classes", "Nobody", {}});
  const std::vector<TaskName> roots = {{"classes", "GivesSecret", {}}};
  const Expansion secret = *session->Expand(roots, {.depth = 0});

  EXPECT_EQ(bad.error->Text(), "KeyError: 'boom'");
  EXPECT_THAT(bad.error->traceback, HasSubstr("classes.py"));
  EXPECT_EQ(unknown.error->where, "load");
  EXPECT_EQ(unknown.family, "Nobody");
  ASSERT_EQ(secret.nodes.size(), 3U);
  EXPECT_EQ(secret.nodes[1].problem, "private parameters cannot travel: token");
}

TEST_F(SessionTest, CompleteAnswersYesNoOrWhyNot) {
  const auto session = Open("classes");
  std::vector<TaskName> names;
  for (const char* n : {"0", "1", "2", "4"}) {
    names.push_back({"classes", "SlowComplete", {{"n", n}}});
  }
  std::vector<std::string> ids;
  const std::vector<Node> nodes = *session->Describe(names, seconds(10));
  for (const Node& node : nodes) ids.push_back(node.id);

  const auto answers = *session->Complete(ids, milliseconds(200));

  EXPECT_EQ(answers.at(ids[0]), Completeness{});
  EXPECT_EQ(answers.at(ids[1]).error->type, "TimeoutError");
  EXPECT_EQ(answers.at(ids[2]).error->Text(), "OSError: s3 down");
  EXPECT_EQ(answers.at(ids[3]), Completeness{.complete = true});
}

TEST_F(SessionTest, UnknownIdIsRefusedAndTheSessionGoesOn) {
  const auto session = Open("basic");
  const std::vector<std::string> ids = {"Nobody_1"};

  const auto refused = session->Complete(ids, seconds(1));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(Described(*session, {"basic", "Noop", {}}).family, "Noop");
}

TEST_F(SessionTest, CallThatRunsFailsWhenAnotherThreadKillsTheSession) {
  const auto session = Open("basic");
  const std::vector<TaskName> names = {{"basic", "Hang", {}}};
  const std::jthread other([&] { session->Kill(); });

  const auto killed = session->Expand(names, {.depth = 1});

  ASSERT_FALSE(killed);
  EXPECT_EQ(killed.error().code, ErrorCode::kUnavailable);
}

TEST_F(SessionTest, HangingRequiresIsKilledAtItsLimitAndANewSessionWorks) {
  const auto session = Open("basic");
  const std::vector<TaskName> names = {{"basic", "Hang", {}}};

  const auto late = session->Describe(names, milliseconds(100));

  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(late.error().message, "the session of basic did not answer within 0.1 s");
  EXPECT_TRUE(session->ended());
  const auto next = zygote_->OpenSession();
  ASSERT_TRUE(next);
  EXPECT_EQ(Described(**next, {"basic", "Noop", {}}).family, "Noop");
}

TEST_F(SessionTest, DeathOfTheSessionIsAnError) {
  const auto session = Open("basic");
  kill(session->pid(), SIGKILL);

  const std::vector<TaskName> names = {{"basic", "Noop", {}}};
  const auto dead = session->Describe(names, seconds(10));

  ASSERT_FALSE(dead);
  EXPECT_EQ(dead.error().code, ErrorCode::kUnavailable);
}

TEST_F(SessionTest, EventHandlersAreCalled) {
  const auto session = Open("basic");
  const Node node = Described(*session, {"basic", "NeedsExt", {}});
  const std::vector<TaskEvent> events = {
      {.name = "event.core.timeout", .id = node.id, .args = {"too long"}},
      {.name = "event.core.task.broken", .id = node.id, .args = {"bad"}}};

  const auto errors = *session->Fire(events, seconds(10));

  EXPECT_FALSE(errors.at(0));
  EXPECT_EQ(errors.at(1)->Text(), "RuntimeError: handler saw bad");
  EXPECT_EQ(Read("events.txt"), "timeout " + node.id + " too long\n");
}

TEST_F(SessionTest, WhereForkingIsUnsafeAFreshInterpreterServes) {
  const auto session = Open("thread_at_import");

  EXPECT_NE(session->pid(), zygote_->info()->pid);
  EXPECT_EQ(Described(*session, {"thread_at_import", "UsesLock", {}}).family, "UsesLock");
}

}  // namespace
}  // namespace headrace::host
