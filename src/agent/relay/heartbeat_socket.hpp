// Sends and receives the datagrams of heartbeats, between one of this node's addresses and the
// siblings of its family. Knows nothing of what they say. Nothing waits: what the kernel does not
// take at once is lost, as on the wire. However much comes in, only so much is taken until the next
// listen_again(): a flood costs the agent no more than that.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "vipherd/base/result.hpp"
#include "vipherd/base/socket_address.hpp"
#include "vipherd/wire/heartbeat.hpp"

namespace vipherd::agent {

class HeartbeatSocket {
 public:
  using Take = std::function<void(const IpAddress& from, std::span<const std::uint8_t> bytes)>;

  /// Bound to `own`; siblings are told and listened to at the same port, and no other address is.
  static Result<std::unique_ptr<HeartbeatSocket>> open(boost::asio::io_context& io,
                                                       const SocketAddress& own,
                                                       const std::vector<IpAddress>& siblings,
                                                       Take take);
  ~HeartbeatSocket();
  HeartbeatSocket(const HeartbeatSocket&) = delete;
  HeartbeatSocket& operator=(const HeartbeatSocket&) = delete;

  const IpAddress& own() const;
  void send(const IpAddress& to, std::span<const std::uint8_t> bytes);
  void listen_again();

 private:
  struct State;
  explicit HeartbeatSocket(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;  ///< handlers in flight hold it weakly
};

}  // namespace vipherd::agent
