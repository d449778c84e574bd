// Field by field; what is absent is the default (docs/host_protocol.md).

#include "host/node_json.h"

#include <boost/json.hpp>

#include "host/json_field.h"

namespace headrace::host {
namespace {

namespace json = boost::json;

Params ParseParams(const json::object& node) {
  Params params;
  const json::object* found = Object(node, "params");
  if (found == nullptr) return params;
  for (const auto& [name, value] : *found) params.emplace_back(name, TextOf(value));
  return params;
}

Target ParseTarget(const json::value& value) {
  Target target;
  const json::array* parts = value.if_array();
  if (parts == nullptr || parts->empty()) return target;
  target.kind = TextOf(parts->at(0));
  if (parts->size() > 1) target.uri = TextOf(parts->at(1));
  if (parts->size() > 2) {
    if (const json::object* options = parts->at(2).if_object()) {
      for (const auto& [name, option] : *options) target.options[name] = TextOf(option);
    } else {
      target.type = TextOf(parts->at(2));
    }
  }
  return target;
}

CompleteKind ParseCompleteKind(const std::string& text) {
  if (text == "outputs") return CompleteKind::kOutputs;
  if (text == "requires") return CompleteKind::kRequires;
  if (text == "never") return CompleteKind::kNever;
  return CompleteKind::kCustom;
}

FileStamp ParseFileStamp(const json::value& value) {
  FileStamp stamp;
  const json::array* parts = value.if_array();
  if (parts == nullptr || parts->size() < 3) return stamp;
  stamp.path = TextOf(parts->at(0));
  stamp.mtime_ns = Int(&parts->at(1)).value_or(-1);
  stamp.size = Int(&parts->at(2)).value_or(-1);
  return stamp;
}

void ParseImports(const json::object& object, HostInfo& info) {
  if (const json::object* families = Object(object, "families")) {
    for (const auto& [family, module] : *families) info.families[family] = TextOf(module);
  }
  if (const json::object* times = Object(object, "import_ms")) {
    for (const auto& [module, ms] : *times) {
      info.import_ms.emplace_back(module, Int(&ms).value_or(0));
    }
  }
  for (const json::value& value : Array(object, "open_fds")) {
    const json::array* parts = value.if_array();
    if (parts == nullptr || parts->size() < 2) continue;
    info.open_fds.emplace_back(static_cast<int>(Int(&parts->at(0)).value_or(-1)),
                               TextOf(parts->at(1)));
  }
  for (const json::value& value : Array(object, "now_defaults")) {
    const json::array* parts = value.if_array();
    if (parts == nullptr || parts->size() < 3) continue;
    info.now_defaults.push_back({TextOf(parts->at(0)), TextOf(parts->at(1)), TextOf(parts->at(2))});
  }
}

}  // namespace

TaskError ParseTaskError(const json::object& object) {
  return {.where = Text(object, "where"),
          .type = Text(object, "type"),
          .message = Text(object, "message"),
          .traceback = Text(object, "traceback")};
}

TaskName ParseTaskName(const json::object& object) {
  return {.module = Text(object, "module"),
          .family = Text(object, "family"),
          .params = ParseParams(object)};
}

void WriteTaskName(JsonWriter& out, const TaskName& name) {
  out.BeginObject();
  out.Field("module", name.module);
  out.Field("family", name.family);
  out.Key("params");
  out.BeginObject();
  for (const auto& [param, value] : name.params) out.Field(param, value);
  out.EndObject();
  out.EndObject();
}

Node ParseNode(const json::object& object) {
  Node node;
  node.id = Text(object, "id");
  node.family = Text(object, "family");
  node.module = Text(object, "module");
  node.params = ParseParams(object);
  if (const json::object* visibility = Object(object, "visibility")) {
    for (const auto& [name, value] : *visibility) {
      node.visibility[name] = static_cast<int>(Int(&value).value_or(0));
    }
  }
  node.deps = Texts(object, "deps");
  for (const json::value& out : Array(object, "outputs")) node.outputs.push_back(ParseTarget(out));
  node.complete = ParseCompleteKind(Text(object, "complete"));
  node.external = Bool(object, "external");
  node.priority = Number(object, "priority").value_or(0);
  node.resources = Numbers(object, "resources");
  node.timeout = Seconds(object, "timeout");
  if (const json::object* retry = Object(object, "retry")) {
    node.retry = RetryPolicy{.count = Int(*retry, "count"),
                             .hard_timeout = Seconds(*retry, "hard_timeout"),
                             .window = Seconds(*retry, "window")};
  }
  node.batchable = Bool(object, "batchable");
  node.batch_params = Texts(object, "batch_params");
  node.max_batch_size = Int(object, "max_batch_size");
  node.owners = Texts(object, "owners");
  node.accepts_messages = Bool(object, "messages");
  node.disabled = Bool(object, "disabled");
  node.problem = Text(object, "problem");
  if (const json::object* error = Object(object, "error")) node.error = ParseTaskError(*error);
  return node;
}

HostInfo ParseHostInfo(const json::object& object) {
  HostInfo info;
  info.pid = Int(object, "pid").value_or(0);
  info.python = Text(object, "python");
  info.luigi = Text(object, "luigi");
  ParseImports(object, info);
  info.ambiguous = Texts(object, "ambiguous");
  info.threads = Texts(object, "threads");
  info.unscoped_namespace = Text(object, "unscoped_namespace");
  info.event_handlers = Texts(object, "event_handlers");
  for (const json::value& file : Array(object, "files")) {
    info.files.push_back(ParseFileStamp(file));
  }
  if (const std::optional<int64_t> until = Int(object, "valid_until")) {
    info.valid_until = Timestamp(std::chrono::milliseconds(*until));
  }
  info.rss_kb = Int(object, "rss_kb").value_or(0);
  info.fork_unsafe = Text(object, "fork_unsafe");
  return info;
}

}  // namespace headrace::host
