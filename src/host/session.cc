// Requests of a session: one line out, one or more lines back, a time limit over all of it.

#include "host/session.h"

#include <algorithm>
#include <boost/json.hpp>
#include <csignal>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "host/json_field.h"
#include "host/line_socket.h"
#include "host/node_json.h"
#include "host/zygote.h"

namespace headrace::host {
namespace {

namespace json = boost::json;
using Steady = std::chrono::steady_clock;

constexpr Duration kAnswerMargin = std::chrono::seconds(30);  // beyond what the calls may take

double InSeconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// Builds {"op":…,"n":…,…}. The number ties the answer to it.
class Request {
 public:
  explicit Request(std::string_view operation) {
    out_.BeginObject();
    out_.Field("op", operation);
  }
  JsonWriter& out() { return out_; }

  void Ids(std::string_view key, std::span<const std::string> ids) {
    out_.Key(key);
    out_.BeginArray();
    for (const std::string& id : ids) out_.String(id);
    out_.EndArray();
  }
  void Tasks(std::span<const TaskName> tasks) {
    out_.Key("tasks");
    out_.BeginArray();
    for (const TaskName& task : tasks) WriteTaskName(out_, task);
    out_.EndArray();
  }
  std::string Done() {
    out_.EndObject();
    return std::move(text_);
  }

