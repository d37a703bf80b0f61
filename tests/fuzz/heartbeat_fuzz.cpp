// Datagrams as from the network: what is taken for a heartbeat is written as it was read.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "vipherd/base/assert.hpp"
#include "vipherd/wire/heartbeat.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vipherd;
  const wire::HeartbeatPath path{IpAddress::parse("192.0.2.1").value(),
                                 IpAddress::parse("192.0.2.2").value()};
  const std::span<const std::uint8_t> bytes(data, size);
  for (const std::string& key : {std::string(), std::string("sixteen bytes long")}) {
    const auto heartbeat = wire::decode_heartbeat(bytes, path, key);
    if (!heartbeat) continue;
    auto again = wire::encode_heartbeat(*heartbeat, path, key);
    VIPHERD_ASSERT(again.size() == size);
    // Two bytes are reserved.
    again[6] = data[6];
    again[7] = data[7];
    VIPHERD_ASSERT(!key.empty() || std::equal(again.begin(), again.end(), data));
  }
  return 0;
}
