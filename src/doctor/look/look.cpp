#include "vipherd/doctor/look.hpp"

#include "doctor/look/parts.hpp"

namespace vipherd::doctor {

Facts look(LookAt what) {
  Facts facts;
  facts.kernel = look_at_kernel();
  facts.frr = look_at_frr(what);
  facts.managers = look_at_manager_files();
  if (what.role == Role::node) {
    facts.listeners = look_at_sockets();
    facts.agent = look_at_agent(what.api);
    if (facts.agent.unit) facts.frr.closed = closed_to(*facts.agent.unit, what.frr);
    if (what.config && what.config->relay) {
      facts.relay = look_at_relay(*what.config->relay, facts.agent.unit, std::move(what.relay));
      facts.relay.built_in = what.relay_built_in;
    }
    facts.mptcp = look_at_mptcp();
  }
  facts.host = std::move(what.host);
  facts.role = what.role;
  facts.config = std::move(what.config);
  facts.config_errors = std::move(what.config_errors);
  facts.frr_config = std::move(what.frr);
  return facts;
}

}  // namespace vipherd::doctor
