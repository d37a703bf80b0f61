#include "agent/listener.hpp"

#include <algorithm>
#include <utility>

namespace vipherd::agent {

Listener::Listener(boost::asio::io_context& io, api::Handler handler, Listen listen, Report report,
                   Pace pace)
    : server_(io, std::move(handler)),
      listen_(std::move(listen)),
      report_(std::move(report)),
      pace_(pace),
      timer_(io),
      pause_(pace.first) {}

void Listener::start() { attempt(); }

void Listener::close() {
  closed_ = true;
  timer_.cancel();
  server_.close();
}

void Listener::attempt() {
  if (listening_ && server_.is_reachable()) return wait(pace_.most);
  const auto listening = listen_(server_);
  listening_ = listening.has_value();
  const std::string why = listening_ ? "" : listening.error().what;
  if (why != std::exchange(told_, why)) {
    report_(listening_ ? std::nullopt : std::optional(why));
  }
  if (listening_) {
    pause_ = pace_.first;
    return wait(pace_.most);
  }
  wait(std::exchange(pause_, std::min(2 * pause_, pace_.most)));
}

void Listener::wait(Duration pause) {
  timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(pause));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !closed_) attempt();
  });
}

}  // namespace vipherd::agent
