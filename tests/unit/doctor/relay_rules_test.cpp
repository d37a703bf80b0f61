// The rules about the relay.
#include "unit/doctor/wrong_facts.hpp"

namespace vipherd::doctor {
namespace {

using enum Certainty;

/// A node with which nothing is wrong, and that has a relay.
Facts good_node_with_relay() {
  Facts facts = good_node();
  facts.kernel.release = told("6.1.0-28-amd64");
  facts.config->relay =
      model::RelayConfig{.siblings = {address("192.168.100.2"), address("192.168.100.3")}};
  facts.agent.systemd = true;
  facts.agent.unit->load_state = "loaded";
  facts.agent.unit->user = "frr";
  facts.agent.unit->ambient_capabilities = (1ULL << 38) | (1ULL << 39);
  model::RelayStatus status;
  for (const char* sibling : {"192.168.100.3", "192.168.100.4", "2001:db8:100::3"}) {
    status.siblings.push_back({sibling, {model::SiblingState::alive, {}, "it hears this node"}});
  }
  facts.relay.status = status;
  return facts;
}

/// A firewall that drops what no rule accepts; `rule` is JSON.
Output firewall(const std::string& rule) {
  return std::optional<std::string>(
      R"({"nftables": [{"chain": {"family": "inet", "table": "filter", "name": "input",)"
      R"( "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}},)"
      R"( {"rule": {"family": "inet", "table": "filter", "chain": "input", "expr": [)" +
      rule + "]}}]}");
}

void silence(Facts& facts, std::size_t sibling, std::string_view why = model::kNoHeartbeat) {
  facts.relay.status->siblings[sibling].state = {model::SiblingState::silent, {}, std::string(why)};
}

TEST(DoctorRelay, IsWrong) {
  const auto relay = [](Facts& facts) -> model::RelayConfig& { return *facts.config->relay; };
  expect_found(
      good_node_with_relay(),
      {{"all is well", [](Facts&) {}},
       {"none configured",
        [](Facts& facts) {
          facts.config->relay.reset();
          facts.agent.unit->ambient_capabilities = 0;
        }},
       {"an old kernel",
        [](Facts& facts) { facts.kernel.release = told("5.10.0-30-amd64"); },
        {"relay-kernel"}},
       {"no rights",
        [](Facts& facts) { facts.agent.unit->ambient_capabilities = 0; },
        {"relay-rights"},
        looked_up,
        "vipherd.service, user frr, is without CAP_BPF and CAP_PERFMON"},
       {"CAP_PERFMON is not missed by a newer kernel",
        [](Facts& facts) {
          facts.kernel.release = told("6.12.0");
          facts.agent.unit->ambient_capabilities = 1ULL << 39;
        }},
       {"no own address",
        [&](Facts& facts) { relay(facts).siblings = {address("192.168.100.3")}; },
        {"relay-own-address"},
        looked_up,
        "none of relay.siblings is an address of this node"},
       {"two own addresses",
        [&](Facts& facts) {
          interface_of(facts, "eth1").addresses.push_back(on_interface("192.168.100.3/24"));
        },
        {"relay-own-address"},
        looked_up,
        "192.168.100.2 and 192.168.100.3 are both addresses of this node"},
       {"no such interface",
        [&](Facts& facts) { relay(facts).interfaces = {"eth7"}; },
        {"relay-interface"},
        looked_up,
        "there is no interface eth7"},
       {"an interface that is down",
        [&](Facts& facts) {
          relay(facts).interfaces = {"eth1", "eth8"};
          facts.kernel.interfaces->push_back({.name = "eth8"});
        },
        {"relay-interface"},
        looked_up,
        "eth8 is down"},
       {"a build without it", [](Facts& facts) { facts.relay.built_in = false; }, {"relay-build"}},
       {"a key that the agent cannot read",
        [&](Facts& facts) {
          relay(facts).key_file = "/etc/vipherd/relay.key";
          facts.relay.key = std::optional<std::string>(
              "user frr may not read /etc/vipherd/relay.key (root:root, 0600)");
        },
        {"relay-key"}},
       {"a relay that does not work",
        [](Facts& facts) {
          facts.relay.status->state = {model::RelayState::failed, {}, "port 6512 is in use"};
          facts.relay.status->siblings.clear();
        },
        {"relay-state"},
        looked_up,
        "port 6512 is in use"},
       {"a key that all can read",
        [&](Facts& facts) {
          relay(facts).key_file = "/etc/vipherd/relay key";
          facts.relay.key_mode = 0100644;
        },
        {"relay-key-mode"}},
       {"a silent sibling: the other one's heartbeats come in, whatever the firewall",
        [](Facts& facts) {
          silence(facts, 0);
          facts.relay.nftables = firewall(R"({"match": {"right": 22}}, {"accept": null})");
        },
        {"relay-sibling"},
        looked_up,
        "192.168.100.3 is silent: no heartbeat from it"},
       {"siblings that do not hear this node",
        [](Facts& facts) {
          silence(facts, 0, "it is heard, but does not hear this node");
          silence(facts, 1, "it is heard, but does not hear this node");
          facts.relay.nftables = firewall(R"({"match": {"right": 22}}, {"accept": null})");
        },
        {"relay-sibling", "relay-sibling"}},
       {"no sibling heard, and a firewall that is open for them",
        [](Facts& facts) {
          silence(facts, 2);
          facts.relay.nftables = firewall(R"({"match": {"right": 6512}}, {"accept": null})");
        },
        {"relay-sibling"}},
       {"a small MTU",
        [&](Facts& facts) {
          Interface& uplink = interface_of(facts, "eth1");
          uplink.mtu = 1300;
          uplink.addresses.push_back(on_interface("2001:db8:100::2/64"));
          relay(facts).siblings.push_back(address("2001:db8:100::2"));
        },
        {"relay-mtu"},
        looked_up,
        "eth1 has an MTU of 1300"}});
}

TEST(DoctorRelay, MayBeKeptByAFirewall) {
  Facts unheard = good_node_with_relay();
  silence(unheard, 2);
  expect_found(unheard,
               {{"a firewall",
                 [](Facts& facts) {
                   facts.relay.nftables = firewall(R"({"match": {"right": 22}}, {"accept": null})");
                 },
                 {"relay-firewall"},
                 Certainty::likely,
                 "chain input of table inet filter drops what no rule accepts, and none names "
                 "port 6512 of UDP"},
                {"what cannot be asked",
                 [](Facts& facts) { facts.relay.nftables = fail("nft: Operation not permitted"); },
                 {"relay-firewall"},
                 Certainty::cannot_tell,
                 "nft: Operation not permitted"}});
  Facts agent_is_down = good_node_with_relay();
  agent_is_down.relay.status = fail("no agent answers");
  agent_is_down.relay.key = fail("cannot read /etc/vipherd/relay.key: Permission denied");
  agent_is_down.config->relay->key_file = "/etc/vipherd/relay.key";
  agent_is_down.relay.nftables = firewall(R"({"match": {"right": 22}}, {"accept": null})");
  std::vector<std::string_view> found;
  for (const Finding& finding : examine(agent_is_down).findings) {
    if (!finding.rule->id.starts_with("relay")) continue;
    found.push_back(finding.rule->id);
    EXPECT_EQ(finding.certainty, Certainty::cannot_tell);
  }
  EXPECT_THAT(found, testing::ElementsAre("relay-key", "relay-sibling", "relay-firewall"));
}

}  // namespace
}  // namespace vipherd::doctor
