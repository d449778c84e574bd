// Reading and writing the file of users.

#include "api/user_file.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/secret.h"
#include "base/json_writer.h"
#include "base/python_json.h"
#include "base/unique_fd.h"

namespace headrace::api {
namespace {

namespace json = boost::json;

constexpr int64_t kFormat = 1;
constexpr size_t kFileBytesMax = 64 << 20;

int64_t MillisOf(Timestamp at) {
  return std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

std::unexpected<Error> Wrong(std::string_view where, std::string_view what) {
  return Fail(ErrorCode::kCorrupt, std::string(where) + ": " + std::string(what));
}

Result<std::string> TextOf(const json::object& object, std::string_view key, std::string_view at) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return std::string();
  if (!value->is_string()) return Wrong(at, std::string(key) + " is no string");
  return std::string(value->get_string());
}

Result<std::optional<Timestamp>> TimeOf(const json::object& object,
                                        std::string_view key,
                                        std::string_view at) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (!value->is_int64()) return Wrong(at, std::string(key) + " is no time");
  return Timestamp(std::chrono::milliseconds(value->get_int64()));
}

Result<TokenEntry> ParseToken(const json::value& value, std::string_view at) {
  if (!value.is_object()) return Wrong(at, "a token is no object");
  const json::object& object = value.get_object();
  TokenEntry token;
  token.id = TRY(TextOf(object, "id", at));
  token.hash = TRY(TextOf(object, "hash", at));
  token.note = TRY(TextOf(object, "note", at));
  token.created_at = TRY(TimeOf(object, "created_at", at)).value_or(Timestamp{});
  token.expires_at = TRY(TimeOf(object, "expires_at", at));
  if (token.id.size() != 8 || token.hash.size() != 64)
    return Wrong(at, "a token has no id or hash");
  return token;
}

Result<UserEntry> ParseUser(const json::value& value, size_t index) {
  std::string at = "user " + std::to_string(index + 1);
  if (!value.is_object()) return Wrong(at, "not an object");
  const json::object& object = value.get_object();
  UserEntry user;
  user.name = TRY(TextOf(object, "name", at));
  if (!IsUserName(user.name)) return Wrong(at, "'" + user.name + "' is no name");
  at += " (" + user.name + ")";
  const std::string role = TRY(TextOf(object, "role", at));
  const auto known = RoleNamed(role);
  if (!known) return Wrong(at, "role '" + role + "' is not viewer, operator, admin or worker");
  user.role = *known;
  user.password = TRY(TextOf(object, "password", at));
  if (!user.password.empty() && !IsPasswordHash(user.password)) {
    return Wrong(at, "the password is no scrypt hash; `headrace user passwd` makes one");
  }
  user.created_at = TRY(TimeOf(object, "created_at", at)).value_or(Timestamp{});
  const json::value* tokens = object.if_contains("tokens");
  if (tokens == nullptr) return user;
  if (!tokens->is_array() || tokens->get_array().size() > kTokensMax) {
    return Wrong(at, "tokens is no list, or too long");
  }
  for (const json::value& token : tokens->get_array()) {
    user.tokens.push_back(TRY(ParseToken(token, at)));
  }
  return user;
}

Error FileError(const std::string& path, std::string_view what) {
  return {ErrorCode::kUnavailable,
          "users file " + path + ": " + std::string(what) + ": " + std::strerror(errno),
          "security.users says where it is."};
}

// nullopt: there is no such file.
Result<std::optional<std::string>> ReadAll(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return std::nullopt;
  if (file.get() < 0) return std::unexpected(FileError(path, "opening"));
  std::string text;
  char piece[16384];
  while (true) {
    const ssize_t got = ::read(file.get(), piece, sizeof piece);
    if (got < 0) return std::unexpected(FileError(path, "reading"));
    if (got == 0) return text;
    text.append(piece, static_cast<size_t>(got));
    if (text.size() > kFileBytesMax) return Fail(ErrorCode::kCorrupt, path + " is too large");
  }
}

Result<void> WriteAll(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  {
    const UniqueFd file(
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0) return std::unexpected(FileError(beside, "writing"));
    if (::fchmod(file.get(), 0600) != 0) return std::unexpected(FileError(beside, "writing"));
    while (!text.empty()) {
      const ssize_t put = ::write(file.get(), text.data(), text.size());
      if (put < 0) return std::unexpected(FileError(beside, "writing"));
      text.remove_prefix(static_cast<size_t>(put));
    }
    if (::fsync(file.get()) != 0) return std::unexpected(FileError(beside, "writing"));
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    return std::unexpected(FileError(path, "renaming"));
  }
  return {};
}

}  // namespace

