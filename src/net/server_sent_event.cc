// The text of server-sent events, written and read.

#include "net/server_sent_event.h"

#include <algorithm>

namespace headrace::net {
namespace {

void AppendField(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  std::replace_copy_if(
      value.begin(),
      value.end(),
      std::back_inserter(out),
      [](char c) { return c == '\n' || c == '\r' || c == '\0'; },
      ' ');
  out += '\n';
}

}  // namespace

void AppendEvent(std::string& out, const ServerSentEvent& event) {
  if (!event.id.empty()) AppendField(out, "id", event.id);
  if (!event.event.empty()) AppendField(out, "event", event.event);
  std::string_view rest = event.data;
  while (true) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    AppendField(out, "data", rest.substr(0, end));
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  out += '\n';
}

bool EventReader::Feed(std::string_view bytes,
                       const std::function<void(const ServerSentEvent&)>& on_event) {
  while (!bytes.empty()) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    line_ += bytes.substr(0, end);
    if (line_.size() + event_.data.size() > event_bytes_max_) return false;
    if (end == bytes.size()) break;
    bytes.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    OnLine(line_, on_event);
    line_.clear();
  }
  return true;
}

void EventReader::OnLine(std::string_view line,
                         const std::function<void(const ServerSentEvent&)>& on_event) {
  if (line.empty()) {
    if (has_data_) {
      event_.id = last_id_;
      on_event(event_);
    }
    event_ = {};
    has_data_ = false;
    return;
  }
  const size_t colon = std::min(line.find(':'), line.size());
  const std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  } else if (name == "event") {
    event_.event = value;
  } else if (name == "id" && value.find('\0') == std::string_view::npos) {
    last_id_ = value;
  }
}

}  // namespace headrace::net
