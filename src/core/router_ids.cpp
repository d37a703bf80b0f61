#include "core/router_ids.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"

namespace vipherd::core {
namespace {

using namespace model;

bool is_vip(const State& state, const std::string& vrf, const IpAddress& id) {
  return std::ranges::any_of(state.config->services, [&](const ServiceConfig& service) {
    return service.vrf == vrf && std::ranges::find(service.vips, id) != service.vips.end();
  });
}

/// What to write, and what makes the daemon take it.
std::string remedy_for(const std::string& daemon, const std::string& vrf) {
  const std::string in_vrf = vrf.empty() ? "" : " vrf " + vrf;
  std::string own;
  if (daemon == "bgpd") {
    own = "`bgp router-id A.B.C.D` under `router bgp …" + in_vrf + "`";
  } else if (daemon == "ospfd") {
    own = "`ospf router-id A.B.C.D` under `router ospf" + in_vrf +
          "` and `clear ip ospf process` or a restart";
  } else {
    own = "`ospf6 router-id A.B.C.D` under `router ospf6" + in_vrf +
          "` and `clear ipv6 ospf6 process" + in_vrf + "` or a restart";
  }
  return "give each node one of its own: " + own + " (or `ip router-id A.B.C.D" + in_vrf +
         "` in zebra, for all daemons that have none configured)";
}

/// What is wrong with it, and why that matters. Both empty: nothing that is known.
std::pair<std::string, std::string> find_error(const State& state, const std::string& vrf,
                                               const std::string& daemon, const RouterId& id) {
  const std::string subject =
      daemon + "'s router id " + id.id.to_string() + (vrf.empty() ? "" : " in VRF " + vrf);
  if (is_vip(state, vrf, id.id)) {
    return {
        subject + " is a VIP",
        "it may change as the VIP comes and goes, and other nodes that have the VIP may have it "
        "too; "};
  }
  if (!id.shared.empty()) {
    return {subject + " is used by another router, too",
            id.shared + "; the two count as one, and each one's routes replace the other's; "};
  }
  return {};
}

void compare(Turn& turn, const std::string& vrf, RouterIdState& known) {
  const RouterId* id = known.seen.value();
  auto [error, remedy] = find_error(turn.state, vrf, known.seen.source(), *id);
  if (!error.empty()) remedy += remedy_for(known.seen.source(), vrf);
  if (error != known.error) {
    if (!known.error.empty()) {
      turn.note(LogLevel::info, "no longer so: " + known.error);
    }
    if (!error.empty()) turn.note(LogLevel::error, error + ": " + remedy);
  }
  known.error = std::move(error);
  known.remedy = std::move(remedy);
}

}  // namespace

void take_router_ids(Turn& turn, const event::Observed& observed) {
  State& state = turn.state;
  const auto vip = state.vips.find(observed.vip);
  if (vip == state.vips.end()) return;
  const auto service = state.services.find(vip->second.service);
  if (service == state.services.end()) return;
  const std::string& vrf = service->second.config->vrf;
  for (const SeenReach& reach : observed.reach) {
    if (reach.value() == nullptr || !reach.value()->router_id) continue;
    const Seen<RouterId> seen(reach.source(), reach.at(), *reach.value()->router_id);
    const auto [known, first] =
        state.router_ids.try_emplace({vrf, reach.source()}, RouterIdState{seen});
    // All VIPs of a daemon have the same answer.
    if (!first && known->second.seen == seen) continue;
    known->second.seen = seen;
    compare(turn, vrf, known->second);
  }
}

void compare_router_ids(Turn& turn) {
  State& state = turn.state;
  for (auto entry = state.router_ids.begin(); entry != state.router_ids.end();) {
    auto& [key, known] = *entry;
    if (turn.now <= known.seen.at() + kRouterIdValid) {
      compare(turn, key.first, known);
      ++entry;
      continue;
    }
    if (!known.error.empty()) {
      turn.note(LogLevel::info, "no longer known whether " + known.error);
    }
    entry = state.router_ids.erase(entry);
  }
}

}  // namespace vipherd::core
