// What probes over sockets of their own have in common. Owns nothing.
#pragma once

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/system/error_code.hpp>
#include <string>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/probe/vrf.hpp"

namespace vipherd::probe {

inline boost::asio::ip::address to_asio(const IpAddress& address) {
  const auto bytes = address.bytes();
  if (address.is_v4()) {
    boost::asio::ip::address_v4::bytes_type raw{};
    std::copy(bytes.begin(), bytes.end(), raw.begin());
    return boost::asio::ip::address_v4(raw);
  }
  boost::asio::ip::address_v6::bytes_type raw{};
  std::copy(bytes.begin(), bytes.end(), raw.begin());
  return boost::asio::ip::address_v6(raw);
}

/// Opens the socket where it is to connect from; for the default VRF that may be left to connect().
template <class Socket, class Protocol>
boost::system::error_code open_in_vrf(Socket& socket, const Protocol& protocol,
                                      const std::string& vrf) {
  boost::system::error_code error;
  socket.open(protocol, error);
  if (error) return error;
  return {bind_to_vrf(socket.native_handle(), vrf), boost::system::generic_category()};
}

/// A reset instead of a FIN: what there was to learn is learnt, and the node that checks itself
/// every few milliseconds must not fill its own table with TIME_WAIT sockets.
template <class TcpSocket>
void reset(TcpSocket& socket) {
  boost::system::error_code ignored;
  socket.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

}  // namespace vipherd::probe
