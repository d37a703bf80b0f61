// One query and its answer: a UDP socket, then a TCP connection if the answer is truncated, never
// both at once. Owns the sockets; what an answer means is not its business.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "probe/dns/settings.hpp"
#include "probe/kind.hpp"

namespace vipherd::probe::dns {

/// Room for the largest datagram. Shared by all exchanges: one is read and evaluated at a time.
using DatagramBuffer = std::array<std::uint8_t, 65536>;

/// Its handlers keep it alive; abandon() cuts the way back.
class DnsExchange : public std::enable_shared_from_this<DnsExchange> {
 public:
  DnsExchange(boost::asio::io_context& io, DatagramBuffer& buffer,
              std::shared_ptr<const DnsSettings> settings, std::uint16_t id, std::string vrf,
              Finish finish);

  void start();
  void abandon();
  std::string awaited() const;

 private:
  using Error = boost::system::error_code;
  enum class Phase : std::uint8_t { udp, connect, tcp, tcp_rest };

  void start_udp();
  void wait_for_datagram();
  void read_datagrams();
  void start_tcp();
  void on_connect(const Error& error);
  void read_length();
  void on_length(const Error& error);
  void on_message(const Error& error);
  void take(std::span<const std::uint8_t> message);

  void close();
  void end(Outcome outcome);
  void end_failed(std::string reason);
  void end_unreachable(int error);
  std::string server() const { return settings_->server.to_string(); }

  boost::asio::ip::udp::socket udp_;
  boost::asio::ip::tcp::socket tcp_;
  DatagramBuffer& buffer_;
  std::shared_ptr<const DnsSettings> settings_;
  std::vector<std::uint8_t> query_;
  std::string vrf_;
  Finish finish_;
  Phase phase_ = Phase::udp;
  bool was_truncated_ = false;            ///< the answer over UDP
  std::size_t strays_ = 0;                ///< datagrams that answer no query of ours
  std::vector<std::uint8_t> frame_;       ///< the query as it goes over TCP
  std::array<std::uint8_t, 2> length_{};  ///< of the message that comes over TCP
  std::vector<std::uint8_t> message_;
};

}  // namespace vipherd::probe::dns
