#include "vipherd/kernel/connections.hpp"

#include <linux/netlink.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "vipherd/netlink/socket.hpp"
#include "vipherd/wire/netlink/sock_diag.hpp"

namespace vipherd::kernel {
namespace {

namespace asio = boost::asio;
namespace sock_diag = wire::sock_diag;

constexpr auto kDeadline = std::chrono::seconds(1);
constexpr int kReceiveBuffer = 1024 * 1024;
/// Datagrams read in one turn of the loop, so that very many connections cannot starve it.
constexpr std::size_t kMostAnswersInTurn = 16;

}  // namespace

class ConnectionCounter::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, model::EventSink sink)
      : io_(io),
        sink_(std::move(sink)),
        ready_(io),
        deadline_(io),
        buffer_(netlink::kDatagramSize) {}

  void count(const IpAddress& vip) {
    for (const IpAddress& waiting : queue_) {
      if (waiting == vip) return;
    }
    queue_.push_back(vip);
    if (queue_.size() > 1) return;
    asio::post(io_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->begin();
    });
  }

  void close() {
    closed_ = true;
    hang_up();
  }

 private:
  void begin();
  bool ask(Family sockets);
  void wait();
  /// False if there will be no more for the question.
  bool take_datagram(std::span<const std::uint8_t> datagram);
  void take_available();
  void answer(std::optional<std::uint64_t> established);
  void hang_up();

  asio::io_context& io_;
  model::EventSink sink_;
  asio::posix::stream_descriptor ready_;
  asio::steady_timer deadline_;
  std::uint64_t armed_ = 0;  ///< tells a late deadline, or a late readiness, from the present one
  std::vector<std::uint8_t> buffer_;
  std::optional<netlink::Socket> socket_;
  std::deque<IpAddress> queue_;    ///< the front is being asked about
  Family sockets_ = Family::ipv4;  ///< those being listed
  std::uint32_t sequence_ = 0;
  std::uint64_t established_ = 0;
  bool closed_ = false;
};

/// A socket for each question: what is left of one that was given up cannot disturb the next.
void ConnectionCounter::Impl::begin() {
  if (closed_ || queue_.empty()) return;
  established_ = 0;
  auto opened = netlink::Socket::open(netlink::Blocking::no, kReceiveBuffer, NETLINK_SOCK_DIAG);
  if (!opened) return answer(std::nullopt);
  socket_.emplace(std::move(*opened));
  boost::system::error_code error;
  ready_.assign(socket_->descriptor(), error);
  if (error || !ask(queue_.front().family())) return answer(std::nullopt);
  deadline_.expires_after(kDeadline);
  deadline_.async_wait(
      [weak = weak_from_this(), armed = ++armed_](const boost::system::error_code& failed) {
        const auto self = weak.lock();
        if (!failed && self && self->armed_ == armed) self->answer(std::nullopt);
      });
  wait();
}

bool ConnectionCounter::Impl::ask(Family sockets) {
  sockets_ = sockets;
  const auto request = sock_diag::encode_request(sockets, queue_.front(), ++sequence_);
  return socket_->send(request).has_value();
}

void ConnectionCounter::Impl::wait() {
  ready_.async_wait(
      asio::posix::descriptor_base::wait_read,
      [weak = weak_from_this(), armed = armed_](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self || self->armed_ != armed) return;
        self->take_available();
      });
}

void ConnectionCounter::Impl::take_available() {
  for (std::size_t count = 0; count < kMostAnswersInTurn; ++count) {
    const auto received = socket_->receive(buffer_);
    if (received.status == netlink::Socket::Status::empty) break;
    if (received.status == netlink::Socket::Status::lost) return answer(std::nullopt);
    if (!take_datagram(std::span(buffer_).first(received.size))) return;
  }
  wait();
}

bool ConnectionCounter::Impl::take_datagram(std::span<const std::uint8_t> datagram) {
  for (;;) {
    const auto message = sock_diag::decode_next(datagram);
    if (!message) {
      answer(std::nullopt);
      return false;
    }
    if (!*message) return true;
    if ((*message)->sequence != sequence_) continue;
    if (const auto* socket = std::get_if<sock_diag::Socket>(&(*message)->body)) {
      if (socket->remote != socket->local) ++established_;
    } else if (const auto* end = std::get_if<sock_diag::End>(&(*message)->body)) {
      // A kernel without IPv6 has no sockets of it.
      const bool missing = end->error == ENOENT && sockets_ == Family::ipv6;
      if (end->error != 0 && !missing) {
        answer(std::nullopt);
        return false;
      }
      // A listener of IPv6 may accept connections to IPv4 addresses.
      if (sockets_ == Family::ipv4 && ask(Family::ipv6)) return true;
      answer(sockets_ == Family::ipv6 ? std::optional(established_) : std::nullopt);
      return false;
    }
  }
}

void ConnectionCounter::Impl::answer(std::optional<std::uint64_t> established) {
  hang_up();
  const IpAddress vip = queue_.front();
  queue_.pop_front();
  if (!queue_.empty()) {
    asio::post(io_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->begin();
    });
  }
  const auto self = shared_from_this();  // the sink may destroy the counter
  sink_(model::event::ConnectionsCounted{vip, established});
}

void ConnectionCounter::Impl::hang_up() {
  ++armed_;
  deadline_.cancel();
  // The socket closes its descriptor itself.
  if (ready_.is_open()) ready_.release();
  socket_.reset();
}

ConnectionCounter::ConnectionCounter(asio::io_context& io, model::EventSink sink)
    : impl_(std::make_shared<Impl>(io, std::move(sink))) {}
ConnectionCounter::~ConnectionCounter() { impl_->close(); }
void ConnectionCounter::count(const IpAddress& vip) { impl_->count(vip); }

}  // namespace vipherd::kernel