UserEntry* Users::Find(std::string_view name) {
  const auto at = std::ranges::lower_bound(entries, name, {}, &UserEntry::name);
  return at != entries.end() && at->name == name ? &*at : nullptr;
}

const UserEntry* Users::Find(std::string_view name) const {
  return const_cast<Users*>(this)->Find(name);
}

bool IsUserName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '@' || c == '-';
  });
}

Result<Users> ParseUsers(std::string_view text) {
  const json::value document = TRY(ParseJson(text));
  const json::object* object = document.if_object();
  const json::value* format = object == nullptr ? nullptr : object->if_contains("format");
  if (format == nullptr || !format->is_int64() || format->get_int64() != kFormat) {
    return Fail(ErrorCode::kCorrupt, "not a users file of format 1");
  }
  const json::value* list = object->if_contains("users");
  if (list == nullptr || !list->is_array() || list->get_array().size() > kUsersMax) {
    return Fail(ErrorCode::kCorrupt, "users is no list, or too long");
  }
  Users users;
  const json::array& array = list->get_array();
  for (size_t i = 0; i < array.size(); ++i) users.entries.push_back(TRY(ParseUser(array[i], i)));
  std::ranges::sort(users.entries, {}, &UserEntry::name);
  const auto twice = std::ranges::adjacent_find(users.entries, {}, &UserEntry::name);
  if (twice != users.entries.end()) {
    return Fail(ErrorCode::kCorrupt, "user " + twice->name + " is there twice");
  }
  return users;
}

std::string FormatUsers(const Users& users) {
  std::string text = "{\"format\":1,\"users\":[";
  for (size_t i = 0; i < users.entries.size(); ++i) {
    const UserEntry& user = users.entries[i];
    text += i == 0 ? "\n" : ",\n";
    JsonWriter out(text, JsonStyle::kStrict);
    out.BeginObject();
    out.Field("name", user.name);
    out.Field("role", Name(user.role));
    if (!user.password.empty()) out.Field("password", user.password);
    out.Field("created_at", MillisOf(user.created_at));
    out.Key("tokens");
    out.BeginArray();
    for (const TokenEntry& token : user.tokens) {
      out.BeginObject();
      out.Field("id", token.id);
      out.Field("hash", token.hash);
      out.Field("note", token.note);
      out.Field("created_at", MillisOf(token.created_at));
      if (token.expires_at) out.Field("expires_at", MillisOf(*token.expires_at));
      out.EndObject();
    }
    out.EndArray();
    out.EndObject();
  }
  text += "\n]}\n";
  return text;
}

Result<Users> ReadUserFile(const std::string& path) {
  const auto text = TRY(ReadAll(path));
  if (!text) return Users{};
  auto users = ParseUsers(*text);
  if (users) return users;
  return std::unexpected(Error{users.error().code,
                               "users file " + path + ": " + users.error().message,
                               "Repair it, or remove it and add the users anew."});
}

Result<void> ChangeUserFile(const std::string& path,
                            const std::function<Result<void>(Users&)>& change) {
  std::error_code ignored;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  const std::string lock_path = path + ".lock";
  const UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.get() < 0) return std::unexpected(FileError(lock_path, "opening"));
  if (::flock(lock.get(), LOCK_EX) != 0) return std::unexpected(FileError(lock_path, "locking"));
  Users users = TRY(ReadUserFile(path));
  TRY(change(users));
  std::ranges::sort(users.entries, {}, &UserEntry::name);
  return WriteAll(path, FormatUsers(users));
}

}  // namespace headrace::api
