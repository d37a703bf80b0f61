#include "probe/dns/exchange.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <utility>

#include "probe/dns/evaluate.hpp"
#include "vipherd/probe/connect_error.hpp"
#include "vipherd/probe/self_connection.hpp"
#include "vipherd/probe/tcp_socket.hpp"

namespace vipherd::probe::dns {
namespace {

namespace asio = boost::asio;
namespace dns = wire::dns;

/// Datagrams that are read before others have their turn.
constexpr int kAtOnce = 16;
/// A server that floods us with answers to no question is no server.
constexpr std::size_t kMostStrays = 1000;

}  // namespace

DnsExchange::DnsExchange(asio::io_context& io, DatagramBuffer& buffer,
                         std::shared_ptr<const DnsSettings> settings, std::uint16_t id,
                         std::string vrf, Finish finish)
    : udp_(io),
      tcp_(io),
      buffer_(buffer),
      settings_(std::move(settings)),
      query_(settings_->message),
      vrf_(std::move(vrf)),
      finish_(std::move(finish)) {
  dns::set_id(query_, id);
}

void DnsExchange::start() {
  if (settings_->transport == DnsTransport::tcp) {
    start_tcp();
  } else {
    start_udp();
  }
}

void DnsExchange::abandon() {
  finish_ = nullptr;
  close();
}

void DnsExchange::close() {
  Error ignored;
  udp_.close(ignored);
  if (tcp_.is_open()) reset(tcp_);
}

void DnsExchange::end(Outcome outcome) {
  close();
  std::exchange(finish_, nullptr)(std::move(outcome));
}

void DnsExchange::end_failed(std::string reason) {
  end({.pass = false, .reason = std::move(reason)});
}

void DnsExchange::end_unreachable(int error) {
  close();  // for the descriptor's sake: telling the cause may need one
  Outcome outcome = connect_failure(server(), error, vrf_);
  if (was_truncated_) {
    outcome.reason = "the answer over UDP is truncated, and over TCP: " + outcome.reason;
  }
  end(std::move(outcome));
}

// ------------------------------------------------------------------ UDP

/// A connected socket takes datagrams of the server alone, and tells of ICMP errors.
void DnsExchange::start_udp() {
  const asio::ip::udp::endpoint endpoint(to_asio(settings_->server.address),
                                         settings_->server.port);
  Error error = open_in_vrf(udp_, endpoint.protocol(), vrf_);
  if (!error) udp_.non_blocking(true, error);
  if (!error) udp_.connect(endpoint, error);
  const int failure = connect_result(udp_.native_handle(), error.value());
  if (failure != 0) return end_unreachable(failure);
  udp_.send(asio::buffer(query_), 0, error);
  if (error) {
    end_unreachable(error.value());
  } else {
    wait_for_datagram();
  }
}

void DnsExchange::wait_for_datagram() {
  udp_.async_wait(asio::ip::udp::socket::wait_read, [self = shared_from_this()](const Error&) {
    if (self->finish_) self->read_datagrams();
  });
}

void DnsExchange::read_datagrams() {
  for (int count = 0; count < kAtOnce; ++count) {
    Error error;
    const std::size_t size = udp_.receive(asio::buffer(buffer_), 0, error);
    if (error == asio::error::would_block) break;
    if (error) {
      end_unreachable(error.value());
      return;
    }
    const std::span<const std::uint8_t> message(buffer_.data(), size);
    if (dns::is_answer(message, query_)) {
      take(message);
      return;
    }
    if (++strays_ >= kMostStrays) {
      end_failed(server() + " floods the query with answers to others");
      return;
    }
  }
  wait_for_datagram();
}

// ------------------------------------------------------------------ TCP

void DnsExchange::start_tcp() {
  phase_ = Phase::connect;
  const asio::ip::tcp::endpoint to(to_asio(settings_->server.address), settings_->server.port);
  if (const Error refused = open_in_vrf(tcp_, to.protocol(), vrf_))
    return end_unreachable(refused.value());
  tcp_.async_connect(to, [self = shared_from_this()](const Error& error) {
    if (self->finish_) self->on_connect(error);
  });
}

void DnsExchange::on_connect(const Error& error) {
  const int failure = connect_result(tcp_.native_handle(), error.value());
  if (failure == ECONNRESET) {
    // It was made, and reset before we looked.
    on_length(error);
    return;
  }
  if (failure != 0) {
    end_unreachable(failure);
    return;
  }
  phase_ = Phase::tcp;
  // RFC 1035 section 4.2.2, in one segment as RFC 7766 section 8 wants it. The reading tells of
  // any failure of the writing.
  frame_ = {static_cast<std::uint8_t>(query_.size() >> 8),
            static_cast<std::uint8_t>(query_.size() & 0xff)};
  frame_.insert(frame_.end(), query_.begin(), query_.end());
  asio::async_write(tcp_, asio::buffer(frame_),
                    [self = shared_from_this()](const Error&, std::size_t) {});
  read_length();
}

void DnsExchange::read_length() {
  asio::async_read(tcp_, asio::buffer(length_),
                   [self = shared_from_this()](const Error& error, std::size_t) {
                     if (self->finish_) self->on_length(error);
                   });
}

void DnsExchange::on_length(const Error& error) {
  if (error) {
    end_failed(error == asio::error::eof ? "the connection was closed before the answer came"
                                         : "the connection was reset before the answer came");
    return;
  }
  phase_ = Phase::tcp_rest;
  message_.resize(std::size_t{length_[0]} << 8 | length_[1]);
  asio::async_read(tcp_, asio::buffer(message_),
                   [self = shared_from_this()](const Error& failure, std::size_t) {
                     if (self->finish_) self->on_message(failure);
                   });
}

void DnsExchange::on_message(const Error& error) {
  if (error) {
    end_failed(error == asio::error::eof ? "the connection was closed in the middle of the answer"
                                         : "the connection was reset in the middle of the answer");
  } else if (!dns::is_answer(message_, query_)) {
    end_failed("what came over TCP does not answer the query");
  } else {
    take(message_);
  }
}

// ------------------------------------------------------------------ both

void DnsExchange::take(std::span<const std::uint8_t> message) {
  const auto answer = dns::parse_answer(message, settings_->query);
  if (!answer) {
    end_failed("the answer is malformed: " + answer.error().what);
  } else if (!answer->truncated) {
    end(evaluate(*settings_, *answer));
  } else if (phase_ != Phase::udp) {
    end_failed("the answer over TCP is truncated");
  } else if (settings_->transport == DnsTransport::udp) {
    end_failed("the answer over UDP is truncated");
  } else {
    was_truncated_ = true;
    close();
    start_tcp();
  }
}

std::string DnsExchange::awaited() const {
  switch (phase_) {
    case Phase::udp:
      return "answer of " + server() + (strays_ > 0 ? " to the query, only others," : "");
    case Phase::connect:
      return "TCP connection to " + server();
    case Phase::tcp:
      return "answer of " + server() + " over TCP";
    case Phase::tcp_rest:
      return "end of the answer of " + server() + " over TCP";
  }
  return {};
}

}  // namespace vipherd::probe::dns
