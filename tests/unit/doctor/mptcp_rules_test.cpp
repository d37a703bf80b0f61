// The rules about MPTCP.
#include "unit/doctor/wrong_facts.hpp"

namespace vipherd::doctor {
namespace {

using enum Certainty;

/// Two uplinks, each with an address that is signalled and has a rule.
Facts good_node_with_mptcp() {
  Facts facts = good_node();
  add_interface(facts, "eth2", {"192.168.101.2/24"});
  set(facts, "net/mptcp/enabled", "1");
  const auto text = [](const char* json) { return std::optional<std::string>(json); };
  facts.mptcp = {
      .endpoints = text(R"([{"address":"192.168.100.2","id":1,"signal":true,"dev":"eth1"},)"
                        R"({"address":"192.168.101.2","id":2,"signal":true},)"
                        R"({"address":"192.0.2.9","id":3,"subflow":true}])"),
      .limits = text("add_addr_accepted 0 subflows 2 \n"),
      .rules_v4 = text(R"([{"priority":0,"src":"all","table":"local"},)"
                       R"({"priority":1,"src":"192.168.100.2","table":"101"},)"
                       R"({"priority":2,"src":"192.168.101.2","table":"102"}])"),
      .rules_v6 = text("[]")};
  return facts;
}

TEST(DoctorMptcp, IsWrong) {
  const auto endpoints = [](Facts& facts) -> std::string& { return **facts.mptcp.endpoints; };
  expect_found(
      good_node_with_mptcp(),
      {{"all is well", [](Facts&) {}},
       {"nothing is signalled",
        [&](Facts& facts) {
          endpoints(facts) = "\n";
          set(facts, "net/mptcp/enabled", "0");
        }},
       {"switched off",
        [](Facts& facts) { set(facts, "net/mptcp/enabled", "0"); },
        {"mptcp-enabled"}},
       {"a VIP is signalled",
        [&](Facts& facts) {
          endpoints(facts) = R"([{"address":"10.10.10.10","id":1,"signal":true}])";
        },
        {"mptcp-vip"}},
       {"an address of no interface",
        [&](Facts& facts) {
          endpoints(facts) = R"([{"address":"192.168.102.2","id":1,"signal":true}])";
        },
        {"mptcp-address"},
        looked_up,
        "192.168.102.2 is signalled, and on no interface"},
       {"an interface that is down",
        [](Facts& facts) { interface_of(facts, "eth2").flags = 0; },
        {"mptcp-address"},
        looked_up,
        "192.168.101.2 is signalled, and eth2 is down"},
       {"few subflows",
        [](Facts& facts) { facts.mptcp.limits = std::optional<std::string>(R"({"subflows":1})"); },
        {"mptcp-subflows"},
        looked_up,
        "2 addresses of one family are signalled, and the limit of subflows is 1"},
       {"no rules",
        [](Facts& facts) {
          facts.mptcp.rules_v4 = std::optional<std::string>(
              R"([{"priority":1,"src":"192.168.100.2","table":"101"},)"
              R"({"priority":2,"src":"192.168.101.4","srclen":30,"table":"102"},)"
              R"({"priority":3,"src":"192.168.101.2","table":"main"},)"
              R"({"priority":4,"src":"192.168.101.2","not":null,"table":"102"}])");
        },
        {"mptcp-source-rule"},
        looked_up,
        "there is no rule from 192.168.101.2"},
       {"a rule from its network", [](Facts& facts) {
          facts.mptcp.rules_v4 = std::optional<std::string>(
              R"([{"priority":1,"src":"192.168.100.2","table":"101"},)"
              R"({"priority":2,"src":"192.168.101.0","srclen":24,"table":"102"}])");
        }}});
}

TEST(DoctorMptcp, IsNothingWhereItIsNotUsed) {
  expect_found(good_node_with_mptcp(),
               {{"no ip",
                 [](Facts& facts) {
                   facts.mptcp = {};
                   facts.mptcp.endpoints = std::optional<std::string>();
                 }},
                {"a kernel without it",
                 [](Facts& facts) {
                   unset(facts, "net/mptcp/enabled");
                   facts.mptcp.endpoints = fail("ip: Object \"mptcp\" is unknown");
                 }},
                {"what cannot be asked",
                 [](Facts& facts) { facts.mptcp.endpoints = fail("ip did not end within 2 s"); },
                 {"mptcp-address"},
                 Certainty::cannot_tell}});
}

}  // namespace
}  // namespace vipherd::doctor
