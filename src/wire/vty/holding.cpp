// Questions about a VIP to bgpd, ospfd and ospf6d, and their answers.
#include "vipherd/wire/vty/config.hpp"
#include "vipherd/wire/vty/vty.hpp"
#include "wire/vty/text.hpp"

namespace vipherd::wire::vty {
namespace {

using nlohmann::json;
using State = Holding::State;

constexpr std::int64_t kFlushedAge = 3600;  // RFC 2328: an LSA of this age is being flushed

std::string prefix_of(const IpAddress& vip) { return IpPrefix{vip, vip.host_length()}.to_string(); }

bool is_text(const json& object, const char* key, std::string_view wanted) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() &&
         found->get_ref<const std::string&>() == wanted;
}

bool is_flushed(const json& lsa, const char* key) {
  const auto age = lsa.find(key);
  return age != lsa.end() && age->is_number_integer() && age->get<std::int64_t>() >= kFlushedAge;
}

Holding not_understood(std::string_view daemon) {
  return {State::unknown, std::string(daemon) + "'s answer was not understood"};
}

/// The path of a `network` statement, among those learned and redistributed.
bool is_network_path(const json& path) {
  return path.is_object() && flag(path, "sourced") && is_text(path, "origin", "IGP");
}

Holding evaluate_path(const json& path, const IpAddress& vip, const std::string& vrf) {
  if (!flag(path, "valid")) {
    return {State::blocked,
            "bgpd has the network statement, but zebra has no route to " + prefix_of(vip) +
                " (import check): it has to be an address on " + (vrf.empty() ? "lo" : vrf),
            /*without_effect=*/true};
  }
  const auto best = path.find("bestpath");
  const bool selected = best != path.end() && best->is_object() && flag(*best, "overall");
  if (selected) return {State::held, ""};
  return {State::blocked, "bgpd has not selected the path of the network statement"};
}

Holding find_in_ospf(const json& answer, const IpAddress& vip) {
  const json& document = within_vrf(answer);
  const auto list = document.find("asExternalLinkStates");
  if (list == document.end() || !list->is_array()) return not_understood("ospfd");
  for (const json& lsa : *list) {
    if (lsa.is_object() && is_text(lsa, "linkStateId", vip.to_string()) &&
        !is_flushed(lsa, "lsaAge")) {
      return {State::held, ""};
    }
  }
  return {State::absent, ""};
}

Holding find_in_ospf6(const json& document, const IpAddress& vip) {
  bool understood = false;
  for (const char* scope : {"areaScopedLinkStateDb", "asScopedLinkStateDb"}) {
    const auto areas = document.find(scope);
    if (areas == document.end() || !areas->is_array()) continue;
    understood = true;
    for (const json& area : *areas) {
      if (!area.is_object()) continue;
      const auto lsas = area.find("lsa");
      if (lsas == area.end() || !lsas->is_array()) continue;
      for (const json& lsa : *lsas) {
        if (lsa.is_object() && is_text(lsa, "payload", prefix_of(vip)) && !is_flushed(lsa, "age")) {
          return {State::held, ""};
        }
      }
    }
  }
  return understood ? Holding{State::absent, ""} : not_understood("ospf6d");
}

}  // namespace

std::string show_bgp_command(const IpAddress& vip, const std::string& vrf) {
  return "show bgp" + in_vrf(vrf) + (vip.is_v4() ? " ipv4" : " ipv6") + " unicast " +
         prefix_of(vip) + " json";
}

Holding parse_bgp_path(std::string_view answer, const IpAddress& vip, const std::string& vrf) {
  const json document = json::parse(answer, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return not_understood("bgpd");
  const auto paths = document.find("paths");
  if (paths == document.end()) return {State::absent, ""};
  if (!paths->is_array()) return not_understood("bgpd");
  for (const json& path : *paths) {
    if (is_network_path(path)) return evaluate_path(path, vip, vrf);
  }
  return {State::absent, ""};
}

std::string show_ospf_command(const IpAddress& vip, const std::string& vrf) {
  return "show ip ospf" + in_vrf(vrf) + " database external " + vip.to_string() +
         " self-originate json";
}

std::string show_ospf6_command(bool advertises, const std::string& vrf) {
  return "show ipv6 ospf6" + in_vrf(vrf) + " database " +
         (advertises ? "intra-prefix" : "as-external") + " self-originated json";
}

Holding parse_ospf_lsa(std::string_view answer, const IpAddress& vip) {
  const json document = json::parse(answer, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return not_understood(vip.is_v4() ? "ospfd" : "ospf6d");
  return vip.is_v4() ? find_in_ospf(document, vip) : find_in_ospf6(document, vip);
}

}  // namespace vipherd::wire::vty
