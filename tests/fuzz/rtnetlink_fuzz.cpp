// Datagrams as from the kernel: every message decodes or ends the datagram, and each step
// takes something off it.
#include <cstddef>
#include <cstdint>
#include <span>

#include "vipherd/base/assert.hpp"
#include "vipherd/wire/netlink/rtnetlink.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace rtnetlink = vipherd::wire::rtnetlink;
  std::span<const std::uint8_t> rest(data, size);
  for (;;) {
    const std::size_t before = rest.size();
    const auto message = rtnetlink::decode_next(rest);
    if (!message) break;
    if (!*message) {
      VIPHERD_ASSERT(rest.empty());
      break;
    }
    VIPHERD_ASSERT(rest.size() < before);
    if (const auto* address = std::get_if<rtnetlink::AddressMessage>(&(*message)->body)) {
      VIPHERD_ASSERT(address->local.length <= address->local.address.host_length());
    }
    const auto* route = std::get_if<rtnetlink::RouteMessage>(&(*message)->body);
    if (route == nullptr) continue;
    VIPHERD_ASSERT(route->destination.length <= route->destination.address.host_length());
  }
  return 0;
}
