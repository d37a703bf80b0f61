#include <utility>

#include "frr/zapi/session_steps.hpp"

namespace vipherd::frr::zapi {
namespace {

namespace event = model::event;

/// zebra.vty is answered by the loop that also reads our messages, but not after them. So every
/// question waits for a barrier; those that come meanwhile share the next one.
SessionEffects raise_barrier(SessionState& state) {
  state.before_barrier = std::exchange(state.after_barrier, {});
  ++state.barriers;
  wire::zapi::Bytes bytes;
  wire::zapi::encode_barrier(bytes);
  return {effect::ArmDeadline{kBarrierDeadline}, effect::Send{std::move(bytes)}};
}

}  // namespace

SessionEffects inspect(SessionState& state, const IpAddress& vip, const std::string& vrf) {
  model::keep_vrf(state.vrfs, vip, vrf);
  SessionEffects effects = flush(state);
  if (!find_vrf(state, vip)) {
    effects.push_back(effect::Emit{without_vrf(state, vip)});
    return effects;
  }
  state.after_barrier.insert(vip);
  if (!state.before_barrier.empty()) return effects;
  for (SessionEffect& effect : raise_barrier(state)) effects.push_back(std::move(effect));
  return effects;
}

SessionEffects on_barrier(SessionState& state) {
  // An answer to one that was given up says nothing of what was sent after it.
  if (state.barriers == 0 || --state.barriers > 0) return {};
  SessionEffects effects{effect::ArmDeadline{kSettled}};
  for (const IpAddress& vip : std::exchange(state.before_barrier, {})) {
    effects.push_back(effect::AskRib{vip, model::vrf_of(state.vrfs, vip)});
  }
  if (state.after_barrier.empty()) return effects;
  for (SessionEffect& effect : raise_barrier(state)) effects.push_back(std::move(effect));
  return effects;
}

SessionEffects on_session_deadline(SessionState& state) {
  state.attempts = 0;
  SessionEffects effects;
  state.before_barrier.merge(state.after_barrier);
  for (const IpAddress& vip : std::exchange(state.before_barrier, {})) {
    effects.push_back(effect::Emit{
        event::RouteInspected{state.session, vip, model::RibState::unknown,
                              "zebra did not answer within " + format_duration(kBarrierDeadline)}});
  }
  state.after_barrier.clear();
  return effects;
}

}  // namespace vipherd::frr::zapi