 private:
  std::string text_;
  JsonWriter out_{text_, JsonStyle::kCompact};
};

void TakeNodes(const json::object& line, std::vector<Node>& nodes) {
  for (const json::value& node : Array(line, "nodes")) {
    if (const json::object* object = node.if_object()) nodes.push_back(ParseNode(*object));
  }
}

Completeness ParseCompleteness(const json::value& value) {
  Completeness answer;
  if (const bool* truth = value.if_bool()) answer.complete = *truth;
  if (const json::object* object = value.if_object()) {
    if (const json::object* error = Object(*object, "error")) {
      answer.error = ParseTaskError(*error);
    }
  }
  return answer;
}

}  // namespace

Session::Session(std::unique_ptr<LineSocket> socket, std::shared_ptr<Zygote> host)
    : socket_(std::move(socket)), host_(std::move(host)) {}

Session::~Session() {
  (void)End(ErrorCode::kUnavailable, "closed");
}

Result<void> Session::Greet(Duration limit) {
  bool refused = false;
  std::string why;
  Result<void> greeted = Ask("", limit, [&](const json::object& line) {
    pid_ = static_cast<pid_t>(Int(line, "pid").value_or(0));
    refused = Text(line, "ev") != "session";
    why = Text(line, "message");
  });
  if (!greeted) return greeted;
  if (refused || pid_ <= 0) return End(ErrorCode::kUnavailable, "no session was forked: " + why);
  pidfd_.Reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  return {};
}

Result<Expansion> Session::Expand(std::span<const TaskName> roots, const ExpandOptions& options) {
  Request request("expand");
  request.Tasks(roots);
  request.out().Field("depth", options.depth);
  request.Ids("complete", options.complete);
  return ExpandWith(request.Done(), options);
}

Result<Expansion> Session::ExpandIds(std::span<const std::string> ids,
                                     const ExpandOptions& options) {
  Request request("expand");
  request.Ids("ids", ids);
  request.out().Field("depth", options.depth);
  request.Ids("complete", options.complete);
  return ExpandWith(request.Done(), options);
}

Result<Expansion> Session::ExpandWith(const std::string& request, const ExpandOptions& options) {
  Expansion expansion;
  Result<void> asked = Ask(request, options.limit, [&](const json::object& line) {
    TakeNodes(line, expansion.nodes);
    std::ranges::move(Texts(line, "frontier"), std::back_inserter(expansion.frontier));
  });
  if (!asked) return std::unexpected(std::move(asked).error());
  return expansion;
}

Result<std::vector<Node>> Session::Describe(std::span<const TaskName> tasks, Duration limit) {
  Request request("describe");
  request.Tasks(tasks);
  std::vector<Node> nodes;
  Result<void> asked =
      Ask(request.Done(), limit, [&](const json::object& line) { TakeNodes(line, nodes); });
  if (!asked) return std::unexpected(std::move(asked).error());
  if (nodes.size() != tasks.size()) {
    return End(ErrorCode::kCorrupt,
               fmt::format("{} nodes for {} tasks", nodes.size(), tasks.size()));
  }
  return nodes;
}

Result<std::unordered_map<std::string, Completeness>> Session::Complete(
    std::span<const std::string> ids, Duration each) {
  Request request("complete");
  request.Ids("ids", ids);
  request.out().Field("each_timeout", InSeconds(each));
  std::unordered_map<std::string, Completeness> answers;
  const Duration limit = each * static_cast<int64_t>(ids.size()) + kAnswerMargin;
  Result<void> asked = Ask(request.Done(), limit, [&](const json::object& line) {
    const json::object* complete = Object(line, "complete");
    if (complete == nullptr) return;
    for (const auto& [id, answer] : *complete) answers.emplace(id, ParseCompleteness(answer));
  });
  if (!asked) return std::unexpected(std::move(asked).error());
  return answers;
}

Result<std::vector<std::optional<TaskError>>> Session::Fire(std::span<const TaskEvent> events,
                                                            Duration limit) {
  Request request("fire");
  request.out().Key("events");
  request.out().BeginArray();
  for (const TaskEvent& event : events) {
    request.out().BeginObject();
    request.out().Field("name", event.name);
    request.out().Field("id", event.id);
    request.Ids("args", event.args);
    if (event.dependency) request.out().Field("dependency", *event.dependency);
    request.out().EndObject();
  }
  request.out().EndArray();
  std::vector<std::optional<TaskError>> errors;
  Result<void> asked = Ask(request.Done(), limit, [&](const json::object& line) {
    for (const json::value& error : Array(line, "errors")) {
      const json::object* object = error.if_object();
      errors.push_back(object ? std::optional(ParseTaskError(*object)) : std::nullopt);
    }
  });
  if (!asked) return std::unexpected(std::move(asked).error());
  errors.resize(events.size());
  return errors;
}

void Session::Kill() const {
  if (pidfd_) syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
}

// An empty request only waits for a line.
Result<void> Session::Ask(const std::string& request, Duration limit, const Take& take) {
  if (ended_) return Fail(ErrorCode::kUnavailable, "the session has ended");
  if (!request.empty()) {
    ++requests_;
    const std::string line = fmt::format("{{\"n\":{},{}", requests_, request.substr(1));
    if (!socket_->Send(line)) return End(ErrorCode::kUnavailable, "died, or does not listen");
  }
  const auto end = Steady::now() + limit;
  std::vector<std::string> lines;
  while (true) {
    lines.clear();
    const LineSocket::Got got = socket_->Read(lines);
    for (const std::string& line : lines) {
      const Result<bool> last = TakeLine(line, take);
      if (!last) return std::unexpected(last.error());
      if (*last) return {};
    }
    if (got == LineSocket::Got::kEnd) return End(ErrorCode::kUnavailable, "died");
    if (got == LineSocket::Got::kSomething) continue;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Steady::now());
    if (left.count() <= 0) {
      return End(ErrorCode::kTimeout, fmt::format("did not answer within {} s", InSeconds(limit)));
    }
    pollfd readable{.fd = socket_->fd(), .events = POLLIN, .revents = 0};
    poll(&readable, 1, static_cast<int>(std::min<int64_t>(left.count(), 60'000)));
  }
}

Result<bool> Session::TakeLine(const std::string& line, const Take& take) {
  const Result<const json::value*> parsed = parser_.Parse(line);
  const json::object* object = parsed ? (*parsed)->if_object() : nullptr;
  if (object == nullptr) return End(ErrorCode::kCorrupt, "said what is no JSON object");
  const int64_t answers = Int(*object, "re").value_or(0);
  if (answers != requests_) return false;  // of a request whose error was told already
  const json::object* error = Object(*object, "error");
  if (error != nullptr) return Fail(ErrorCode::kInvalid, ParseTaskError(*error).Text());
  take(*object);
  return !Bool(*object, "more");
}

// Idempotent; the first reason is the one that is told.
std::unexpected<Error> Session::End(ErrorCode code, std::string why) {
  if (!ended_) {
    ended_ = true;
    Kill();  // the zygote sees it die, and clears away what it may have started
    socket_.reset();
  }
  return Fail(code, "the session of " + host_->module() + " " + std::move(why));
}

}  // namespace headrace::host
