// The authenticator in the gate of a real server.

#include "api/authenticator.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/secret.h"
#include "net/http_client.h"

namespace headrace::api {
namespace {

using net::HttpHeaders;
using net::HttpResponse;
using net::Method;
using testing::HasSubstr;
using testing::Not;

class AuthenticatorTest : public testing::Test {
 protected:
  AuthenticatorTest() {
    std::string name = testing::TempDir() + "auth.XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~AuthenticatorTest() override {
    server_.reset();
    auth_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string AddUser(const std::string& name, Role role, const std::string& password = {}) {
    const NewToken token = MakeToken();
    const auto added = ChangeUserFile(Path(), [&](Users& users) -> Result<void> {
      UserEntry user{.name = name, .role = role, .password = {}, .created_at = {}, .tokens = {}};
      if (!password.empty()) user.password = *HashPassword(password);
      user.tokens.push_back({.id = token.id,
                             .hash = Sha256Hex(token.text),
                             .note = {},
                             .created_at = {},
                             .expires_at = {}});
      users.entries.push_back(user);
      return {};
    });
    EXPECT_TRUE(added);
    return token.text;
  }

  // Answers with the name of who asked.
  void Start(AuthOptions options = {}) {
    options.users_file = Path();
    auth_ = std::make_unique<Authenticator>(std::move(options), clock_);
    ASSERT_TRUE(auth_->Start([](std::string_view) {}));
    const auto handle = [this](net::HttpRequest&& request, net::Responder&& responder) {
      if (request.path == "/login") {
        return auth_->HandleLogin(std::move(request), std::move(responder));
      }
      if (request.path == "/logout") return auth_->HandleLogout(request, std::move(responder));
      responder.Send(net::TextResponse(request.path == "/v1/session" ? auth_->SessionJson(request)
                                                                     : request.user));
    };
    server_ = net::HttpServer::Start(
                  {},
                  {.handle = handle,
                   .gate = [this](net::HttpRequest& head) { return auth_->Check(head); },
                   .log = {}},
                  clock_)
                  .value();
  }

  HttpResponse Ask(Method method,
                   const std::string& path,
                   const std::vector<std::pair<std::string, std::string>>& headers = {},
                   const std::string& login = {},
                   const std::string& body = {}) {
    const std::string user = login.empty() ? "" : login + "@";
    const auto client =
        net::HttpClient::Make({.base_url = "http://" + user + server_->address()}).value();
    net::HttpCall call{.method = method, .path = path, .content_type = {}, .body = body};
    if (!body.empty()) call.content_type = "application/x-www-form-urlencoded";
    for (const auto& [name, value] : headers) call.headers.Add(name, value);
    return client->Send(call).value();
  }
  HttpResponse Get(const std::string& path, const std::string& token) {
    return Ask(Method::kGet, path, {{"Authorization", "Bearer " + token}});
  }

  std::string Path() const { return folder_ + "/users.json"; }

  SystemClock clock_;
  std::string folder_;
  std::unique_ptr<Authenticator> auth_;
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(AuthenticatorTest, WithoutUsersEverybodyMayDoEverything) {
  Start();

  EXPECT_FALSE(auth_->IsRequired());
  EXPECT_EQ(Ask(Method::kPost, "/v1/tasks/t/retry").status, 200);
}

TEST_F(AuthenticatorTest, APageOfAnotherSiteChangesNothingEvenWithoutUsers) {
  Start();
  const std::vector<std::pair<std::string, std::string>> foreign = {
      {"Origin", "http://evil.example"}, {"Sec-Fetch-Site", "cross-site"}};
  const std::string own = "http://" + server_->address();

  EXPECT_EQ(Ask(Method::kPost, "/v1/tasks/t/retry", foreign).status, 403);
  EXPECT_EQ(Ask(Method::kGet, "/api/mark_as_done", foreign).status, 403);
  EXPECT_EQ(Ask(Method::kGet, "/api/pause", {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_EQ(Ask(Method::kGet, "/api/task_list", foreign).status, 200);
  EXPECT_EQ(Ask(Method::kPost, "/v1/tasks/t/retry", {{"Origin", own}}).status, 200);
  EXPECT_EQ(Ask(Method::kPost, "/v1/tasks/t/retry", {{"Sec-Fetch-Site", "same-origin"}}).status,
            200);
}

TEST_F(AuthenticatorTest, TokensComeInWithTheirUsersRole) {
  const std::string viewer = AddUser("vic", Role::kViewer);
  const std::string worker = AddUser("wim", Role::kWorker);
  Start();

  EXPECT_EQ(Get("/v1/overview", viewer).body, "vic");
  EXPECT_EQ(Get("/api/add_task", worker).body, "wim");
  const HttpResponse denied = Get("/api/add_task", viewer);
  EXPECT_EQ(denied.status, 403);
  EXPECT_EQ(denied.reason, "vic is viewer; this needs the role worker or admin");
  EXPECT_EQ(Ask(Method::kGet, "/v1/overview").status, 401);
  EXPECT_EQ(Get("/v1/overview", viewer + "x").status, 401);
  EXPECT_EQ(Ask(Method::kGet, "/healthz").status, 200);
}

TEST_F(AuthenticatorTest, StockClientsComeInByPasswordOrByTokenInItsPlace) {
  const std::string token = AddUser("wim", Role::kWorker, "correct horse");
  Start();

  EXPECT_EQ(Ask(Method::kPost, "/api/ping", {}, "wim:correct%20horse").body, "wim");
  EXPECT_EQ(Ask(Method::kPost, "/api/ping", {}, "wim:correct%20horse").body, "wim");
  EXPECT_EQ(Ask(Method::kPost, "/api/ping", {}, "wim:" + token).body, "wim");
  EXPECT_EQ(Ask(Method::kPost, "/api/ping", {}, "token:" + token).body, "wim");
  EXPECT_EQ(Ask(Method::kPost, "/api/ping", {}, "ann:" + token).status, 401);
  EXPECT_EQ(Ask(Method::kPost, "/api/ping", {}, "wim:wrong%20horse").status, 401);
  EXPECT_EQ(Ask(Method::kPost, "/api/ping", {}, "nobody:correct%20horse").status, 401);
}

TEST_F(AuthenticatorTest, WhoIsWrongTooOftenIsTurnedAwayButOthersAreNot) {
  const std::string token = AddUser("ann", Role::kAdmin, "correct horse");
  Start();
  EXPECT_EQ(Ask(Method::kGet, "/v1/overview", {}, "ann:correct%20horse").status, 200);

  int refused = 0;
  for (int i = 0; i < 30 && refused < 3; ++i) {
    const HttpResponse answer = Get("/v1/overview", "hr_00000000_" + std::to_string(i));
    EXPECT_TRUE(answer.status == 401 || answer.status == 429);
    refused += answer.status == 429;
    EXPECT_EQ(answer.status == 429, answer.headers.Find("Retry-After").has_value());
  }

  EXPECT_EQ(refused, 3);
  EXPECT_EQ(Get("/v1/overview", token).status, 200);
  EXPECT_EQ(Ask(Method::kGet, "/v1/overview", {}, "ann:correct%20horse").status, 200);
}

TEST_F(AuthenticatorTest, PeopleLogInByTheFormAndOutAgain) {
  AddUser("ann", Role::kAdmin, "correct horse");
  Start();
  const HttpResponse sent = Ask(Method::kGet, "/runs/7", {{"Accept", "text/html"}});
  EXPECT_EQ(sent.status, 303);
  EXPECT_EQ(sent.headers.Find("Location"), "../login?next=runs%2F7");

  const HttpResponse wrong =
      Ask(Method::kPost, "/login", {}, {}, "user=ann&password=wrong&next=runs/7");
  const HttpResponse right =
      Ask(Method::kPost, "/login", {}, {}, "user=ann&password=correct+horse&next=runs/7");

  EXPECT_EQ(wrong.status, 401);
  EXPECT_FALSE(wrong.headers.Find("Set-Cookie"));
  EXPECT_EQ(right.status, 303);
  EXPECT_EQ(right.headers.Find("Location"), "./runs/7");
  const std::string set(right.headers.Find("Set-Cookie").value());
  EXPECT_THAT(set, HasSubstr("; HttpOnly; SameSite=Lax"));
  const std::string cookie = set.substr(0, set.find(';'));

  const std::string session = Ask(Method::kGet, "/v1/session", {{"Cookie", cookie}}).body;
  EXPECT_THAT(session, HasSubstr("\"user\":\"ann\",\"role\":\"admin\""));
  const size_t at = session.find("\"csrf\":\"") + 8;
  const std::string csrf = session.substr(at, session.find('"', at) - at);
  EXPECT_EQ(Ask(Method::kPost, "/v1/tasks/t/retry", {{"Cookie", cookie}}).status, 403);
  EXPECT_EQ(Ask(Method::kGet, "/api/pause", {{"Cookie", cookie}}).status, 403);
  EXPECT_EQ(
      Ask(Method::kPost, "/v1/tasks/t/retry", {{"Cookie", cookie}, {"X-CSRF-Token", csrf}}).status,
      200);

  EXPECT_EQ(Ask(Method::kPost, "/logout", {{"Cookie", cookie}}).status, 204);
  EXPECT_EQ(Ask(Method::kGet, "/v1/session", {{"Cookie", cookie}}).status, 401);
}

TEST_F(AuthenticatorTest, ChangesOfTheFileCountAndNeverOpenTheDoor) {
  const std::string token = AddUser("ann", Role::kAdmin);
  Start();
  EXPECT_EQ(Get("/v1/overview", token).status, 200);

  const std::string later = AddUser("bob", Role::kViewer);
  while (Get("/v1/overview", later).status != 200) std::this_thread::yield();
  ASSERT_TRUE(ChangeUserFile(Path(), [](Users& users) -> Result<void> {
    users.entries.clear();
    return {};
  }));
  while (Get("/v1/overview", token).status == 200) std::this_thread::yield();

  EXPECT_EQ(Ask(Method::kGet, "/v1/overview").status, 401);
}

TEST_F(AuthenticatorTest, PartsOfTheSameProcessShowTheirOwnToken) {
  AddUser("ann", Role::kAdmin);
  AuthOptions options;
  options.own_token = MakeToken().text;
  const std::string own = options.own_token;
  Start(std::move(options));

  EXPECT_EQ(Get("/api/add_task", own).body, "headrace");
  EXPECT_EQ(Ask(Method::kPost, "/v1/runs", {}, "token:" + own).body, "headrace");
}

TEST_F(AuthenticatorTest, AnswersNeverSayWhatWasShown) {
  AddUser("ann", Role::kAdmin, "correct horse");
  Start();

  for (const char* path : {"/v1/overview", "/api/task_list", "/"}) {
    const HttpResponse answer = Ask(Method::kGet, path, {}, "ann:sesame%20open");
    EXPECT_THAT(answer.body + answer.reason, Not(HasSubstr("sesame")));
    EXPECT_THAT(answer.body + answer.reason, Not(HasSubstr("ann")));
  }
}

}  // namespace
}  // namespace headrace::api
