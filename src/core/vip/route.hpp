// The route of one VIP in FRR: announced while it is wanted and local, withdrawn otherwise, each
// change confirmed. The only file that asks for Announce and Withdraw, so that their order and
// their distance in time have one owner.
#pragma once

#include <string>

#include "core/turn.hpp"

namespace vipherd::core {

/// Takes the next step of the announcement or the withdrawal, if it is due.
void drive_route(Turn& turn, const IpAddress& address, VipState& vip);

/// One VIP, one change per min_change_interval.
TimePoint change_allowed_at(const State& state, const VipState& vip);
/// It is wanted, and nothing but time keeps it from being announced.
bool is_to_be_announced(const VipState& vip);
/// The same once more, for daemons that missed it.
void announce_again(Turn& turn, const IpAddress& address, VipState& vip);
/// A predecessor that handed over may have announced what it left attached.
void inherit_route(const SpeakerState& speaker, VipState& vip);

void apply_route_outcome(Turn& turn, const IpAddress& address, VipState& vip,
                         model::RouteOutcome outcome, const model::VipsConfig& config);
void apply_inspection(Turn& turn, const IpAddress& address, VipState& vip,
                      const model::event::RouteInspected& inspected,
                      const model::VipsConfig& config);
/// `resumed`: what a predecessor announced is announced still.
void on_session_began(Turn& turn, const IpAddress& address, VipState& vip, bool resumed);
/// Every announcement is gone with the session.
void on_session_lost(VipState& vip, const std::string& reason, const model::VipsConfig& config,
                     TimePoint now);

}  // namespace vipherd::core
