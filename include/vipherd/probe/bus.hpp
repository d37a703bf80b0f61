// A connection to systemd over D-Bus, shared by all checks and watchers of units. Made when it is
// first needed and again when it was lost; nothing waits for it. Knows D-Bus, not units.
#pragma once

#include <systemd/sd-bus.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::probe {

/// systemd's manager: its object and its interface (org.freedesktop.systemd1(5)).
inline constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
inline constexpr const char* kManager = "org.freedesktop.systemd1.Manager";

/// What D-Bus still has to tell. Destroying it ends that.
using BusSlot = std::shared_ptr<void>;

struct UnrefBusMessage {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using BusMessage = std::unique_ptr<sd_bus_message, UnrefBusMessage>;

/// Whatever it calls is called from the loop, never from within a method.
class Bus : public std::enable_shared_from_this<Bus> {
 public:
  /// The answer, to be read from; or why there is none.
  using OnReply = std::function<void(Result<sd_bus_message*>)>;
  using OnSignal = std::function<void(sd_bus_message&)>;

  /// The connection of this loop: the same for all who ask, as long as one of them holds it and it
  /// lives. Fails with "cannot reach systemd over D-Bus: CAUSE".
  static Result<std::shared_ptr<Bus>> connected(boost::asio::io_context& io);

  ~Bus();
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  /// A method of systemd's, to be given arguments and then to call().
  Result<BusMessage> method(const char* path, const char* interface, const char* member);
  /// `done` is called once, at the latest when the time is over or the connection lost.
  Result<BusSlot> call(const BusMessage& message, Duration timeout, OnReply done);
  /// Signals of systemd's about this object.
  Result<BusSlot> on_signal(const char* path, const char* interface, const char* member,
                            OnSignal heard);
  /// Calls once, when the connection is lost.
  BusSlot on_lost(std::function<void()> lost);

 private:
  struct Opened;
  Bus(boost::asio::io_context& io, const Opened& opened);
  static Opened open();
  Result<void> subscribe();
  void process();
  void process_soon();
  void arm();
  void wait_for(boost::asio::posix::stream_descriptor::wait_type what, bool& waiting);
  void end();

  boost::asio::io_context& io_;
  sd_bus* bus_;
  bool direct_;  ///< to systemd itself, without a message bus between
  boost::asio::posix::stream_descriptor descriptor_;  ///< a duplicate: sd-bus closes its own
  boost::asio::steady_timer timer_;
  std::vector<std::weak_ptr<std::function<void()>>> lost_;
  BusSlot subscription_;
  bool alive_ = true;
  bool reading_ = false;
  bool writing_ = false;
  bool soon_ = false;  ///< process() is queued
};

}  // namespace vipherd::probe
