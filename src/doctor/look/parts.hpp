// The parts of look(), one file each. None of them fails: what cannot be read is a fact.
#pragma once

#include "vipherd/doctor/look.hpp"

namespace vipherd::doctor {

KernelFacts look_at_kernel();
Result<std::vector<Listener>> look_at_sockets();
FrrFacts look_at_frr(const LookAt& what);
/// The sockets of FRR that the unit's user may not open, "PATH (frr:frr, 0700)"; none of root's.
std::vector<std::string> closed_to(const UnitFacts& unit, const model::FrrConfig& frr);
ManagerFacts look_at_manager_files();
AgentFacts look_at_agent(const model::ApiConfig& api);
Result<UnitFacts> look_at_agents_unit();
RelayFacts look_at_relay(const model::RelayConfig& relay, const Result<UnitFacts>& unit,
                         Result<model::RelayStatus> status);
MptcpFacts look_at_mptcp();
/// What the command prints, as one string and bounded in time and size; if it fails, that is why.
Output output_of(const std::string& command);
/// Why the unit's user cannot read the file, as a sentence; nullopt: it can, or is root. Fails if
/// this user cannot look.
Result<std::optional<std::string>> why_unreadable(const UnitFacts& unit, const std::string& path);
/// Whether systemd has the unit running; without systemd nothing of its is.
Result<bool> is_running(const std::string& unit);

/// So much of a file is read.
inline constexpr std::size_t kMostOfFile = std::size_t{32} << 20;

}  // namespace vipherd::doctor
