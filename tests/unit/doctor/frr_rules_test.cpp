// The rules about FRR: its daemons, and what they let through.
#include "unit/doctor/wrong_facts.hpp"

namespace vipherd::doctor {
namespace {

using enum Certainty;

TEST(DoctorDaemons, AreWrong) {
  expect_found(
      good_node(),
      {{"not enabled",
        [](Facts& facts) {
          facts.frr.enabled = told("bgpd=yes\nospfd=yes\n#ospf6d=yes\nbfdd=yes\n");
        },
        {"frr-daemon-disabled"}},
       {"bfdd runs and is not enabled",
        [](Facts& facts) { facts.frr.enabled = told("bgpd=yes\nospfd=yes\nospf6d=yes\n"); },
        {"frr-daemon-disabled"},
        looked_up,
        "bfdd=yes"},
       {"dead",
        [](Facts& facts) {
          DaemonFacts& bgpd = facts.frr.daemons["bgpd"];
          bgpd.running = fail("Connection refused");
          bgpd.absent = true;
        },
        {"frr-daemon-absent"}},
       {"no right to ask",
        [](Facts& facts) { facts.frr.daemons["bgpd"].running = fail("Permission denied"); },
        {"frr-daemon-silent"},
        cannot_tell},
       {"no zserv",
        [](Facts& facts) {
          facts.frr.zserv = fail("No such file or directory");
          facts.frr.zserv_absent = true;
        },
        {"frr-zserv"}},
       {"the agent's user may not",
        [](Facts& facts) { facts.frr.closed = {"/run/frr/zserv.api (root:root, 0700)"}; },
        {"frr-socket-rights"},
        looked_up,
        "user frr: /run/frr/zserv.api"},
       {"an unknown version",
        [](Facts& facts) { facts.frr.version = told("11.0"); },
        {"frr-version"},
        likely},
       {"with the operator's word for it",
        [](Facts& facts) {
          facts.frr.version = told("11.0");
          facts.frr_config.dialect = "10.7";
        }},
       {"only OSPF is wanted", [](Facts& facts) {
          facts.frr_config.protocols = {model::Protocol::ospf};
          facts.frr.daemons["bgpd"].running = fail("Connection refused");
        }}});
}

TEST(DoctorDaemons, OfARouter) {
  expect_found(good_router(), {{"no FRR",
                                [](Facts& facts) {
                                  facts.frr = FrrFacts{};
                                  facts.frr.installed = false;
                                },
                                {"frr-missing"}},
                               {"only OSPF", [](Facts& facts) {
                                  facts.frr.enabled = told("ospfd=yes\nospf6d=yes\nbfdd=yes\n");
                                  facts.frr.daemons["bgpd"] = DaemonFacts{};
                                }}});
}

/// The same host, with everything in a VRF.
Facts good_in_vrf() {
  Facts facts = good_node();
  facts.config->services[0].vrf = "blue";
  replace(facts, "bgpd", "router bgp 65001", "router bgp 65001 vrf blue");
  replace(facts, "ospfd", "router ospf", "router ospf vrf blue");
  replace(facts, "ospf6d", "router ospf6", "router ospf6 vrf blue");
  std::string& saved = *facts.frr.saved;
  for (const std::string head : {"router bgp 65001", "router ospf\n", "router ospf6\n"}) {
    saved.insert(saved.find(head) + head.find_last_not_of('\n') + 1, " vrf blue");
  }
  for (auto& [name, daemon] : facts.frr.daemons) {
    for (auto* told : {&daemon.neighbours, &daemon.network_lsas}) {
      if (const auto found = told->find(""); found != told->end())
        told->emplace("blue", found->second);
    }
    if (const auto id = daemon.router_ids.find(""); id != daemon.router_ids.end()) {
      daemon.router_ids.emplace("blue", id->second);
    }
  }
  return facts;
}

TEST(DoctorVrf, IsLookedAtInItsInstances) {
  expect_found(good_in_vrf(), {{"nothing wrong", [](Facts&) {}},
                               {"the default VRF's instance",
                                edit("bgpd", "router bgp 65001 vrf blue", "router bgp 65001"),
                                {"frr-instance-missing", "frr-instance-missing"},
                                looked_up,
                                "bgpd for IPv4 in VRF blue"},
                               {"no redistribute",
                                edit("ospf6d", " redistribute openfabric", " redistribute kernel"),
                                {"redistribute-missing"}},
                               {"zebra has its router id",
                                [](Facts& facts) {
                                  replace(facts, "ospfd", " ospf router-id 192.168.100.2\n", "");
                                  replace(facts, "zebra", "zebra work",
                                          "vrf blue\n ip router-id 192.168.100.2\nzebra work");
                                }},
                               {"zebra has another's",
                                [](Facts& facts) {
                                  replace(facts, "ospfd", " ospf router-id 192.168.100.2\n", "");
                                  replace(facts, "zebra", "zebra work",
                                          "ip router-id 192.168.100.2\nzebra work");
                                },
                                {"router-id-not-configured"}}});
}

TEST(DoctorPolicy, IsWrong) {
  constexpr const char* kList = "ip prefix-list POOL seq 10 permit 10.10.10.0/24 ge 32";
  expect_found(
      good_node(),
      {{"no instance",
        edit("ospfd", "router ospf\n", "router ospf vrf red\n"),
        {"frr-instance-missing"}},
       {"no redistribute, OSPF",
        edit("ospfd", " redistribute openfabric", " redistribute kernel"),
        {"redistribute-missing"}},
       {"no redistribute, BGP IPv6",
        edit("bgpd", "  redistribute openfabric route-map VIPHERD6\n", ""),
        {"redistribute-missing"}},
       {"no route-map named",
        edit("ospf6d", " route-map VIPHERD6\n", "\n"),
        {"redistribute-unfiltered"}},
       {"one that is not there",
        edit("ospfd", "metric-type 1 route-map VIPHERD", "metric-type 1 route-map TYPO"),
        {"route-map-missing"}},
       {"a list that an entry of the route-map denies by",
        edit("ospfd", "route-map VIPHERD permit 10\n match ip address prefix-list POOL",
             "route-map VIPHERD deny 10\n match ip address prefix-list OTHER"),
        {"route-map-denies"}},
       {"an unknown tag", edit("ospfd", " match tag 100", " match tag 300"), {"route-map-denies"}},
       {"a denying entry",
        edit("ospfd", "route-map VIPHERD permit 10", "route-map VIPHERD deny 10"),
        {"route-map-denies"}},
       {"a match that is not computed",
        edit("ospfd", " match tag 100", " match metric 5"),
        {"route-map-denies"},
        cannot_tell},
       {"a list without the VIPs",
        edit("ospfd", kList, "ip prefix-list POOL seq 10 permit 10.10.20.0/24 ge 32"),
        {"prefix-list-denies"}},
       {"a list that denies",
        edit("ospfd", kList, "ip prefix-list POOL seq 10 deny 10.10.10.10/32"),
        {"prefix-list-denies"}},
       {"a list that is narrower than the pool",
        edit("ospfd", kList, "ip prefix-list POOL seq 10 permit 10.10.10.0/28 ge 32"),
        {"pool-mismatch"}},
       {"a drain that withdraws",
        edit("ospfd", " match tag 200", " match tag 201"),
        {"drain-denied"}},
       {"zebra denies",
        edit("zebra", "zebra work", "ip protocol openfabric route-map NONE\nzebra work"),
        {"ip-protocol-route-map"}},
       {"VIPs in a network statement of OSPF",
        edit("ospfd", " ospf router-id", " network 10.10.10.0/24 area 0\n ospf router-id"),
        {"network-statement"}},
       {"a VIP in one of BGP",
        edit("bgpd", "  redistribute openfabric route-map VIPHERD6",
             "  network 2001:db8:10::10/128\n  redistribute openfabric route-map VIPHERD6"),
        {"network-statement"}},
       {"vipherd's own",
        edit("bgpd", "  redistribute openfabric route-map VIPHERD6",
             "  network 2001:db8:10::10/128 route-map VIPHERD-VTY-0123456789ABCDEF\n"
             "  redistribute openfabric route-map VIPHERD6")},
       {"another one",
        edit("ospfd", " ospf router-id", " network 192.168.200.0/24 area 0\n ospf router-id")},
       {"zebra denies any",
        edit("zebra", "zebra work", "ip protocol any route-map NONE\nzebra work"),
        {"ip-protocol-route-map"},
        looked_up,
        "ip protocol any route-map NONE"},
       {"zebra denies all others",
        edit("zebra", "zebra work",
             "ip protocol any route-map NONE\nip protocol openfabric route-map VIPHERD\n"
             "zebra work")},
       {"zebra permits",
        edit("zebra", "zebra work", "ip protocol openfabric route-map VIPHERD\nzebra work")}});
}

}  // namespace
}  // namespace vipherd::doctor
