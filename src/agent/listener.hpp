// Keeps one of the agent's servers listening. Nothing that the agent announces depends on it: what
// cannot listen is reported and tried again, and so is a control socket whose file went away. Owns
// the server; never ends the agent.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vipherd/api/server.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::agent {

class Listener {
 public:
  /// Has the server listen, at whatever was configured.
  using Listen = std::function<Result<void>(api::Server&)>;
  /// Why it does not listen, as a sentence, whenever that changes; nullopt: it does.
  using Report = std::function<void(std::optional<std::string>)>;
  /// A failed attempt is repeated after `first`, and after twice the time each, up to `most`; what
  /// listens is looked after at intervals of `most`.
  struct Pace {
    Duration first = std::chrono::milliseconds(500);
    Duration most = std::chrono::seconds(10);
  };

  Listener(boost::asio::io_context& io, api::Handler handler, Listen listen, Report report,
           Pace pace);
  Listener(boost::asio::io_context& io, api::Handler handler, Listen listen, Report report)
      : Listener(io, std::move(handler), std::move(listen), std::move(report), Pace{}) {}

  /// The first attempt; to be called once. Does not wait.
  void start();
  void answer_to(std::vector<std::string> names) { server_.answer_to(std::move(names)); }
  void close();

 private:
  void attempt();
  void wait(Duration pause);

  api::Server server_;
  Listen listen_;
  Report report_;
  Pace pace_;
  boost::asio::steady_timer timer_;
  Duration pause_;
  bool listening_ = false;
  bool closed_ = false;
  std::string told_;
};

}  // namespace vipherd::agent
