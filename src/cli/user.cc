// headrace user: the file of users. Needs no scheduler; one that runs reads the file again by
// itself within a second.

#include <cstdio>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <iostream>
#include <termios.h>
#include <unistd.h>

#include "api/secret.h"
#include "api/user_file.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "config/quantity.h"

namespace headrace::cli {

namespace {

// The terminal shows nothing of what is typed while this lives.
class HiddenInput {
 public:
  HiddenInput() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
  }
  ~HiddenInput() {
    if (!changed_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    fmt::print(stderr, "\n");
  }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

std::string Ask(const char* prompt) {
  fmt::print(stderr, "{}", prompt);
  const HiddenInput hidden;
  std::string line;
  std::getline(std::cin, line);
  return line;
}

Result<std::string> ReadPassword(bool from_stdin) {
  std::string password;
  if (from_stdin) {
    std::getline(std::cin, password);
    if (password.ends_with('\r')) password.pop_back();
  } else if (::isatty(STDIN_FILENO) == 0) {
    return std::unexpected(Error{ErrorCode::kInvalid,
                                 "no terminal to ask for the password",
                                 "Write it to standard input, with --password-stdin."});
  } else {
    password = Ask("password: ");
    if (password != Ask("once more: ")) {
      return Fail(ErrorCode::kInvalid, "the two passwords differ; nothing was changed");
    }
  }
  if (password.size() < api::kPasswordBytesMin || password.size() > api::kPasswordBytesMax) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("a password has {} to {} bytes; nothing was changed",
                            api::kPasswordBytesMin,
                            api::kPasswordBytesMax));
  }
  return password;
}

Timestamp Now() {
  return SystemClock().Now();
}

std::unexpected<Error> NoSuchUser(const std::string& name) {
  return Fail(ErrorCode::kNotFound, "no user '" + name + "'; `headrace user list` shows them");
}

// Changes one user; complains where there is none.
int Change(const Arguments& arguments,
           const std::function<Result<void>(api::UserEntry&)>& change,
           const std::string& said) {
  const auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  const auto changed =
      api::ChangeUserFile(loaded->config.security.users, [&](api::Users& users) -> Result<void> {
        api::UserEntry* user = users.Find(arguments.user);
        if (user == nullptr) return NoSuchUser(arguments.user);
        return change(*user);
      });
  if (!changed) {
    Complain(changed.error());
    return kFailed;
  }
  fmt::print("{}", said);
  return kOk;
}

std::string Date(Timestamp at) {
  return fmt::format("{:%Y-%m-%d}", std::chrono::floor<std::chrono::seconds>(at));
}

void PrintTokenJson(const api::TokenEntry& token, const std::string& text) {
  std::string out;
  JsonWriter json(out, JsonStyle::kStrict);
  const auto millis = [](Timestamp at) {
    return std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
  };
  json.BeginObject();
  json.Field("id", token.id);
  if (!text.empty()) json.Field("token", text);
  json.Field("note", token.note);
  json.Field("created_at", millis(token.created_at));
  json.Key("expires_at");
  token.expires_at ? json.Int(millis(*token.expires_at)) : json.Null();
  json.EndObject();
  fmt::print("{}\n", out);
}

Result<api::TokenEntry> NewEntry(const Arguments& arguments, const api::NewToken& made) {
  api::TokenEntry entry{.id = made.id,
                        .hash = api::Sha256Hex(made.text),
                        .note = arguments.note,
                        .created_at = Now(),
                        .expires_at = {}};
  if (arguments.expires.empty()) return entry;
  const auto span = config::ParseDuration(arguments.expires);
  if (!span || *span <= Duration::zero()) {
    return Fail(ErrorCode::kInvalid, "--expires: '" + arguments.expires + "' is no span like 90d");
  }
  entry.expires_at = entry.created_at + *span;
  return entry;
}

}  // namespace

int UserAdd(const Arguments& arguments) {
  const auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  const std::string& file = loaded->config.security.users;
  bool first = false;
  const auto made = [&]() -> Result<void> {
    if (!api::IsUserName(arguments.user)) {
      return Fail(ErrorCode::kInvalid,
                  "'" + arguments.user + "' is no name: letters, digits and . _ @ - are");
    }
    const auto before = TRY(api::ReadUserFile(file));
    if (before.Find(arguments.user) != nullptr) {
      return Fail(ErrorCode::kConflict, "user '" + arguments.user + "' is there already");
    }
    api::UserEntry user{.name = arguments.user,
                        .role = *api::RoleNamed(arguments.role),
                        .password = {},
                        .created_at = Now(),
                        .tokens = {}};
    if (!arguments.no_password) {
      const std::string password = TRY(ReadPassword(arguments.password_stdin));
      user.password = TRY(api::HashPassword(password));
    }
    return api::ChangeUserFile(file, [&](api::Users& users) -> Result<void> {
      if (users.Find(user.name) != nullptr) {
        return Fail(ErrorCode::kConflict, "user '" + user.name + "' is there already");
      }
      first = users.entries.empty();
      users.entries.push_back(user);
      return {};
    });
  }();
  if (!made) {
    Complain(made.error());
    return kFailed;
  }
  fmt::print("{} may come in as {}; users are in {}\n", arguments.user, arguments.role, file);
  if (first) fmt::print("The scheduler has users now: whoever is none is refused from here on.\n");
  return kOk;
}

