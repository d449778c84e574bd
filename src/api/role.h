// Roles, and what each call needs: one table, no call without a line in it.
//
//   viewer    reads everything
//   operator  viewer, and retries, cancels, pauses, starts runs
//   admin     everything
//   worker    what workers and planners send, ours and Luigi's; reads everything

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/http_message.h"

namespace headrace::api {

enum class Role : uint8_t { kViewer, kOperator, kAdmin, kWorker };

std::string_view Name(Role role);  // "viewer"
std::optional<Role> RoleNamed(std::string_view name);

// The kind of a call. kPublic: who is not known may, too (health checks, the login form).
enum class Access : uint8_t { kPublic, kRead, kOperate, kWork, kAdminister };

// What `method` on `path` (decoded, as HttpRequest has it) is. What is in no line is kAdminister.
Access AccessOf(net::Method method, std::string_view path);

bool MayDo(Role role, Access access);

// "the role operator or admin": who may, for messages.
std::string_view WhoMay(Access access);

}  // namespace headrace::api
