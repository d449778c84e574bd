// Server-sent events: their text (what a page's EventSource reads) and a reader for our own
// clients.
//
//   id: 3.1029            epoch.commit; the browser sends it back as Last-Event-ID
//   event: task           absent: "message"
//   data: {"id": ...}     one line for each line of the data
//                         an empty line ends the event; a line ": ..." is a comment, a sign of life

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace headrace::net {

struct ServerSentEvent {
  std::string id;     // empty: none; no line breaks
  std::string event;  // empty: "message"; no line breaks
  std::string data;
};

constexpr std::string_view kEventStreamType = "text/event-stream; charset=utf-8";
constexpr std::string_view kEventStreamHeartbeat = ": \n\n";

void AppendEvent(std::string& out, const ServerSentEvent& event);

// Takes the bytes as they come, split anywhere.
class EventReader {
 public:
  explicit EventReader(size_t event_bytes_max = 16 << 20) : event_bytes_max_(event_bytes_max) {}

  // Calls `on_event` for each event that is complete. False: an event is too large; give up.
  bool Feed(std::string_view bytes, const std::function<void(const ServerSentEvent&)>& on_event);

  const std::string& last_id() const { return last_id_; }

 private:
  void OnLine(std::string_view line, const std::function<void(const ServerSentEvent&)>& on_event);

  const size_t event_bytes_max_;
  std::string line_;
  std::string last_id_;
  ServerSentEvent event_;
  bool has_data_ = false;
};

}  // namespace headrace::net
