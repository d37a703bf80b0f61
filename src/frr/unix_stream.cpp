#include "frr/unix_stream.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace vipherd::frr {
namespace {

using boost::system::error_code;

constexpr std::size_t kReadSize = 65536;
/// Reads in one turn of the loop, so that a talkative peer does not starve the rest.
constexpr int kReadsPerTurn = 8;
/// Room for the announcements of a start in one write; best effort, the rest follows anyway.
constexpr int kSendBuffer = 1 << 20;

void enlarge_send_buffer(int descriptor) {
  if (::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer) != 0) {
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  }
}

bool would_block(const error_code& error) {
  return error == boost::asio::error::would_block || error == boost::asio::error::try_again ||
         error == boost::asio::error::interrupted;
}

}  // namespace

UnixStream::UnixStream(boost::asio::io_context& io, std::string path, Handlers handlers,
                       StreamLimits limits)
    : io_(io),
      socket_(io),
      stall_timer_(io),
      path_(std::move(path)),
      handlers_(std::move(handlers)),
      limits_(limits) {}

void UnixStream::open() {
  if (std::string failure = connect_now(); !failure.empty()) {
    post_lost(std::move(failure));
    return;
  }
  open_ = true;
  boost::asio::post(io_, [self = shared_from_this()] {
    if (!self->open_) return;
    self->wait_readable();
    const auto connected = self->handlers_.connected;
    if (connected) connected();
  });
}

/// connect() of a UNIX socket never blocks. Asio's own connect would take EAGAIN, which here
/// means a full backlog, for a connection in progress and later for success.
std::string UnixStream::connect_now() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) return path_ + ": the path is too long";
  std::memcpy(address.sun_path, path_.data(), path_.size());
  error_code error;
  socket_.open(boost::asio::local::stream_protocol(), error);
  if (!error) socket_.non_blocking(true, error);
  if (error) return path_ + ": " + error.message();
  enlarge_send_buffer(socket_.native_handle());
  if (::connect(socket_.native_handle(), reinterpret_cast<const sockaddr*>(&address),
                sizeof address) != 0) {
    const int failure = errno;
    if (failure == EAGAIN) return path_ + ": too many connections are waiting to be accepted";
    return path_ + ": " + error_code(failure, boost::system::system_category()).message();
  }
  return {};
}

void UnixStream::wait_readable() {
  socket_.async_wait(boost::asio::socket_base::wait_read,
                     [self = shared_from_this()](const error_code& error) {
                       if (!self->open_) return;
                       if (error) return self->lose(self->path_ + ": " + error.message());
                       self->read_available();
                     });
}

void UnixStream::read_available() {
  std::array<std::uint8_t, kReadSize> chunk;  // NOLINT: filled by the read
  for (int turn = 0; turn < kReadsPerTurn; ++turn) {
    error_code error;
    const std::size_t count = socket_.read_some(boost::asio::buffer(chunk), error);
    if (error && would_block(error)) break;
    if (error == boost::asio::error::eof) return lose("the other side closed " + path_);
    if (error) return lose(path_ + ": " + error.message());
    unread_.insert(unread_.end(), chunk.begin(),
                   chunk.begin() + static_cast<std::ptrdiff_t>(count));
    const auto received = handlers_.received;
    const std::size_t consumed = received ? received(unread_) : unread_.size();
    if (!open_) return;
    unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(consumed));
    if (unread_.size() > limits_.most_unread) return lose(path_ + ": an endless answer");
  }
  wait_readable();
}

void UnixStream::write(std::span<const std::uint8_t> bytes) {
  if (!open_ || losing_ || bytes.empty()) return;
  const bool idle = sent_ == unsent_.size();
  if (sent_ * 2 >= unsent_.size()) {  // drop what is gone, seldom enough to cost nothing
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
  unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
  if (unsent_.size() - sent_ > limits_.most_unsent) {
    return post_lost(path_ + ": the other side does not read");
  }
  arm_stall();
  if (idle) write_available();
}

void UnixStream::write_available() {
  while (sent_ < unsent_.size()) {
    error_code error;
    watch_for_reading();
    const std::size_t count = socket_.write_some(boost::asio::buffer(unsent_) + sent_, error);
    in_kernel_ = queued_in_kernel();
    if (error && would_block(error)) return wait_writable();
    if (error) return post_lost(path_ + ": " + error.message());
    sent_ += count;
  }
}

void UnixStream::wait_writable() {
  if (waiting_writable_) return;
  waiting_writable_ = true;
  socket_.async_wait(boost::asio::socket_base::wait_write,
                     [self = shared_from_this()](const error_code& error) {
                       self->waiting_writable_ = false;
                       if (!self->open_ || self->losing_) return;
                       if (error) return self->lose(self->path_ + ": " + error.message());
                       self->write_available();
                     });
}

/// What the peer has not read yet, with the kernel's overhead.
std::size_t UnixStream::queued_in_kernel() {
  int bytes = 0;
  if (::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) != 0) return 0;
  return static_cast<std::size_t>(bytes);
}

void UnixStream::watch_for_reading() {
  const std::size_t now = queued_in_kernel();
  if (now < in_kernel_) peer_has_read_ = true;
  in_kernel_ = now;
}

void UnixStream::arm_stall() {
  if (stall_armed_) return;
  stall_armed_ = true;
  peer_has_read_ = false;
  stall_timer_.expires_after(limits_.stall);
  stall_timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (error || !self->open_) return;
    self->on_stall_due();
  });
}

void UnixStream::on_stall_due() {
  stall_armed_ = false;
  watch_for_reading();
  if (in_kernel_ == 0 && sent_ == unsent_.size()) return;
  if (peer_has_read_) return arm_stall();
  lose(path_ + ": the other side has read nothing for " + format_duration(limits_.stall));
}

void UnixStream::post_lost(std::string reason) {
  if (losing_) return;
  losing_ = true;
  boost::asio::post(
      io_, [self = shared_from_this(), reason = std::move(reason)] { self->lose(reason); });
}

void UnixStream::lose(std::string reason) {
  const auto lost = std::move(handlers_.lost);
  close();
  if (lost) lost(std::move(reason));
}

void UnixStream::close() {
  open_ = false;
  losing_ = true;
  handlers_ = {};
  stall_timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace vipherd::frr
