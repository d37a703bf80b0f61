// What the parts of the machine of one VTY socket share. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "frr/vty/machine.hpp"
#include "vipherd/wire/vty/vty.hpp"

namespace vipherd::frr::vty {

/// "bgpd", "ospfd in VRF blue".
std::string name_of(const State& state);
/// Hangs up, and tries again after a backoff.
Effects retry(State& state, const std::string& reason);
Effects send(State& state, State::Step step, std::vector<std::string> commands);
Effects read_again(State& state);
/// What is to be done next in a connection that is ready and waits for nothing.
Effects go_on(State& state, const DesiredRoutes& desired);
/// Nothing if it is to go, or is of another instance.
const model::RouteAttributes* desired_route(const State& state, const DesiredRoutes& desired,
                                            const IpAddress& vip);

// writing.cpp: what is written next, and what came of it.
/// What bgpd is to be told next; nothing if it holds all that is wanted.
std::optional<Effects> write_networks(State& state, const DesiredRoutes& desired);
/// Nothing if no VIP's entry may differ from what is wanted.
std::optional<Effects> write_lists(State& state);
Effects change_lists(State& state, const DesiredRoutes& desired);
Effects on_written(State& state, const std::vector<Answer>& answers, const DesiredRoutes& desired);
/// What bgpd makes of the route-maps that it was just given.
void take_written_maps(State& state);
/// Marks all that bgpd holds and that is not as it is wanted, or lacks.
void compare_networks(State& state, const DesiredRoutes& desired);
/// What was refused once may be taken now.
void try_again(State& state, const DesiredRoutes& desired, const IpAddress& vip);

// asking.cpp: what the daemon makes of what was written.
std::optional<Effects> ask(State& state);
/// Until the next look at what was written and not proven yet.
Duration next_look(const State& state);
Effects on_found(State& state, const std::vector<Answer>& answers, const DesiredRoutes& desired);

}  // namespace vipherd::frr::vty
