// What nft and ip print, as the doctor reads it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "doctor/read/mptcp.hpp"
#include "doctor/read/nftables.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(vipherd::doctor::closed_to_port(text, vipherd::Family::ipv4, 6512));
  static_cast<void>(vipherd::doctor::read_signalled(text));
  static_cast<void>(vipherd::doctor::read_most_subflows(text));
  static_cast<void>(vipherd::doctor::read_rule_sources(text));
  return 0;
}