int UserList(const Arguments& arguments) {
  const auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  const auto users = api::ReadUserFile(loaded->config.security.users);
  if (!users) {
    Complain(users.error());
    return kFailed;
  }
  if (!arguments.json && users->entries.empty()) {
    fmt::print("no users in {}: everybody may do everything\n", loaded->config.security.users);
  }
  for (const api::UserEntry& user : users->entries) {
    if (arguments.json) {
      std::string out;
      JsonWriter json(out, JsonStyle::kStrict);
      json.BeginObject();
      json.Field("name", user.name);
      json.Field("role", api::Name(user.role));
      json.Field("password", !user.password.empty());
      json.Field("tokens", user.tokens.size());
      json.EndObject();
      fmt::print("{}\n", out);
      continue;
    }
    fmt::print("{:<24} {:<9} {:<12} {} tokens, since {}\n",
               user.name,
               api::Name(user.role),
               user.password.empty() ? "no password" : "password",
               user.tokens.size(),
               Date(user.created_at));
  }
  return kOk;
}

int UserRemove(const Arguments& arguments) {
  const auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  const auto removed =
      api::ChangeUserFile(loaded->config.security.users, [&](api::Users& users) -> Result<void> {
        if (users.Find(arguments.user) == nullptr) return NoSuchUser(arguments.user);
        std::erase_if(users.entries, [&](const auto& user) { return user.name == arguments.user; });
        return {};
      });
  if (!removed) {
    Complain(removed.error());
    return kFailed;
  }
  fmt::print("{} is gone, with all tokens\n", arguments.user);
  return kOk;
}

int UserPasswd(const Arguments& arguments) {
  const auto password = ReadPassword(arguments.password_stdin);
  const auto hash = password ? api::HashPassword(*password) : password;
  if (!hash) {
    Complain(hash.error());
    return kFailed;
  }
  return Change(
      arguments,
      [&](api::UserEntry& user) -> Result<void> {
        user.password = *hash;
        return {};
      },
      "the password of " + arguments.user + " is a new one; logins by the old one are over\n");
}

int UserTokenAdd(const Arguments& arguments) {
  const api::NewToken made = api::MakeToken();
  const auto entry = NewEntry(arguments, made);
  if (!entry) {
    Complain(entry.error());
    return kUsage;
  }
  const int status = Change(
      arguments,
      [&](api::UserEntry& user) -> Result<void> {
        if (user.tokens.size() >= api::kTokensMax) {
          return Fail(ErrorCode::kFull, user.name + " has too many tokens; remove some");
        }
        user.tokens.push_back(*entry);
        return {};
      },
      "");
  if (status != kOk) return status;
  if (arguments.json) {
    PrintTokenJson(*entry, made.text);
    return kOk;
  }
  fmt::print("{}\n", made.text);
  fmt::print(
      stderr, "This is shown once. Id {}: `headrace user token remove` takes it.\n", made.id);
  return kOk;
}

int UserTokenList(const Arguments& arguments) {
  const auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  const auto users = api::ReadUserFile(loaded->config.security.users);
  const api::UserEntry* user = users ? users->Find(arguments.user) : nullptr;
  if (user == nullptr) {
    Complain(users ? NoSuchUser(arguments.user).error() : users.error());
    return kFailed;
  }
  for (const api::TokenEntry& token : user->tokens) {
    if (arguments.json) {
      PrintTokenJson(token, "");
      continue;
    }
    fmt::print("{}  since {}  {}  {}\n",
               token.id,
               Date(token.created_at),
               token.expires_at ? "until " + Date(*token.expires_at) : "for ever",
               token.note);
  }
  return kOk;
}

int UserTokenRemove(const Arguments& arguments) {
  return Change(
      arguments,
      [&](api::UserEntry& user) -> Result<void> {
        const size_t removed = std::erase_if(
            user.tokens, [&](const api::TokenEntry& token) { return token.id == arguments.token; });
        if (removed > 0) return {};
        return Fail(ErrorCode::kNotFound, "user " + user.name + " has no token " + arguments.token);
      },
      "the token " + arguments.token + " is of no more use\n");
}

}  // namespace headrace::cli
