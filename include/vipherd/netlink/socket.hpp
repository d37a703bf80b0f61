// One netlink socket: opening, options, whole datagrams in and out. Never blocks unless
// asked to, understands no message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "vipherd/base/result.hpp"

namespace vipherd::netlink {

enum class Blocking : std::uint8_t { no, yes };

class Socket {
 public:
  /// `receive_buffer` in bytes, beyond net.core.rmem_max if we may (CAP_NET_ADMIN).
  /// `family` is NETLINK_ROUTE or another one of linux/netlink.h.
  static Result<Socket> open(Blocking blocking, int receive_buffer, int family = 0);
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&&) = delete;
  ~Socket();

  int descriptor() const { return descriptor_; }

  /// For a requester: extended acks, without the request repeated in them, and dumps filtered
  /// by the kernel. Kernels that lack one of these do without.
  void prepare_for_requests();
  /// For a monitor: joins the group for links, and these. Routes that are neither in table local
  /// nor of type local (in a VRF's table) are dropped before they take room in the receive buffer:
  /// zebra may install thousands in table main at once.
  Result<void> subscribe(std::span<const int> groups);

  /// One datagram with any number of requests.
  Result<void> send(std::span<const std::uint8_t> datagram) const;

  enum class Status : std::uint8_t {
    datagram,  ///< `buffer` begins with `size` bytes from the kernel
    empty,     ///< nothing more at the moment
    lost       ///< ENOBUFS, a datagram larger than the buffer, or any other error
  };
  struct Received {
    Status status = Status::empty;
    std::size_t size = 0;
    int error = 0;  ///< errno, with `lost`
  };
  Received receive(std::span<std::uint8_t> buffer) const;

 private:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

/// The kernel fills a dump's datagrams up to the size of the reader's buffer, at most 32 KiB.
inline constexpr std::size_t kDatagramSize = std::size_t{64} * 1024;

}  // namespace vipherd::netlink
