// The bytes that a VTY socket sends: framing, and every parser of the text.
#include <cstdint>
#include <string_view>

#include "vipherd/base/assert.hpp"
#include "vipherd/wire/vty/config.hpp"
#include "vipherd/wire/vty/vty.hpp"

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
    vty::parse_selected(text, *IpAddress::parse(vip));
    const vty::RibEntry entry = vty::parse_route(text, *IpAddress::parse(vip), "openfabric");
    const bool explained =
        entry.state == model::RibState::not_selected || entry.state == model::RibState::unknown;
    VIPHERD_ASSERT(explained == !entry.detail.empty());
  }
}

/// What is found is ours, and what is ours can be said again.
void check_configuration(std::string_view text) {
  for (const char* vrf : {"", "blue"}) {
    const auto config = vty::parse_bgp_config(text, vrf);
    if (!config) continue;
    VIPHERD_ASSERT(!config->as_number.empty());
    for (const auto& [vip, name] : config->networks) {
      VIPHERD_ASSERT(name.starts_with(vty::kMark) && name.ends_with(vrf));
    }
  }
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto config = vty::parse_ospf_config(text, family);
    if (!config) continue;
    VIPHERD_ASSERT(!config->referred.empty());
    for (const auto& [list, entries] : config->lists) {
      VIPHERD_ASSERT(list.starts_with(vty::kMark));
      for (const auto& [number, entry] : entries) {
        const auto permitted = vty::permitted(entry);
        if (permitted.empty()) continue;
        const auto cover = vty::cover(permitted);
        VIPHERD_ASSERT(cover.size() == 1 && vty::permit(cover.front()) == entry);
      }
    }
  }
  vty::has_own_lines(text);
  VIPHERD_ASSERT(!vty::vrfs_with_own_lines(text).contains(""));
  VIPHERD_ASSERT(!vty::first_words(text).empty());
}

void check_holdings(std::string_view text) {
  for (const char* address : {"10.10.10.10", "2001:db8:10::10"}) {
    const auto vip = *IpAddress::parse(address);
    for (const vty::Holding& holding :
         {vty::parse_bgp_path(text, vip), vty::parse_ospf_lsa(text, vip)}) {
      const bool explained = holding.state == vty::Holding::State::unknown ||
                             holding.state == vty::Holding::State::blocked;
      VIPHERD_ASSERT(explained == !holding.detail.empty());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_parsers(text);
  check_configuration(text);
  check_holdings(text);
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
