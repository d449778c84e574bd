// Mistakes, sessions and the way back after a login.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/login_page.h"
#include "api/login_throttle.h"
#include "api/sessions.h"

namespace headrace::api {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

const Timestamp kNow = Timestamp(seconds(1764000000));

TEST(LoginThrottle, AfterTenMistakesOneWaitsAndIsForgivenSlowly) {
  LoginThrottle throttle;
  int told = 0;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(throttle.WaitOf("a", kNow), Duration::zero());
    told += throttle.AddMistake("a", kNow);
  }

  EXPECT_EQ(told, 1);
  EXPECT_EQ(throttle.WaitOf("a", kNow), LoginThrottle::kRefill);
  EXPECT_EQ(throttle.WaitOf("b", kNow), Duration::zero());
  EXPECT_EQ(throttle.WaitOf("a", kNow + LoginThrottle::kRefill), Duration::zero());
}

TEST(LoginThrottle, ItsMemoryHasALimit) {
  LoginThrottle throttle;
  for (size_t i = 0; i < 3 * LoginThrottle::kKeysMax; ++i) {
    throttle.AddMistake("key " + std::to_string(i), kNow);
  }

  EXPECT_LE(throttle.size(), LoginThrottle::kKeysMax);
}

TEST(LoginThrottle, AClockThatGoesBackForgivesNothing) {
  LoginThrottle throttle;
  for (int i = 0; i < 10; ++i) throttle.AddMistake("a", kNow);

  EXPECT_GT(throttle.WaitOf("a", kNow - seconds(100)), Duration::zero());
}

TEST(Sessions, AreFoundByTheirCookieUntilTheyAreOver) {
  Sessions sessions;
  const std::string cookie =
      sessions.Open({.user = "ann", .password = {}, .csrf = {}, .expires_at = kNow + seconds(10)});

  ASSERT_NE(sessions.Find(cookie, kNow), nullptr);
  EXPECT_EQ(sessions.Find(cookie, kNow)->user, "ann");
  EXPECT_GE(sessions.Find(cookie, kNow)->csrf.size(), 30u);
  EXPECT_EQ(sessions.Find(cookie, kNow + seconds(10)), nullptr);
  EXPECT_EQ(sessions.Find(cookie + "x", kNow), nullptr);
  sessions.DropExpired(kNow + seconds(10));
  EXPECT_EQ(sessions.size(), 0u);
}

TEST(Sessions, TooManyPushOutTheOldest) {
  Sessions sessions;
  const auto open = [&](int at) {
    return sessions.Open(
        {.user = "a", .password = {}, .csrf = {}, .expires_at = kNow + seconds(at)});
  };
  const std::string first = open(1);
  for (size_t i = 1; i <= Sessions::kSessionsMax; ++i) open(static_cast<int>(i + 1));

  EXPECT_EQ(sessions.size(), Sessions::kSessionsMax);
  EXPECT_EQ(sessions.Find(first, kNow), nullptr);
}

TEST(Sessions, TheCookieIsFoundAmongOthers) {
  EXPECT_EQ(SessionCookieOf("a=1; headrace_session=xyz; b=2"), "xyz");
  EXPECT_EQ(SessionCookieOf("headrace_session=xyz"), "xyz");
  EXPECT_EQ(SessionCookieOf("headrace_session_old=1; headrace_session="), "");
  EXPECT_FALSE(SessionCookieOf("a=headrace_session=1"));
  EXPECT_FALSE(SessionCookieOf(""));
}

TEST(LoginPage, NeverLeadsToAnotherSite) {
  EXPECT_EQ(SafeNext("pipelines/x?a=b:c"), "pipelines/x?a=b:c");
  EXPECT_EQ(SafeNext("/tasks"), "tasks");
  EXPECT_EQ(SafeNext("//evil.example/x"), "evil.example/x");  // below our own root
  for (const char* next : {"https://evil.example",
                           "javascript:alert(1)",
                           "a//b",
                           "\\\\evil",
                           "/\\evil",
                           "x\r\nSet-Cookie: a=b",
                           "login?next=login",
                           "a b"}) {
    EXPECT_EQ(SafeNext(next), "") << next;
  }
}

TEST(LoginPage, WritesWhatItIsGivenAsText) {
  const net::HttpResponse page = LoginPage("a?x=\"><script>", "<b>no</b>", 401);

  EXPECT_EQ(page.status, 401);
  EXPECT_THAT(page.body, Not(HasSubstr("<script")));
  EXPECT_THAT(page.body, HasSubstr("&lt;b&gt;no"));
  EXPECT_THAT(std::string(page.headers.Find("Content-Security-Policy").value()),
              HasSubstr("default-src 'none'"));
}

TEST(LoginPage, IsFoundFromAnyDepthBelowAnyPrefix) {
  net::HttpRequest request;
  request.path = "/runs/7/graph";
  request.query = "a=1";

  EXPECT_EQ(ToLogin(request).headers.Find("Location"), "../../login?next=runs%2F7%2Fgraph%3Fa%3D1");
  request = {};
  request.path = "/";
  EXPECT_EQ(ToLogin(request).headers.Find("Location"), "./login?next=");
}

}  // namespace
}  // namespace headrace::api
