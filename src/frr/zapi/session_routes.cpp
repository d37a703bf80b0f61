#include <utility>

#include "frr/zapi/session_steps.hpp"

namespace vipherd::frr::zapi {
namespace {

namespace event = model::event;

/// zebra needs a moment to remove what an earlier session left. Told at once that no restart is to
/// be feared any more, it would leave that out.
constexpr Duration kStaleRemoval = std::chrono::seconds(1);

/// The default one, and all others that zebra knows: also those that are not used any more, for an
/// earlier run may have used them.
std::vector<std::uint32_t> all_vrfs(const SessionState& state) {
  std::vector<std::uint32_t> vrfs{wire::zapi::kDefaultVrf};
  for (const auto& [name, number] : state.vrf_ids) vrfs.push_back(number);
  return vrfs;
}

void begin_telling_again(const SessionState& state, std::uint32_t vrf, wire::zapi::Bytes& bytes) {
  wire::zapi::encode_restart_arm(bytes, state.dialect, model::kHandOverValid, vrf);
  wire::zapi::encode_restart_pending(bytes, state.dialect, vrf);
}

/// What is wanted in a VRF, once zebra knows it.
SessionEffects tell_all_in(const SessionState& state, const std::string& name, std::uint32_t vrf) {
  wire::zapi::Bytes bytes;
  if (state.resuming) begin_telling_again(state, vrf, bytes);
  for (const auto& [vip, route] : state.elsewhere) {
    if (model::vrf_of(state.vrfs, vip) != name) continue;
    wire::zapi::encode_route_add(bytes, state.dialect, state.route_type, vip, route, vrf);
  }
  return bytes.empty() ? SessionEffects{} : SessionEffects{effect::Send{std::move(bytes)}};
}

/// zebra tells of the VRF's end, but not of its routes'.
SessionEffects lose_all_in(const SessionState& state, const std::string& name) {
  SessionEffects effects;
  for (const auto& [vip, route] : state.elsewhere) {
    if (model::vrf_of(state.vrfs, vip) != name) continue;
    effects.push_back(
        effect::Emit{event::RouteStatus{state.session, vip, model::RouteOutcome::removed}});
    effects.push_back(effect::Emit{without_vrf(state, vip)});
  }
  return effects;
}

/// Keeps what is wanted of a VIP now, nullopt that its route is to go. Answers zebra's number of
/// the VRF in which zebra is to be told so; none while zebra does not know that VRF.
std::optional<std::uint32_t> want(SessionState& state, const IpAddress& vip, const std::string& vrf,
                                  const std::optional<model::RouteAttributes>& route) {
  model::keep_vrf(state.vrfs, vip, vrf);
  if (!vrf.empty()) {
    if (route) {
      state.elsewhere.insert_or_assign(vip, *route);
    } else {
      state.elsewhere.erase(vip);
    }
  }
  return find_vrf(state, vip);
}

/// Of thousands of changes zebra works on the first while the last are queued.
SessionEffects flush_much(SessionState& state) {
  constexpr std::size_t kMuch = 16384;  // some 400 routes
  return state.queued.size() < kMuch ? SessionEffects{} : flush(state);
}

}  // namespace

std::optional<std::uint32_t> find_vrf(const SessionState& state, const IpAddress& vip) {
  const std::string& name = model::vrf_of(state.vrfs, vip);
  if (name.empty()) return wire::zapi::kDefaultVrf;
  const auto found = state.vrf_ids.find(name);
  return found == state.vrf_ids.end() ? std::nullopt : std::optional(found->second);
}

model::event::RouteInspected without_vrf(const SessionState& state, const IpAddress& vip) {
  if (!state.elsewhere.contains(vip)) {
    return {state.session, vip, model::RibState::absent, ""};
  }
  return {state.session, vip, model::RibState::not_selected,
          wire::vty::unknown_vrf(model::vrf_of(state.vrfs, vip))};
}

bool is_about_vrf(const SessionState& state, const wire::zapi::Message& message) {
  return message.command == state.dialect.vrf_add || message.command == state.dialect.vrf_delete;
}

SessionEffects on_vrf(SessionState& state, const wire::zapi::Message& message) {
  const auto told = wire::zapi::decode_vrf_name(message.body);
  if (!told || message.vrf == wire::zapi::kDefaultVrf) return {};
  const std::string& name = *told;
  const auto known = state.vrf_ids.find(name);
  const bool same = known != state.vrf_ids.end() && known->second == message.vrf;
  if (message.command == state.dialect.vrf_delete) {
    if (!same) return {};
    state.vrf_ids.erase(known);
    return state.established() ? lose_all_in(state, name) : SessionEffects{};
  }
  if (same) return {};
  state.vrf_ids[name] = message.vrf;
  return state.established() ? tell_all_in(state, name, message.vrf) : SessionEffects{};
}

SessionEffects announce(SessionState& state, const input::Announce& announcement) {
  const auto& [vip, vrf, route] = announcement;
  const auto number = want(state, vip, vrf, route);
  if (!number) return {effect::Emit{without_vrf(state, vip)}};
  wire::zapi::encode_route_add(state.queued, state.dialect, state.route_type, vip, route, *number);
  return flush_much(state);
}

SessionEffects withdraw(SessionState& state, const input::Withdraw& withdrawal) {
  const auto number = want(state, withdrawal.vip, withdrawal.vrf, std::nullopt);
  // Without its VRF it is gone already, and a question about it is answered so.
  if (!number) return {};
  wire::zapi::encode_route_delete(state.queued, state.dialect, state.route_type, withdrawal.vip,
                                  *number);
  return flush_much(state);
}

SessionEffects flush(SessionState& state) {
  if (state.queued.empty()) return {};
  return {effect::Send{std::exchange(state.queued, {})}};
}

void append_restart(const SessionState& state, wire::zapi::Bytes& out) {
  for (const std::uint32_t vrf : all_vrfs(state)) begin_telling_again(state, vrf, out);
}

/// What zebra kept of the predecessor and was not told again goes.
SessionEffects complete(SessionState& state) {
  if (!std::exchange(state.resuming, false)) return flush(state);
  for (const std::uint32_t vrf : all_vrfs(state)) {
    wire::zapi::encode_restart_complete(state.queued, state.dialect, vrf);
  }
  SessionEffects effects = flush(state);
  effects.push_back(effect::AwaitStaleRemoval{kStaleRemoval});
  return effects;
}

SessionEffects end_all_with_the_session(SessionState& state) {
  for (const std::uint32_t vrf : all_vrfs(state)) {
    wire::zapi::encode_restart_disable(state.queued, state.dialect, vrf);
  }
  return flush(state);
}

/// Zebra drops what it has not read when a client goes, and would then withdraw everything: so
/// the session lasts until the barrier behind it is answered.
SessionEffects hand_over(SessionState& state) {
  state.step = SessionState::Step::leaving;
  for (const std::uint32_t vrf : all_vrfs(state)) {
    wire::zapi::encode_restart_arm(state.queued, state.dialect, model::kHandOverValid, vrf);
  }
  wire::zapi::encode_barrier(state.queued);
  ++state.barriers;
  return {effect::ArmDeadline{kBarrierDeadline}, effect::Send{std::exchange(state.queued, {})}};
}

}  // namespace vipherd::frr::zapi
