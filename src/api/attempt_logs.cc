// Reading attempts' logs: frames in, plain text out.

#include "api/attempt_logs.h"

#include <charconv>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include "api/context.h"

namespace headrace::api {

namespace {

constexpr std::chrono::milliseconds kFollowPeriod{100};

// Calls take(stream, bytes) for each whole frame; a torn last one is left alone.
void ForEachFrame(std::string_view file, const std::function<void(char, std::string_view)>& take) {
  while (!file.empty()) {
    const size_t line_end = file.find('\n');
    if (line_end == std::string_view::npos) return;
    const std::string_view header = file.substr(0, line_end);
    const size_t first = header.find(' ');
    if (first == std::string_view::npos || first + 3 > header.size()) return;
    uint64_t size = 0;
    const char* end = header.data() + header.size();
    const auto parsed = std::from_chars(header.data() + first + 3, end, size);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return;
    if (file.size() < line_end + 1 + size + 1) return;
    take(header[first + 1], file.substr(line_end + 1, size));
    file.remove_prefix(line_end + 1 + size + 1);
  }
}

}  // namespace

AttemptLogs::AttemptLogs(std::string dir) : dir_(std::move(dir)), thread_([this] { Run(); }) {}

AttemptLogs::~AttemptLogs() {
  Stop();
}

void AttemptLogs::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void AttemptLogs::Serve(uint32_t attempt, const LogQuery& query, net::Responder&& responder) {
  auto shared = std::make_shared<net::Responder>(std::move(responder));
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      waiting_.push_back([=, this] { Answer(attempt, query, std::move(*shared)); });
    }
  }
  wake_.notify_all();
}

void AttemptLogs::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiting_.empty()) {
      if (followers_.empty()) {
        wake_.wait(lock);
      } else {
        wake_.wait_for(lock, kFollowPeriod);
      }
    }
    std::list<Work> work = std::exchange(waiting_, {});
    lock.unlock();
    for (Work& each : work) each();
    followers_.remove_if([this](Follower& follower) { return !Feed(follower); });
    lock.lock();
  }
  followers_.clear();
}

void AttemptLogs::Answer(uint32_t attempt, LogQuery query, net::Responder&& responder) {
  const LogPart part = Read(attempt, query);
  net::HttpResponse response = net::TextResponse(part.text);
  response.content_type = "text/plain; charset=utf-8";
  // Whose attempt has ended but whose file has no end: its worker was killed.
  const bool complete = part.complete || !query.running;
  response.headers.Add("X-Log-Size", std::to_string(part.size));
  response.headers.Add("X-Log-Complete", complete ? "true" : "false");
  if (!query.follow) return responder.Send(std::move(response));
  Follower follower{.attempt = attempt, .query = query, .stream = responder.Stream(response)};
  follower.query.offset += part.text.size();
  if (complete && follower.query.offset >= part.size) return;  // that ends the stream
  followers_.push_back(std::move(follower));
}

bool AttemptLogs::Feed(Follower& follower) const {
  if (!follower.stream.IsOpen()) return false;
  follower.query.limit = std::min<uint64_t>(follower.stream.Room(), 256 << 10);
  const LogPart part = Read(follower.attempt, follower.query);
  if (!part.text.empty() && !follower.stream.Write(part.text)) return false;
  follower.query.offset += part.text.size();
  return !(part.complete || !follower.query.running) || follower.query.offset < part.size;
}

LogPart AttemptLogs::Read(uint32_t attempt, const LogQuery& query) const {
  LogPart part;
  if (dir_.empty()) return part;
  std::ifstream file(PathOf(attempt), std::ios::binary);
  if (!file) return part;
  part.found = true;
  std::ostringstream whole;
  whole << file.rdbuf();
  const std::string bytes = std::move(whole).str();
  ForEachFrame(bytes, [&](char stream, std::string_view frame) {
    if (stream == 'X') part.complete = true;
    // The last word is shown with both streams.
    if (query.stream != 'A' && stream != query.stream) return;
    const std::string last = stream == 'X' && !frame.empty() ? std::string(frame) + '\n' : "";
    const std::string_view text = stream == 'X' ? std::string_view(last) : frame;
    const uint64_t begin = part.size;
    part.size += text.size();
    if (part.size <= query.offset || part.text.size() >= query.limit) return;
    const uint64_t skip = query.offset > begin ? query.offset - begin : 0;
    part.text += text.substr(skip, query.limit - part.text.size());
  });
  return part;
}

std::string AttemptLogs::PathOf(uint32_t attempt) const {
  return dir_ + "/" + std::to_string(attempt / 1000) + "/" + std::to_string(attempt) + ".log";
}

}  // namespace headrace::api
