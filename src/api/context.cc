// Requests on their way through engine and replica.

#include "api/context.h"

#include <utility>

#include "base/json_writer.h"

namespace headrace::api {

namespace {

net::HttpResponse Busy() {
  return Problem(503,
                 "the scheduler takes no more requests for the moment",
                 "try again in a second; GET /v1/health says more");
}

}  // namespace

Context::Context(engine::Engine& engine,
                 const scheduler::TimeZones& zones,
                 const Clock& clock,
                 ApiOptions options)
    : engine_(engine),
      zones_(zones),
      clock_(clock),
      options_(std::move(options)),
      started_(clock.Now()),
      sink_(engine.Attach(*this)) {}

void Context::Command(net::Responder&& responder, scheduler::Request body, Render render) {
  Submit({.responder = std::move(responder), .render = std::move(render), .forward = {}},
         std::move(body));
}

void Context::CommandThen(net::Responder&& responder, scheduler::Request body, Forward forward) {
  Submit({.responder = std::move(responder), .render = {}, .forward = std::move(forward)},
         std::move(body));
}

void Context::CommandAt(Timestamp at,
                        net::Responder&& responder,
                        scheduler::Request body,
                        Render render,
                        Forward forward) {
  Submit({.responder = std::move(responder),
          .render = std::move(render),
          .forward = std::move(forward)},
         std::move(body),
         at);
}

void Context::Submit(Pending&& pending, scheduler::Request body, Timestamp at) {
  const scheduler::RequestId request = request_next_.fetch_add(1);
  pending.asked = std::chrono::steady_clock::now();
  pending.waits = std::holds_alternative<scheduler::ReceiveWork>(body) ||
                  std::holds_alternative<scheduler::ClaimPlans>(body);
  if (pending.waits) {  // a worker that was killed must not be handed work
    pending.responder.OnClientGone([this, request] {
      (void)engine_.Submit(sink_, {.request = request, .body = scheduler::StopWaiting{}});
    });
  }
  {
    const std::lock_guard lock(mutex_);
    pending_.emplace(request, std::move(pending));
  }
  if (engine_.Submit(sink_, {.request = request, .body = std::move(body), .at = at})) return;
  Pending refused;
  {
    const std::lock_guard lock(mutex_);
    const auto found = pending_.find(request);
    if (found == pending_.end()) return;
    refused = std::move(found->second);
    pending_.erase(found);
  }
  refused.responder.Send(Busy());
}

void Context::OnAnswers(std::vector<scheduler::Answer> answers) {
  std::vector<Pending> asked;
  asked.reserve(answers.size());
  {
    const std::lock_guard lock(mutex_);
    for (const scheduler::Answer& answer : answers) {
      const auto found = pending_.find(answer.request);
      if (found == pending_.end()) {
        asked.emplace_back();
        continue;
      }
      asked.push_back(std::move(found->second));
      pending_.erase(found);
    }
  }
  net::ResponseBatch batch;
  const auto now = std::chrono::steady_clock::now();
  for (size_t i = 0; i < answers.size(); ++i) {
    Pending& pending = asked[i];
    if (!pending.waits && pending.asked != std::chrono::steady_clock::time_point{}) {
      const auto took = std::chrono::duration_cast<Duration>(now - pending.asked);
      command_micros_.Add(static_cast<uint64_t>(took.count()));
    }
    if (pending.forward) {
      pending.forward(std::move(answers[i].reply), std::move(pending.responder));
    } else if (pending.render) {
      batch.Add(std::move(pending.responder), pending.render(std::move(answers[i].reply)));
    }
  }
}

void Context::LetWaitersGo() {
  std::vector<Pending> waiters;
  {
    const std::lock_guard lock(mutex_);
    for (auto at = pending_.begin(); at != pending_.end();) {
      if (at->second.waits) waiters.push_back(std::move(at->second));
      at = at->second.waits ? pending_.erase(at) : std::next(at);
    }
  }
  for (Pending& waiter : waiters) {
    waiter.responder.Send(Problem(503, "the scheduler is stopping", "try again once it is back"));
  }
}

void Context::Read(net::Responder&& responder, Show show) {
  auto shared = std::make_shared<net::Responder>(std::move(responder));  // std::function copies
  const bool taken = engine_.replica().Read(
      [shared, show = std::move(show)](const engine::View& view) { shared->Send(show(view)); });
  if (!taken) shared->Send(Busy());
}

size_t Context::pending() const {
  const std::lock_guard lock(mutex_);
  return pending_.size();
}

net::HttpResponse Problem(int status, std::string_view detail, std::string_view remedy) {
  std::string body;
  JsonWriter json(body, JsonStyle::kStrict);
  json.BeginObject();
  json.Field("type", "about:blank");
  json.Field("title", net::ReasonPhrase(status));
  json.Field("status", status);
  json.Field("detail", detail);
  if (!remedy.empty()) json.Field("remedy", remedy);
  json.EndObject();
  net::HttpResponse response = net::JsonResponse(std::move(body), status);
  response.content_type = "application/problem+json";
  return response;
}

int StatusOf(scheduler::Refusal refusal) {
  switch (refusal) {
    case scheduler::Refusal::kMalformed: return 400;
    case scheduler::Refusal::kUnknown: return 404;
    case scheduler::Refusal::kConflict: return 409;
    case scheduler::Refusal::kUnavailable: return 503;
  }
  return 500;
}

net::HttpResponse ProblemOf(const scheduler::Refused& refused) {
  return Problem(StatusOf(refused.kind), refused.detail, refused.remedy);
}

int64_t Millis(Timestamp at) {
  return std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

double SecondsOf(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace headrace::api
