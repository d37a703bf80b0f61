// What systemd is told, by the protocol of sd_notify(3). Without NOTIFY_SOCKET in the environment
// nothing is sent. Unlike libsystemd's function it never waits: while the manager does not
// read, the newest statement of each kind is kept and sent when it does.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/printable.hpp"

namespace vipherd::agent {

class ServiceManager {
 public:
  explicit ServiceManager(boost::asio::io_context& io);

  void ready() { send("READY=1"); }
  void reloading();
  void stopping() { send("STOPPING=1"); }
  void status(const std::string& line) { send("STATUS=" + printable(line)); }
  void watchdog() { send("WATCHDOG=1"); }
  /// What was not sent is forgotten: nothing of it keeps the loop running.
  void close();

 private:
  void send(std::string statement);
  void send_pending();

  boost::asio::local::datagram_protocol::socket socket_;
  std::optional<boost::asio::local::datagram_protocol::endpoint> manager_;
  boost::asio::steady_timer retry_;
  bool retrying_ = false;
  std::deque<std::string> pending_;  ///< one of each kind, in the order in which they were made
};

/// How often the watchdog wants to be fed at the least; nullopt: there is none.
std::optional<Duration> watchdog_limit();

}  // namespace vipherd::agent
