// Datagrams as from the kernel: every message decodes or ends the datagram, and each step takes
// something off it. The two addresses of a socket are of one family.
#include <cstddef>
#include <cstdint>
#include <span>

#include "vipherd/base/assert.hpp"
#include "vipherd/wire/netlink/sock_diag.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace sock_diag = vipherd::wire::sock_diag;
  std::span<const std::uint8_t> rest(data, size);
  for (;;) {
    const std::size_t before = rest.size();
    const auto message = sock_diag::decode_next(rest);
    if (!message) break;
    if (!*message) {
      VIPHERD_ASSERT(rest.empty());
      break;
    }
    VIPHERD_ASSERT(rest.size() < before);
    if (const auto* socket = std::get_if<sock_diag::Socket>(&(*message)->body)) {
      VIPHERD_ASSERT(socket->local.family() == socket->remote.family());
    }
  }
  return 0;
}
