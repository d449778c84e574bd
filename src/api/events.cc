// Events: gathering, choosing by topic, sending.

#include "api/events.h"

#include <utility>

#include "api/overview.h"
#include "api/rows.h"
#include "net/form.h"
#include "net/server_sent_event.h"

namespace headrace::api {

using engine::View;
using scheduler::Changes;

namespace {

constexpr std::chrono::milliseconds kPeriod{100};
constexpr std::chrono::seconds kHeartbeat{10};
constexpr size_t kTopicsMax = 200;

std::set<std::string> TopicsOf(std::string_view text) {
  std::set<std::string> topics;
  while (!text.empty() && topics.size() < kTopicsMax) {
    const size_t comma = text.find(',');
    if (comma != 0) topics.emplace(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return topics;
}

std::string IdOf(const View& view) {
  return std::to_string(view.epoch) + "." + std::to_string(view.at);
}

template <class Write>
std::string Data(Write write) {
  std::string text;
  JsonWriter json(text, JsonStyle::kStrict);
  json.BeginObject();
  write(json);
  json.EndObject();
  return text;
}

// An event, and the topics it belongs to.
struct Item {
  net::ServerSentEvent event;
  std::vector<std::string> topics;
};

void AddTasks(std::vector<Item>& items, const View& view, const Changes& changes) {
  for (scheduler::TaskId id : changes.tasks) {
    const scheduler::Task& task = view.state.task(id);
    if (!task.used || task.removed) continue;
    Item item{.event = {.id = {}, .event = "task", .data = Data([&](JsonWriter& json) {
                                                     TaskFields(json, view.state, id);
                                                   })},
              .topics = {"task/" + std::string(task.key())}};
    for (scheduler::RunId run : task.runs) {
      item.topics.push_back("run/" + std::to_string(run.value));
    }
    items.push_back(std::move(item));
  }
}

void AddRuns(std::vector<Item>& items, const View& view, const Changes& changes) {
  for (scheduler::RunId id : changes.runs) {
    const scheduler::Run& run = view.state.run(id);
    Item item{.event = {.id = {}, .event = "run", .data = Data([&](JsonWriter& json) {
                                                    RunFields(json, view.state, id);
                                                  })},
              .topics = {"counts", "run/" + std::to_string(id.value)}};
    if (run.pipeline.value != 0) {
      item.topics.push_back("pipeline/" + view.state.pipeline(run.pipeline).spec.name);
    }
    items.push_back(std::move(item));
  }
  for (scheduler::RunId id : changes.graphs) {
    items.push_back({.event = {.id = {}, .event = "graph", .data = Data([&](JsonWriter& json) {
                                                             json.Field("run", id.value);
                                                           })},
                     .topics = {"run/" + std::to_string(id.value)}});
  }
}

void AddOthers(std::vector<Item>& items,
               const View& view,
               const Changes& changes,
               const scheduler::TimeZones& zones) {
  for (scheduler::PipelineId id : changes.pipelines) {
    const scheduler::Pipeline& pipeline = view.state.pipeline(id);
    items.push_back(
        {.event = {.id = {}, .event = "pipeline", .data = Data([&](JsonWriter& json) {
                                                    json.Field("name", pipeline.spec.name);
                                                    json.Field("paused", pipeline.paused);
                                                    TimeField(json,
                                                              "next_due_at",
                                                              NextDue(view.state, zones, id));
                                                  })},
         .topics = {"counts", "pipeline/" + pipeline.spec.name}});
  }
  for (scheduler::WorkerId id : changes.workers) {
    const scheduler::Worker& worker = view.state.worker(id);
    if (worker.key.empty()) continue;
    items.push_back({.event = {.id = {}, .event = "worker", .data = Data([&](JsonWriter& json) {
                                                              json.Field("worker", worker.key);
                                                              json.Field("state",
                                                                         worker.disabled
                                                                             ? "disabled"
                                                                             : "active");
                                                              json.Field("busy", worker.running);
                                                            })},
                     .topics = {"counts"}});
  }
}

void Merge(Changes& into, const Changes& from) {
  into.tasks.insert(from.tasks.begin(), from.tasks.end());
  into.runs.insert(from.runs.begin(), from.runs.end());
  into.graphs.insert(from.graphs.begin(), from.graphs.end());
  into.pipelines.insert(from.pipelines.begin(), from.pipelines.end());
  into.workers.insert(from.workers.begin(), from.workers.end());
}

}  // namespace

Events::Events(const Clock& clock) : clock_(clock) {}

Events::~Events() {
  Stop();
}

void Events::Start(engine::Replica& replica, const scheduler::TimeZones& zones) {
  replica_ = &replica;
  zones_ = &zones;
  thread_ = std::thread([this] { Run(); });
}

void Events::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

size_t Events::streams() const {
  const std::lock_guard lock(mutex_);
  return streams_.size();
}

void Events::Open(const net::HttpRequest& request, net::Responder&& responder) {
  net::HttpResponse head{.content_type = std::string(net::kEventStreamType)};
  head.headers.Add("Cache-Control", "no-cache");
  head.headers.Add("X-Accel-Buffering", "no");
  head.body = net::kEventStreamHeartbeat;
  head.compress = false;
  Stream stream{.topics = TopicsOf(net::FindFormField(request.query, "topics").value_or("counts")),
                .stream = responder.Stream(std::move(head)),
                .greeted = false,
                .last_id = std::string(request.headers.Find("Last-Event-ID").value_or(""))};
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    streams_.push_back(std::move(stream));
    changed_ = true;
  }
  wake_.notify_all();
}

void Events::OnChanges(const Changes& changes, const View&) {
  const std::lock_guard lock(mutex_);
  if (streams_.empty()) return;
  Merge(gathered_, changes);
  changed_ = true;
  wake_.notify_all();
}

void Events::Run() {
  Timestamp last_sent = clock_.Now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, kHeartbeat, [this] { return changed_ || stopping_; });
    if (stopping_) break;
    if (changed_) {
      changed_ = false;
      Changes changes = std::exchange(gathered_, {});
      lock.unlock();
      (void)replica_->ReadNow([&](const View& view) { Send(view, std::move(changes)); });
      last_sent = clock_.Now();
      lock.lock();
      wake_.wait_for(lock, kPeriod, [this] { return stopping_; });
    }
    if (clock_.Now() - last_sent < kHeartbeat) continue;
    last_sent = clock_.Now();
    streams_.remove_if(
        [](Stream& stream) { return !stream.stream.Write(net::kEventStreamHeartbeat); });
  }
  streams_.clear();
}

