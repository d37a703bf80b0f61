#include "agent/relay/heartbeat_socket.hpp"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <utility>

#include "agent/relay/source_filter.hpp"

namespace vipherd::agent {
namespace {

using boost::asio::ip::udp;

/// Network control (RFC 4594): it must get through where the rest is queued.
constexpr int kClass = IPTOS_CLASS_CS6;
/// Three of each of 63 siblings.
constexpr int kMostUntilNext = 189;

udp::endpoint heartbeat_endpoint(const IpAddress& address, std::uint16_t port) {
  return {boost::asio::ip::make_address(address.to_string()), port};
}

/// Zones are of no use: siblings have no link-local addresses.
IpAddress address_of(const udp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v4()) return IpAddress::from_bytes(address.to_v4().to_bytes());
  return IpAddress::from_bytes(address.to_v6().to_bytes());
}

}  // namespace

struct HeartbeatSocket::State {
  State(boost::asio::io_context& io, SocketAddress own_address, Take take_bytes)
      : socket(io), own(own_address), take(std::move(take_bytes)) {}

  udp::socket socket;
  SocketAddress own;
  Take take;
  std::array<std::uint8_t, wire::kHeartbeatBuffer> buffer{};
  udp::endpoint from{};
  int left = kMostUntilNext;
  bool paused = false;

  static void receive(const std::shared_ptr<State>& state) {
    state->socket.async_receive_from(boost::asio::buffer(state->buffer), state->from,
                                     [weak = std::weak_ptr<State>(state)](
                                         const boost::system::error_code& error, std::size_t size) {
                                       const auto held = weak.lock();
                                       if (!held || !held->socket.is_open()) return;
                                       // An error is an ICMP message about an earlier datagram: the
                                       // sibling is not there.
                                       if (!error && held->from.port() == held->own.port) {
                                         held->take(address_of(held->from),
                                                    std::span(held->buffer).first(size));
                                       }
                                       if (!held->socket.is_open()) return;
                                       held->paused = --held->left <= 0;
                                       if (!held->paused) receive(held);
                                     });
  }
};

Result<std::unique_ptr<HeartbeatSocket>> HeartbeatSocket::open(
    boost::asio::io_context& io, const SocketAddress& own, const std::vector<IpAddress>& siblings,
    Take take) {
  const auto state = std::make_shared<State>(io, own, std::move(take));
  boost::system::error_code error;
  const auto endpoint = heartbeat_endpoint(own.address, own.port);
  state->socket.open(endpoint.protocol(), error);
  if (!error) state->socket.non_blocking(true, error);
  if (!error) {
    const auto closed =
        take_only_from(state->socket.native_handle(), own.address.family(), siblings);
    if (!closed) return closed.error();
    state->socket.bind(endpoint, error);
  }
  if (error) {
    return fail("cannot listen for heartbeats at " + own.to_string() + "/udp: " + error.message());
  }
  const int socket = state->socket.native_handle();
  // Without it they are sent all the same.
  if (own.address.is_v4()) {
    static_cast<void>(::setsockopt(socket, IPPROTO_IP, IP_TOS, &kClass, sizeof kClass));
  } else {
    static_cast<void>(::setsockopt(socket, IPPROTO_IPV6, IPV6_TCLASS, &kClass, sizeof kClass));
  }
  State::receive(state);
  return std::unique_ptr<HeartbeatSocket>(new HeartbeatSocket(state));
}

HeartbeatSocket::~HeartbeatSocket() {
  boost::system::error_code ignored;
  state_->socket.close(ignored);
}

void HeartbeatSocket::listen_again() {
  state_->left = kMostUntilNext;
  if (std::exchange(state_->paused, false)) State::receive(state_);
}

const IpAddress& HeartbeatSocket::own() const { return state_->own.address; }

void HeartbeatSocket::send(const IpAddress& to, std::span<const std::uint8_t> bytes) {
  boost::system::error_code ignored;
  state_->socket.send_to(boost::asio::buffer(bytes.data(), bytes.size()),
                         heartbeat_endpoint(to, state_->own.port), 0, ignored);
}

}  // namespace vipherd::agent
