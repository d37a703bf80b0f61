// Keeps the relay as the configuration has it (docs/relay.md): loads its programs, tells them which
// VIPs are local and which siblings are alive, moves on the moment until which they work, and talks
// to the siblings. Who is alive is decided by core::Siblings, what is wrong by
// core::RelayCondition. Whatever fails is reported and tried again; nothing that the agent
// announces depends on it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/relay/heartbeat_socket.hpp"
#include "vipherd/core/relay_condition.hpp"
#include "vipherd/core/siblings.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/state_change.hpp"
#include "vipherd/model/status.hpp"
#include "vipherd/relay/data_path.hpp"

namespace vipherd::agent {

class Relay {
 public:
  /// A line for the log and the history.
  using Tell = std::function<void(model::LogLevel, const std::string&, const model::StateChange&)>;

  Relay(boost::asio::io_context& io, Tell tell);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// The configuration in force; nullopt: no relay. Begins anew if it is another one, or another
  /// key; if that fails, what was there works on, and it is tried again.
  void use(const std::optional<model::RelayConfig>& config);
  /// Those that are local. Before the first time nothing is passed on, and what a predecessor left
  /// in the kernel goes on.
  void set_vips(std::vector<IpAddress> vips);
  /// What is in the kernel stays there, for the successor.
  void hand_over();
  /// Says goodbye, unless it hands over.
  void close();

  /// Nothing if none is configured.
  std::optional<model::RelayStatus> status(TimePoint now, WallTime wall) const;

 private:
  Result<std::string> read_key() const;
  void begin();
  Result<void> load(const std::string& key);
  Result<void> open_sockets(const core::RelayPlace& place);
  void wait();
  void tick();
  Result<void> set_rings(relay::DataPath& path);
  Result<void> attach(relay::DataPath& path);
  bool own_addresses_changed() const;
  void settle();
  void send(const std::vector<core::Siblings::Outgoing>& heartbeats);
  void take(const wire::HeartbeatPath& path, std::span<const std::uint8_t> bytes);
  bool tell_changes();
  void say_goodbye();

  boost::asio::io_context& io_;
  Tell tell_;
  boost::asio::steady_timer timer_;
  std::optional<model::RelayConfig> config_;
  Result<std::string> key_read_{boost::system::in_place_value};
  std::string key_{};  ///< in force
  std::optional<std::vector<IpAddress>> vips_;
  std::vector<IpAddress> own_;                             ///< in force
  std::vector<std::unique_ptr<HeartbeatSocket>> sockets_;  ///< one a family at most
  core::Siblings siblings_;
  std::optional<relay::DataPath> path_;
  std::vector<std::string> interfaces_;
  core::RelayCondition condition_;
  TimePoint begin_at_{};  ///< of the next try, if the last one failed
  std::uint64_t ticks_ = 0;
  bool handing_over_ = false;
  bool closed_ = false;
};

}  // namespace vipherd::agent
