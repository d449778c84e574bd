// The file of users, and the hashes in it.

#include "api/user_file.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/secret.h"

namespace headrace::api {
namespace {

using testing::HasSubstr;

class UserFile : public testing::Test {
 protected:
  UserFile() {
    std::string name = testing::TempDir() + "users.XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/deep/users.json";
  }
  ~UserFile() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  std::string path_;
};

UserEntry Ann() {
  return {.name = "ann",
          .role = Role::kOperator,
          .password = *HashPassword("correct horse"),
          .created_at = Timestamp(std::chrono::seconds(1764000000)),
          .tokens = {{.id = "0123abcd",
                      .hash = Sha256Hex("x"),
                      .note = "note \"1\"",
                      .created_at = Timestamp(std::chrono::seconds(1764000001)),
                      .expires_at = Timestamp(std::chrono::seconds(1764000002))}}};
}

TEST(Secret, APasswordIsKnownByItsHashAlone) {
  const std::string hash = HashPassword("correct horse").value();

  EXPECT_THAT(hash, testing::StartsWith("scrypt$15$8$3$"));
  EXPECT_EQ(hash.find("correct"), std::string::npos);
  EXPECT_TRUE(VerifyPassword("correct horse", hash));
  EXPECT_FALSE(VerifyPassword("correct horsf", hash));
  EXPECT_FALSE(VerifyPassword("", hash));
  EXPECT_NE(HashPassword("correct horse").value(), hash);
}

TEST(Secret, HashesThatAreNoneVerifyNothing) {
  for (const char* hash : {"",
                           "x",
                           "scrypt$",
                           "scrypt$15$8$3$",
                           "scrypt$15$8$3$a$b",
                           "scrypt$40$8$3$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
                           "scrypt$-1$8$3$a$b",
                           "plain$secret"}) {
    EXPECT_FALSE(IsPasswordHash(hash)) << hash;
    EXPECT_FALSE(VerifyPassword("", hash)) << hash;
  }
}

TEST(Secret, TokensAreAllDifferentAndTellTheirId) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const NewToken token = MakeToken();
    EXPECT_EQ(TokenIdOf(token.text), token.id);
    EXPECT_GE(token.text.size(), 50u);
    EXPECT_TRUE(seen.insert(token.text).second);
  }
  EXPECT_FALSE(TokenIdOf("hr_123_x"));
  EXPECT_FALSE(TokenIdOf("password"));
}

TEST(Secret, BasicIsReadInBothAlphabets) {
  EXPECT_EQ(Base64Decode("YW5uOnNlY3JldA=="), "ann:secret");
  EXPECT_EQ(Base64Decode("_-8"), Base64Decode("/+8="));
  EXPECT_FALSE(Base64Decode("a b"));
  EXPECT_EQ(Base64Decode(""), "");
}

TEST_F(UserFile, WhatIsWrittenIsReadAgain) {
  const UserEntry ann = Ann();

  const auto changed = ChangeUserFile(path_, [&](Users& users) -> Result<void> {
    users.entries.push_back({.name = "zoe", .role = Role::kWorker, .password = {}, .tokens = {}});
    users.entries.push_back(ann);
    return {};
  });
  const Users users = ReadUserFile(path_).value();

  ASSERT_TRUE(changed);
  ASSERT_EQ(users.entries.size(), 2u);
  EXPECT_EQ(FormatUsers(users), FormatUsers(ParseUsers(FormatUsers(users)).value()));
  const UserEntry& read = *users.Find("ann");
  EXPECT_EQ(read.role, Role::kOperator);
  EXPECT_EQ(read.password, ann.password);
  EXPECT_EQ(read.tokens[0].note, "note \"1\"");
  EXPECT_EQ(read.tokens[0].expires_at, ann.tokens[0].expires_at);
  EXPECT_EQ(users.Find("zoe")->role, Role::kWorker);
  EXPECT_EQ(users.Find("bob"), nullptr);
}

TEST_F(UserFile, IsForItsOwnerAlone) {
  ASSERT_TRUE(ChangeUserFile(path_, [](Users&) -> Result<void> { return {}; }));

  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(UserFile, AChangeThatFailsWritesNothing) {
  ASSERT_TRUE(ChangeUserFile(path_, [](Users& users) -> Result<void> {
    users.entries.push_back(Ann());
    return {};
  }));

  const auto changed = ChangeUserFile(path_, [](Users& users) -> Result<void> {
    users.entries.clear();
    return Fail(ErrorCode::kConflict, "no");
  });

  EXPECT_FALSE(changed);
  EXPECT_EQ(ReadUserFile(path_)->entries.size(), 1u);
}

TEST_F(UserFile, AFileThatIsNotThereHasNoUsers) {
  EXPECT_TRUE(ReadUserFile(path_)->entries.empty());
}

TEST_F(UserFile, DamageIsNamedWithItsPlace) {
  const std::string head = "{\"format\":1,\"users\":[";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"[]", "format 1"},
      {"{\"format\":2,\"users\":[]}", "format 1"},
      {"{\"format\":1}", "users is no list"},
      {head + "{}]}", "user 1: '' is no name"},
      {head + "{\"name\":\"a b\"}]}", "'a b' is no name"},
      {head + "{\"name\":\"a\",\"role\":\"king\"}]}", "user 1 (a): role 'king'"},
      {head + "{\"name\":\"a\",\"role\":\"admin\",\"password\":\"secret\"}]}", "no scrypt hash"},
      {head + "{\"name\":\"a\",\"role\":\"admin\"},{\"name\":\"a\",\"role\":\"admin\"}]}", "twice"},
      {head + "{\"name\":\"a\",\"role\":\"admin\",\"tokens\":[1]}]}", "token is no object"},
  };
  for (const auto& [text, what] : cases) {
    const auto users = ParseUsers(text);
    ASSERT_FALSE(users) << text;
    EXPECT_THAT(users.error().message, HasSubstr(what)) << text;
    EXPECT_EQ(users.error().message.find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace headrace::api
