// The port whose commands carry a time.

#include "api/test_clock.h"

#include <charconv>

namespace headrace::api {

namespace {

// Lives as long as the call that hands the request over.
class PortAt final : public Port {
 public:
  PortAt(Context& context, Timestamp at) : context_(context), at_(at) {}

  void Command(net::Responder&& responder, scheduler::Request body, Render render) override {
    if (!options().prune_on_get_work || !std::holds_alternative<scheduler::GetWork>(body)) {
      return context_.CommandAt(at_, std::move(responder), std::move(body), std::move(render), {});
    }
    CommandThen(std::move(responder),
                scheduler::Prune{},
                [&context = context_, at = at_, body = std::move(body), render = std::move(render)](
                    scheduler::Reply&&, net::Responder&& asked) {
                  context.CommandAt(at, std::move(asked), body, render, {});
                });
  }
  void CommandThen(net::Responder&& responder, scheduler::Request body, Forward forward) override {
    context_.CommandAt(at_, std::move(responder), std::move(body), {}, std::move(forward));
  }
  void Read(net::Responder&& responder, Show show) override {
    CommandThen(
        std::move(responder),
        scheduler::Prune{},
        [&context = context_, show = std::move(show)](scheduler::Reply&&, net::Responder&& asked) {
          context.Read(std::move(asked), show);
        });
  }
  const ApiOptions& options() const override { return context_.options(); }

 private:
  Context& context_;
  const Timestamp at_;
};

Timestamp TimeOf(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || seconds < -1e10 || seconds > 1e10) return {};
  // Zero stands for no time: Luigi's tests begin there.
  return Timestamp(Duration(std::max<int64_t>(1, static_cast<int64_t>(seconds * 1e6))));
}

}  // namespace

void HandleAtTestTime(LuigiApi& luigi,
                      Context& context,
                      std::string_view method,
                      const net::HttpRequest& request,
                      net::Responder&& responder) {
  const auto header = request.headers.Find("X-Luigi-Test-Now");
  const Timestamp at = header ? TimeOf(*header) : context.clock().Now();
  PortAt port(context, at == Timestamp{} ? context.clock().Now() : at);
  luigi.HandleThrough(port, method, request, std::move(responder));
}

}  // namespace headrace::api
