// The file of users: who may come in, with which role, and hashes of what proves it. `headrace
// user` writes it, the scheduler reads it again whenever it changes.
//
//   {"format":1,"users":[
//   {"name":"ann","role":"admin","password":"scrypt$…","created_at":1764…,"tokens":[
//     {"id":"1f2e3d4c","hash":"<sha-256>","note":"laptop","created_at":1764…,"expires_at":null}]}
//   ]}
// Times are epoch milliseconds. A user without a password comes in by tokens alone.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/role.h"
#include "base/error.h"
#include "base/time.h"

namespace headrace::api {

constexpr size_t kUsersMax = 10'000;
constexpr size_t kTokensMax = 1000;  // of one user

struct TokenEntry {
  std::string id;
  std::string hash;
  std::string note;
  Timestamp created_at;
  std::optional<Timestamp> expires_at;
};

struct UserEntry {
  std::string name;
  Role role = Role::kViewer;
  std::string password;  // its hash; empty: none
  Timestamp created_at;
  std::vector<TokenEntry> tokens;
};

struct Users {
  std::vector<UserEntry> entries;  // by name

  UserEntry* Find(std::string_view name);
  const UserEntry* Find(std::string_view name) const;
};

// Letters, digits and "._@-", 1 to 64 of them: fits into URLs, logs and Basic's "name:password".
bool IsUserName(std::string_view name);

// The file's text to users and back. kCorrupt says what is wrong where.
Result<Users> ParseUsers(std::string_view text);
std::string FormatUsers(const Users& users);

// A file that is not there has no users. Errors name the file.
Result<Users> ReadUserFile(const std::string& path);

// Reads, lets `change` change, writes anew beside it (mode 0600) and renames; under a lock, so that
// two who change at once do so one after the other. Nothing is written when `change` fails.
Result<void> ChangeUserFile(const std::string& path,
                            const std::function<Result<void>(Users&)>& change);

}  // namespace headrace::api
