#include "vipherd/probe/vrf.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace vipherd::probe {

int bind_to_vrf(int socket, const std::string& vrf) {
  if (vrf.empty()) return 0;
  const auto size = static_cast<socklen_t>(vrf.size());
  return ::setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, vrf.data(), size) == 0 ? 0 : errno;
}

}  // namespace vipherd::probe
