#include "core/surroundings.hpp"

#include <algorithm>
#include <utility>

namespace vipherd::core {
namespace {

using namespace model;

std::string refusal(const IpAddress& vip, const std::string& what) {
  return "VIP " + vip.to_string() + " is " + what + ": it is neither attached nor announced";
}

std::string describe(const Neighbourhood& taken) {
  switch (taken.kind) {
    case Neighbourhood::Kind::own:
      return "this node's own address on " + taken.interface;
    case Neighbourhood::Kind::gateway:
      return "the address of this node's gateway";
  }
  return "";
}

/// "192.168.1.0/24"
std::string subnet_of(const IpPrefix& with_host_bits) {
  std::vector<std::uint8_t> bytes(with_host_bits.address.bytes().begin(),
                                  with_host_bits.address.bytes().end());
  for (std::size_t bit = with_host_bits.length; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] & ~(0x80U >> bit % 8));
  }
  return IpPrefix{IpAddress::from_bytes(bytes), with_host_bits.length}.to_string();
}

/// Empty if nothing is known against it.
std::string find_refusal(const SurroundingsState& known, const IpAddress& vip,
                         const std::string& vrf) {
  for (const Neighbourhood& taken : known.all) {
    if (taken.vrf == vrf && taken.prefix.address == vip) return refusal(vip, describe(taken));
  }
  const auto peers = known.bgp_peers.find(vrf);
  if (peers == known.bgp_peers.end() || !peers->second.contains(vip)) return {};
  return refusal(vip, "the address of a BGP peer of this node");
}

std::string find_doubt(const SurroundingsState& known, const IpAddress& vip,
                       const std::string& vrf) {
  for (const Neighbourhood& taken : known.all) {
    const bool subnet =
        taken.kind == Neighbourhood::Kind::own && !taken.prefix.is_host_route() && taken.vrf == vrf;
    if (!subnet || !taken.prefix.contains(vip)) continue;
    return "VIP " + vip.to_string() + " lies in " + subnet_of(taken.prefix) + ", the subnet of " +
           taken.interface + ": hosts there look for it among themselves instead of following " +
           "the routes to it";
  }
  return {};
}

void tell_new(Turn& turn, const std::map<IpAddress, std::string>& before,
              const std::map<IpAddress, std::string>& after, LogLevel level) {
  for (const auto& [vip, text] : after) {
    const auto found = before.find(vip);
    if (found == before.end() || found->second != text) turn.note(level, text);
  }
}

}  // namespace

bool compare_surroundings(Turn& turn) {
  if (turn.state.config == nullptr) return false;
  SurroundingsState& known = turn.state.surroundings;
  std::map<IpAddress, std::string> refused;
  std::map<IpAddress, std::string> doubtful;
  for (const ServiceConfig& service : turn.state.config->services) {
    for (const IpAddress& vip : service.vips) {
      if (std::string why = find_refusal(known, vip, service.vrf); !why.empty()) {
        refused.emplace(vip, std::move(why));
      } else if (std::string doubt = find_doubt(known, vip, service.vrf); !doubt.empty()) {
        doubtful.emplace(vip, std::move(doubt));
      }
    }
  }
  tell_new(turn, known.refused, refused, LogLevel::error);
  tell_new(turn, known.doubtful, doubtful, LogLevel::warning);
  known.doubtful = std::move(doubtful);
  return std::exchange(known.refused, refused) != refused;
}

bool take_bgp_peers(State& state, const event::Observed& observed) {
  const auto vip = state.vips.find(observed.vip);
  if (vip == state.vips.end()) return false;
  const auto service = state.services.find(vip->second.service);
  if (service == state.services.end()) return false;
  std::set<IpAddress> peers;
  for (const SeenReach& seen : observed.reach) {
    if (const Reach* reach = seen.value()) peers.insert(reach->peers.begin(), reach->peers.end());
  }
  // A daemon that does not answer has not lost its peers.
  if (peers.empty()) return false;
  std::set<IpAddress>& known = state.surroundings.bgp_peers[service->second.config->vrf];
  return std::exchange(known, peers) != peers;
}

const std::string* refusal_of(const State& state, const IpAddress& vip) {
  const auto found = state.surroundings.refused.find(vip);
  return found == state.surroundings.refused.end() ? nullptr : &found->second;
}

}  // namespace vipherd::core
