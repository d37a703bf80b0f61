// The last one standing: what the other nodes announce decides whether this one may go. Reads what
// the protocols' daemons told; decides on the safe side where they cannot tell.
#pragma once

#include <optional>
#include <string>

#include "core/state.hpp"
#include "vipherd/model/scope.hpp"

namespace vipherd::core {

/// How many other nodes announce the VIP, as far as any protocol shows them; nullopt: unknown, or
/// known only from too long ago.
std::optional<std::uint32_t> other_announcers(const VipState& vip, TimePoint now);

/// Whether a VIP whose service is down is to be announced all the same.
bool holds_when_all_down(const ServiceState& service, const VipState& vip, TimePoint now);

/// What is held stays so until then, unless the daemons confirm that no other node announces it.
TimePoint held_until(const VipState& vip);

/// Others matter for it although it is not announced itself.
bool needs_others(const State& state, const VipState& vip);

/// Why a drain of this scope is refused unless forced; empty: it is not.
std::string drain_objection(const State& state, const model::Scope& scope, TimePoint now);

/// Whether a VIP of the service is in the scope of a command.
bool concerns(const model::Scope& scope, const std::string& service, const IpAddress& vip);

}  // namespace vipherd::core
