// One connected UNIX stream socket without framing: bytes in, bytes out, and the moment it is
// lost. Writes at once what the socket takes and the rest when it can; a peer that does not read
// for a while is lost. Knows nothing of FRR, retries nothing.
//
// Handlers are called from the event loop only, never from within a method, and never after
// close(). `lost` is called at most once and nothing is called after it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "vipherd/base/duration.hpp"

namespace vipherd::frr {

struct StreamLimits {
  /// A peer that reads nothing for this long while bytes wait for it, with us or in the
  /// kernel, is lost. Looked at once in this time, so it may take twice as long.
  Duration stall = std::chrono::seconds(5);
  std::size_t most_unread = std::size_t{2} << 20;   ///< received but not consumed by the handler
  std::size_t most_unsent = std::size_t{64} << 20;  ///< taken by write() but not by the socket
};

class UnixStream : public std::enable_shared_from_this<UnixStream> {
 public:
  struct Handlers {
    std::function<void()> connected;
    /// Given everything received and not consumed so far; returns how much it consumed.
    std::function<std::size_t(std::span<const std::uint8_t>)> received;
    std::function<void(std::string reason)> lost;
  };

  UnixStream(boost::asio::io_context& io, std::string path, Handlers handlers,
             StreamLimits limits = {});

  /// Connects; `connected` or `lost` follows.
  void open();
  /// Takes all of it and writes at once what the socket takes. Ignored without a connection.
  void write(std::span<const std::uint8_t> bytes);
  /// Final: frees the descriptor and the handlers.
  void close();

 private:
  std::string connect_now();
  void wait_readable();
  void read_available();
  void write_available();
  void wait_writable();
  std::size_t queued_in_kernel();
  void watch_for_reading();
  void arm_stall();
  void on_stall_due();
  void post_lost(std::string reason);
  void lose(std::string reason);

  boost::asio::io_context& io_;
  boost::asio::local::stream_protocol::socket socket_;
  boost::asio::steady_timer stall_timer_;
  std::string path_;
  Handlers handlers_;
  StreamLimits limits_;
  std::vector<std::uint8_t> unread_;
  std::vector<std::uint8_t> unsent_;
  std::size_t sent_ = 0;       ///< bytes of unsent_ that are gone already
  std::size_t in_kernel_ = 0;  ///< when last looked at; less means that the peer has read
  bool peer_has_read_ = false;
  bool stall_armed_ = false;
  bool waiting_writable_ = false;
  bool open_ = false;
  bool losing_ = false;  ///< `lost` has been posted
};

/// Handlers that call an owner of the stream as long as it lives.
template <class Owner>
UnixStream::Handlers handlers_of(std::weak_ptr<Owner> owner, void (Owner::*connected)(),
                                 std::size_t (Owner::*received)(std::span<const std::uint8_t>),
                                 void (Owner::*lost)(std::string)) {
  return {.connected =
              [owner, connected] {
                if (const auto alive = owner.lock()) ((*alive).*connected)();
              },
          .received =
              [owner, received](std::span<const std::uint8_t> bytes) {
                const auto alive = owner.lock();
                return alive ? ((*alive).*received)(bytes) : bytes.size();
              },
          .lost =
              [owner, lost](std::string reason) {
                if (const auto alive = owner.lock()) ((*alive).*lost)(std::move(reason));
              }};
}

}  // namespace vipherd::frr
