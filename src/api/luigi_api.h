// Luigi's protocol: /api/<method> with its arguments as Python's JSON in `data`, all 39 methods.
//
// What a client may send is never answered 5xx: it costs a stock client a minute. What cannot be
// honoured is refused whole with a 4xx whose reason phrase says why, since Luigi's client shows its
// user nothing else.

#pragma once

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <string_view>

#include "api/args.h"
#include "api/port.h"

namespace headrace::api {

class LuigiApi {
 public:
  explicit LuigiApi(Port& port);

  // `method` is what stands after /api/.
  void Handle(std::string_view method, const net::HttpRequest& request, net::Responder&& responder);
  // The same, with another way in than the constructor's.
  void HandleThrough(Port& port,
                     std::string_view method,
                     const net::HttpRequest& request,
                     net::Responder&& responder);

 private:
  using Handler = std::function<void(Port& port, Args& args, net::Responder&& responder)>;

  template <class Make>
  void AddCommand(std::string_view method, Make make, Render render);
  void AddWorkerCalls();
  void AddMessageCalls();
  void AddTaskCalls();
  void AddOperatorCalls();
  void AddReads();
  void AddTaskFieldReads();
  template <class Make>
  void AddRead(std::string_view method, Make make);

  Port& port_;
  std::map<std::string_view, Handler> handlers_;
};

// {"response": <json>} as Luigi sends it.
net::HttpResponse LuigiResponse(std::string_view json);
net::HttpResponse LuigiRefusal(int status, std::string reason);

}  // namespace headrace::api
