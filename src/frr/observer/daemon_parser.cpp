#include "frr/observer/daemon_parser.hpp"

#include <algorithm>

#include "vipherd/base/join.hpp"

namespace vipherd::frr {

std::unique_ptr<DaemonParser> make_daemon_parser(model::Protocol protocol, Family family,
                                                 const model::FrrConfig& config,
                                                 const std::string& vrf) {
  switch (protocol) {
    case model::Protocol::bgp:
      return make_bgpd_parser(config, vrf);
    case model::Protocol::ospf:
      return family == Family::ipv4 ? make_ospfd_parser(config, vrf)
                                    : make_ospf6d_parser(config, vrf);
  }
  __builtin_unreachable();
}

std::string list_some(std::span<const std::string> words) {
  constexpr std::size_t kMost = 5;
  std::string text = join(words.first(std::min(words.size(), kMost)));
  if (words.size() > kMost) text += " and " + std::to_string(words.size() - kMost) + " more";
  return text;
}

}  // namespace vipherd::frr
