// What the relay needs: its key, and what firewall there is. What MPTCP needs, of the same host.
#include <sys/stat.h>

#include "doctor/look/parts.hpp"

namespace vipherd::doctor {

RelayFacts look_at_relay(const model::RelayConfig& relay, const Result<UnitFacts>& unit) {
  RelayFacts facts;
  facts.nftables = output_of("nft --json list ruleset");
  if (relay.key_file.empty()) return facts;
  // Without a unit it is not known who runs the agent: then the file has to be there, no more.
  facts.key = may_read(unit ? *unit : UnitFacts{}, relay.key_file);
  struct stat file {};
  if (stat(relay.key_file.c_str(), &file) == 0) facts.key_mode = file.st_mode;
  return facts;
}

MptcpFacts look_at_mptcp() {
  return {.endpoints = output_of("ip -json mptcp endpoint show"),
          .limits = output_of("ip -json mptcp limits show"),
          .rules_v4 = output_of("ip -json -4 rule show"),
          .rules_v6 = output_of("ip -json -6 rule show")};
}

}  // namespace vipherd::doctor
