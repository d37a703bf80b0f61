#include "vipherd/kernel/owner_lock.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>

#include "kernel/netlink_socket.hpp"

namespace vipherd::kernel {

Result<std::optional<OwnerLock>> OwnerLock::take(std::uint8_t route_protocol) {
  const auto failure = [](int error) {
    return fail("cannot ask for the owner of the routes: " + describe_errno(error));
  };
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return failure(errno);
  OwnerLock lock(descriptor);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // unix(7): a name that begins with a zero octet is abstract, and ends where its length says.
  const std::string name = "vipherd/route-protocol/" + std::to_string(route_protocol);
  std::copy(name.begin(), name.end(), std::begin(address.sun_path) + 1);
  const std::size_t length = offsetof(sockaddr_un, sun_path) + 1 + name.size();
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address),
             static_cast<socklen_t>(length)) == 0) {
    return std::optional(std::move(lock));
  }
  if (errno != EADDRINUSE) return failure(errno);
  return std::optional<OwnerLock>();
}

OwnerLock::OwnerLock(OwnerLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

OwnerLock::~OwnerLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace vipherd::kernel
