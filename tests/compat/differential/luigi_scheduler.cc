// The scheduler behind Luigi's methods, as a filter: calls with their time on stdin, answers on
// stdout. What stands between is the real thing: a request's decoding, Scheduler::Handle, records
// as text into a second State, reads of that, an answer's encoding. Only HTTP, threads and the disk
// are left out, so that a hundred thousand calls take seconds.
//
//   in:  new {"retry_delay_s":10,…}      a scheduler with these settings; answers nothing
//        post 1800000000250000 get_work {"worker":"w1"}        µs since the epoch, method, data
//        get 1800000000250000 task_list {}                     the same, data in the query
//        check                                                 both copies equal, indexes true
//   out: 200 {"response": …}             a line a call: the status, the body or the reason
//        ok                              to a check; a false one stops the process

#include <boost/json.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "api/luigi_api.h"
#include "base/check.h"
#include "net/form.h"
#include "net/outbox.h"
#include "scheduler/record_codec.h"
#include "scheduler/scheduler.h"

namespace headrace {
namespace {

class NoZones final : public scheduler::TimeZones {
 public:
  const TimeZoneRules* Find(std::string_view) const override { return nullptr; }
};

struct Setup {
  scheduler::Settings settings;
  api::ApiOptions options;
};

// Keys of luigi.cfg's [scheduler], as numbers and booleans.
Setup SetupOf(std::string_view text) {
  Setup setup;
  auto& [settings, options] = setup;
  const boost::json::value value = boost::json::parse(text);
  const auto number = [&](const char* name, auto& field) {
    using Field = std::remove_reference_t<decltype(field)>;
    if (const auto* given = value.get_object().if_contains(name)) {
      field = given->to_number<Field>();
    }
  };
  const auto truth = [&](const char* name, bool& field, bool& other) {
    if (const auto* given = value.get_object().if_contains(name)) {
      field = other = given->get_bool();
    }
  };
  number("retry_delay", settings.retry_delay_s);
  number("remove_delay", settings.remove_delay_s);
  number("worker_disconnect_delay", settings.worker_disconnect_delay_s);
  number("disable_window", settings.disable_window_s);
  number("retry_count", settings.retry_count);
  number("disable_hard_timeout", settings.disable_hard_timeout_s);
  number("disable_persist", settings.disable_persist_s);
  number("stable_done_cooldown_secs", settings.stable_done_cooldown_s);
  number("max_shown_tasks", options.shown_tasks_max);
  number("max_graph_nodes", options.graph_nodes_max);
  truth("pause_enabled", settings.pause_enabled, options.pause_enabled);
  truth("send_messages", settings.send_messages, options.send_messages);
  return setup;
}

// Engine, replica and connection in one, on one thread.
class LuigiScheduler final : public api::Port, private net::Outbox::Owner {
 public:
  explicit LuigiScheduler(const Setup& setup)
      : options_(setup.options), scheduler_(setup.settings, zones_), outbox_(MakeOutbox(*this)) {
    replica_.KeepChanges();
  }

  // The status and the body, or the reason.
  std::string Call(Timestamp now, std::string_view method, net::HttpRequest request) {
    now_ = now;
    if (const auto due = scheduler_.NextDeadline(); due && *due <= now_) {
      Handle({.request = 0, .body = scheduler::Tick{}});
    }
    answer_.reset();
    luigi_.Handle(method, request, net::Responder(outbox_, 1, false));
    CHECK(answer_.has_value());
    const std::string& words = answer_->status == 200 ? answer_->body : answer_->reason;
    return std::to_string(answer_->status) + " " + words;
  }

  void Check() const {
    scheduler_.state().CheckInvariants();
    replica_.CheckInvariants();
    CHECK(scheduler_.state().Dump() == replica_.Dump());
  }

  void Command(net::Responder&& responder, scheduler::Request body, api::Render render) override {
    responder.Send(render(Ask(std::move(body))));
  }
  void CommandThen(net::Responder&& responder,
                   scheduler::Request body,
                   api::Forward forward) override {
    forward(Ask(std::move(body)), std::move(responder));
  }
  void Read(net::Responder&& responder, api::Show show) override {
    const engine::Liveness liveness(scheduler_.LastActives());
    responder.Send(show({.state = replica_, .liveness = liveness}));
  }
  const api::ApiOptions& options() const override { return options_; }

 private:
  static std::shared_ptr<net::Outbox> MakeOutbox(net::Outbox::Owner& owner) {
    auto outbox = std::make_shared<net::Outbox>(owner);
    outbox->BindToThisThread();  // answers are delivered at once
    return outbox;
  }
  void Wake() override {}
  void Deliver(net::Reply&& reply) override { answer_ = std::move(reply.response); }
  void NoticeClientGone(uint64_t, std::function<void()>) override {}

  scheduler::Reply Ask(scheduler::Request body) {
    Handle({.request = 1, .body = std::move(body)});
    CHECK(outcome_.answers.size() == 1);
    return std::move(outcome_.answers.front().reply);
  }

  // What it led to, and the same for the replica, by way of the journal's text.
  void Handle(const scheduler::Command& command) {
    outcome_.records.clear();
    outcome_.answers.clear();
    scheduler_.Handle(command, now_, outcome_);
    for (const scheduler::Record& record : outcome_.records) {
      line_.clear();
      scheduler::EncodeRecord(record, line_);
      line_.pop_back();
      const Result<scheduler::Record> read = decoder_.Decode(line_);
      CHECK(read.has_value());
      replica_.Apply(*read);
    }
    replica_.TakeChanges();
  }

  const NoZones zones_;
  const api::ApiOptions options_;
  scheduler::Scheduler scheduler_;
  scheduler::State replica_;
  scheduler::RecordDecoder decoder_;
  scheduler::Outcome outcome_;
  std::string line_;
  Timestamp now_;
  std::optional<net::HttpResponse> answer_;
  const std::shared_ptr<net::Outbox> outbox_;  // responders share it with us
  api::LuigiApi luigi_{*this};
};

std::string_view TakeWord(std::string_view& text) {
  const size_t end = text.find(' ');
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

net::HttpRequest RequestOf(std::string_view how, std::string_view method, std::string_view data) {
  net::HttpRequest request;
  request.path = "/api/" + std::string(method);
  const std::string form = "data=" + net::PercentEncode(data);
  if (how == "get") {
    request.query = form;
    return request;
  }
  request.method = net::Method::kPost;
  request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
  request.body = form;
  return request;
}

void Serve() {
  std::unique_ptr<LuigiScheduler> scheduler;
  for (std::string line; std::getline(std::cin, line);) {
    std::string_view rest = line;
    const std::string_view how = TakeWord(rest);
    if (how == "new") {
      scheduler = std::make_unique<LuigiScheduler>(SetupOf(rest));
      continue;
    }
    CHECK(scheduler != nullptr);
    if (how == "check") {
      scheduler->Check();
      std::cout << "ok\n";
    } else {
      const Timestamp now(Duration(std::stoll(std::string(TakeWord(rest)))));
      const std::string_view method = TakeWord(rest);
      std::cout << scheduler->Call(now, method, RequestOf(how, method, rest)) << '\n';
    }
    if (std::cin.rdbuf()->in_avail() == 0) std::cout << std::flush;
  }
}

}  // namespace
}  // namespace headrace

int main() {
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  headrace::Serve();
}