// New streams learn where they are: nothing was missed, or all has to be fetched anew.
void Events::Greet(Stream& stream, const View& view) const {
  std::string text;
  if (!stream.last_id.empty() && stream.last_id != IdOf(view)) {
    net::AppendEvent(text, {.id = IdOf(view), .event = "reset", .data = "{}"});
  }
  stream.greeted = true;
  if (!text.empty()) (void)stream.stream.Write(text);
}

void Events::Send(const View& view, Changes&& changes) {
  std::vector<Item> items;
  AddTasks(items, view, changes);
  AddRuns(items, view, changes);
  AddOthers(items, view, changes, *zones_);
  items.push_back({.event = {.id = {}, .event = "counts", .data = Data([&](JsonWriter& json) {
                                                            CountsFields(json, view, clock_.Now());
                                                          })},
                   .topics = {"counts"}});
  const std::lock_guard lock(mutex_);
  streams_.remove_if([&](Stream& stream) {
    if (!stream.greeted) Greet(stream, view);
    std::string text;
    for (Item& item : items) {
      bool wanted = false;
      for (const std::string& topic : item.topics) wanted |= stream.topics.contains(topic);
      if (!wanted) continue;
      item.event.id = IdOf(view);
      net::AppendEvent(text, item.event);
    }
    return text.empty() ? !stream.stream.IsOpen() : !stream.stream.Write(text);
  });
}

}  // namespace headrace::api
