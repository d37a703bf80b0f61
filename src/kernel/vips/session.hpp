// Performs what the kernel's machine decides: owns the rtnetlink socket for requests, the one of
// the monitor and the timer, and gives the events to the sink. Decides nothing.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "kernel/vips/machine.hpp"
#include "vipherd/netlink/socket.hpp"

namespace vipherd::kernel {

class Session : public std::enable_shared_from_this<Session> {
 public:
  struct Options {
    /// Room for the changes of one turn of the loop, by far: about 1 KiB each.
    int monitor_buffer = 32 * 1024 * 1024;
  };

  Session(boost::asio::io_context& io, Method method, model::EventSink sink, Options options);

  Result<void> start();
  /// Asks the machine for something. Not from within a handler: its events come later.
  void command(Input input);
  std::optional<Duration> renewal_pace() const { return machine_->renewal_pace(); }
  /// No event is given any more.
  void close();

 private:
  void wait_for_answers();
  void wait_for_changes();

  /// An input and all that its effects bring about, each before the next effect: Send and
  /// DrainMonitor come last in a list.
  void feed(Input input);
  void perform(const effect::Send& send);
  void perform(const effect::DrainMonitor& drain);
  void perform(const effect::ArmDelay& arm);
  void perform(const effect::NextTurn& turn);

  /// Both read at most `most` datagrams; false if there may be more.
  bool read_answers(std::size_t most);
  bool read_changes(std::size_t most);

  /// What each handler does last: gives the events to the sink.
  void deliver();

  boost::asio::io_context& io_;
  Method method_;
  model::EventSink sink_;
  Options options_;
  bool closed_ = false;
  std::optional<Machine> machine_;
  std::optional<netlink::Socket> requests_;
  std::optional<netlink::Socket> monitor_;
  boost::asio::posix::stream_descriptor requests_ready_;
  boost::asio::posix::stream_descriptor monitor_ready_;
  boost::asio::steady_timer dump_delay_;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace vipherd::kernel
