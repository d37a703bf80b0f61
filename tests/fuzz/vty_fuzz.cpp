// The bytes that a VTY socket sends: framing, and every parser of the text.
#include <cstdint>
#include <string_view>

#include "vipherd/base/assert.hpp"
#include "vipherd/wire/vty.hpp"

namespace {

using namespace vipherd;
namespace vty = wire::vty;

void check_parsers(std::string_view text) {
  if (const auto version = vty::parse_version(text)) {
    VIPHERD_ASSERT(!version->empty() && version->size() <= 64);
  }
  if (const auto clients = vty::parse_clients(text)) {
    for (const vty::Client& client : *clients) VIPHERD_ASSERT(!client.route_type.empty());
  }
  for (const char* vip : {"10.10.10.10", "2001:db8::10"}) {
    const vty::RibEntry entry = vty::parse_route(text, *IpAddress::parse(vip), "openfabric");
    const bool explained =
        entry.state == model::RibState::losing || entry.state == model::RibState::unknown;
    VIPHERD_ASSERT(explained == !entry.detail.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_parsers({reinterpret_cast<const char*>(data), size});
  std::span<const std::uint8_t> stream(data, size);
  while (true) {
    const auto response = vty::next_response(stream);
    if (!response || !*response) break;
    VIPHERD_ASSERT((*response)->size <= stream.size() && (*response)->size >= 4);
    VIPHERD_ASSERT((*response)->text.find('\0') == std::string_view::npos);
    check_parsers((*response)->text);
    stream = stream.subspan((*response)->size);
  }
  return 0;
}
