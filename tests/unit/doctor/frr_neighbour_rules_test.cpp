// The rules about FRR: neighbours, router ids, timers and files.
#include "unit/doctor/wrong_facts.hpp"

namespace vipherd::doctor {
namespace {

using enum Certainty;

TEST(DoctorNeighbours, AreWrong) {
  constexpr const char* kOut = "  neighbor 192.168.100.1 prefix-list POOL out\n";
  expect_found(
      good_node(),
      {{"a session is down",
        [](Facts& facts) {
          std::string& text = *facts.frr.daemons["bgpd"].neighbours[""];
          text.replace(text.find("Established"), 11, "Active");
        },
        {"bgp-session-down"},
        looked_up,
        "192.168.100.1 (Active)"},
       {"no neighbours",
        [](Facts& facts) {
          facts.frr.daemons["ospfd"].neighbours[""] = told("{\"neighbors\":{}}");
        },
        {"ospf-no-adjacency"}},
       {"not full",
        [](Facts& facts) {
          std::string& text = *facts.frr.daemons["ospf6d"].neighbours[""];
          text.replace(text.find("Full"), 4, "Init");
        },
        {"ospf-no-adjacency"}},
       {"not understood",
        [](Facts& facts) { facts.frr.daemons["ospfd"].neighbours[""] = told("what?"); },
        {"ospf-no-adjacency"},
        cannot_tell},
       {"a filter that denies",
        edit("bgpd", kOut, "  neighbor 192.168.100.1 prefix-list NOTHING out\n"),
        {"bgp-out-filter"}},
       {"no filter", edit("bgpd", kOut, ""), {"bgp-requires-policy"}},
       {"no filter, and none wanted",
        [&](Facts& facts) {
          replace(facts, "bgpd", kOut, "");
          replace(facts, "bgpd", " timers bgp", " no bgp ebgp-requires-policy\n timers bgp");
        }},
       {"no filter within the AS", [&](Facts& facts) {
          replace(facts, "bgpd", kOut, "");
          replace(facts, "bgpd", "192.168.100.1 remote-as 65000", "192.168.100.1 remote-as 65001");
        }}});
}

TEST(DoctorNeighbours, OfARouter) {
  expect_found(
      good_router(),
      {{"one path, BGP", edit("bgpd", "maximum-paths 64", "maximum-paths 1"), {"maximum-paths"}},
       {"one path, OSPF",
        edit("ospfd", " timers lsa", " maximum-paths 1\n timers lsa"),
        {"maximum-paths"}},
       {"ASes that are not equal",
        [](Facts& facts) {
          replace(facts, "bgpd", " bgp bestpath as-path multipath-relax\n", "");
          replace(facts, "bgpd", " bgp listen",
                  " neighbor 192.168.100.9 remote-as 65009\n bgp listen");
          replace(facts, "bgpd", "  neighbor LB4 activate\n",
                  "  neighbor LB4 activate\n  neighbor 192.168.100.9 activate\n"
                  "  neighbor 192.168.100.9 prefix-list POOL in\n");
          replace(facts, "bgpd", " bgp listen",
                  " neighbor 192.168.100.9 bfd profile vipherd\n bgp listen");
        },
        {"multipath-relax"}},
       {"a neighbour within the AS is no other AS",
        [](Facts& facts) {
          replace(facts, "bgpd", " bgp bestpath as-path multipath-relax\n", "");
          replace(facts, "bgpd", " bgp listen",
                  " neighbor 192.168.100.8 remote-as 65000\n"
                  " neighbor 192.168.100.8 bfd profile vipherd\n"
                  " neighbor 192.168.100.9 remote-as internal\n"
                  " neighbor 192.168.100.9 bfd profile vipherd\n bgp listen");
          replace(facts, "bgpd", "  neighbor LB4 activate\n",
                  "  neighbor LB4 activate\n  neighbor 192.168.100.8 activate\n"
                  "  neighbor 192.168.100.9 activate\n");
        }},
       {"nothing is taken",
        edit("bgpd", "  neighbor LB6 prefix-list POOL in\n", ""),
        {"bgp-requires-policy"}}});
}

TEST(DoctorRouterIds, AreWrong) {
  const auto id = [](const char* daemon, const char* text) {
    return [=](Facts& facts) {
      facts.frr.daemons[daemon].router_ids.insert_or_assign("", address(text));
    };
  };
  expect_found(good_node(), {{"a VIP", id("ospf6d", "10.10.10.10"), {"router-id-is-vip"}},
                             {"none configured",
                              edit("ospfd", " ospf router-id 192.168.100.2\n", ""),
                              {"router-id-not-configured"}},
                             {"zebra has it",
                              [](Facts& facts) {
                                replace(facts, "ospfd", " ospf router-id 192.168.100.2\n", "");
                                replace(facts, "zebra", "zebra work",
                                        "ip router-id 192.168.100.2\nzebra work");
                              }},
                             {"twice on the link",
                              [](Facts& facts) {
                                std::string& text = *facts.frr.daemons["ospfd"].network_lsas[""];
                                text.replace(text.find("Attached Router: 192.168.100.3"), 30,
                                             "Attached Router: 192.168.100.2");
                              },
                              {"router-id-twice"},
                              likely}});
}

/// What is configured is what is in use already, unless that is a VIP.
TEST(DoctorRouterIds, AreSetWithoutHarm) {
  const auto commands = [](const char* daemon, const char* used, const char* vrf = "") {
    Facts facts = good_node();
    facts.config->services[0].vrf = vrf;
    const std::string of_vrf = *vrf == '\0' ? "" : std::string(" vrf ") + vrf;
    replace(facts, "ospfd", " ospf router-id 192.168.100.2\n", "");
    replace(facts, "ospfd", "router ospf", "router ospf" + of_vrf);
    add_interface(facts, "eth2", {"10.10.10.10/24", "192.168.101.2/24"});
    interface_of(facts, "eth2").vrf = "blue";
    auto& ids = facts.frr.daemons[daemon].router_ids;
    ids.clear();
    if (used != nullptr) ids.emplace(vrf, address(used));
    std::vector<std::string> found;
    for (const Finding& one : examine(facts).findings) {
      if (!one.rule->id.starts_with("router-id-") || !one.seen.starts_with(daemon)) continue;
      found.insert(found.end(), one.commands.begin(), one.commands.end());
    }
    return found;
  };
  const auto sets = [](const std::string& id, const std::string& vrf = "") {
    return "vtysh -c 'configure terminal' -c 'router ospf" + vrf + "' -c 'ospf router-id " + id +
           "'";
  };
  constexpr const char* kSave = "vtysh -c 'write memory'";
  using testing::ElementsAre;
  EXPECT_THAT(commands("ospfd", "192.0.2.7"), ElementsAre(sets("192.0.2.7"), kSave));
  EXPECT_THAT(commands("ospfd", nullptr), ElementsAre(sets("192.168.100.2"), kSave));
  EXPECT_THAT(commands("ospfd", "10.10.10.10"),
              ElementsAre(sets("192.168.100.2"), kSave, "vtysh -c 'clear ip ospf process'"));
  EXPECT_THAT(
      commands("ospfd", "10.10.10.10", "blue"),
      ElementsAre(sets("192.168.101.2", " vrf blue"), kSave, "vtysh -c 'clear ip ospf process'"));
}

TEST(DoctorTimers, AreWrong) {
  expect_found(
      good_node(),
      {{"BGP without BFD, and slow",
        [](Facts& facts) {
          replace(facts, "bgpd", " timers bgp 1 3\n", "");
          replace(facts, "bgpd", " neighbor fd00:192::1 bfd\n", "");
          replace(facts, "bgpd", " neighbor fd00:192::1 bfd profile vipherd\n", "");
        },
        {"slow-detection"},
        looked_up,
        "hold time 180 s"},
       {"how often it connects is no hold time",
        [](Facts& facts) {
          replace(facts, "bgpd", " timers bgp 1 3\n", " neighbor 192.168.100.1 timers connect 1\n");
          replace(facts, "bgpd", " neighbor 192.168.100.1 bfd\n", "");
          replace(facts, "bgpd", " neighbor 192.168.100.1 bfd profile vipherd\n", "");
        },
        {"slow-detection"}},
       {"OSPF without BFD, and slow",
        [](Facts& facts) {
          replace(facts, "ospfd", " ip ospf bfd\n ip ospf bfd profile vipherd\n", "");
          replace(facts, "ospfd", " ip ospf dead-interval minimal hello-multiplier 4\n", "");
        },
        {"slow-detection"}},
       {"OSPF by a network statement",
        [](Facts& facts) {
          replace(facts, "ospfd", "interface eth1", "interface eth7");
          replace(facts, "ospfd", " ospf router-id",
                  " network 192.168.100.0/24 area 0\n ospf router-id");
        },
        {"slow-detection"},
        looked_up,
        "interface eth1: dead interval 40 s"},
       {"OSPFv3 as 7.5 has it",
        [](Facts& facts) {
          replace(facts, "ospf6d", " ipv6 ospf6 area 0\n", "");
          replace(facts, "ospf6d", " ipv6 ospf6 bfd\n ipv6 ospf6 bfd profile vipherd\n", "");
          replace(facts, "ospf6d", "dead-interval 3", "dead-interval 30");
          replace(facts, "ospf6d", " ospf6 router-id",
                  " interface eth1 area 0.0.0.0\n ospf6 router-id");
        },
        {"slow-detection"},
        looked_up,
        "interface eth1: dead interval 30 s"},
       {"OSPF on lo",
        edit("ospf6d", "router ospf6", "interface lo\n ipv6 ospf6 area 0\nrouter ospf6")},
       {"OSPF without BFD, but quick",
        edit("ospfd", " ip ospf bfd\n ip ospf bfd profile vipherd\n", "")},
       {"no bfdd",
        [](Facts& facts) {
          facts.frr.daemons["bfdd"].running = fail("Connection refused");
          facts.frr.daemons["bfdd"].absent = true;
        },
        {"bfdd-absent"}},
       {"no such profile",
        edit("bfdd", "profile vipherd", "profile other"),
        {"bfd-profile-missing"}},
       {"min-arrival", edit("ospf6d", " timers lsa min-arrival 0\n", ""), {"ospf-min-arrival"}},
       {"throttle",
        edit("ospfd", "throttle lsa all 0", "throttle lsa all 1000"),
        {"ospf-throttle"}},
       {"SPF", edit("ospfd", "throttle spf 0 50", "throttle spf 1000 50"), {"ospf-spf-delay"}},
       {"work queue", edit("zebra", "zebra work-queue 0\n", ""), {"zebra-work-queue"}},
       {"MRAI",
        edit("bgpd", " timers bgp",
             " neighbor 192.168.100.1 advertisement-interval 5\n timers bgp"),
        {"bgp-advertisement-interval"}}});
}

TEST(DoctorSaved, IsWrong) {
  const auto saved = [](const char* old, const char* fresh) {
    return [=](Facts& facts) {
      std::string& text = *facts.frr.saved;
      text.replace(text.find(old), std::string_view(old).size(), fresh);
    };
  };
  expect_found(
      good_node(),
      {{"a line of BGP",
        saved("  redistribute openfabric route-map VIPHERD6\n", ""),
        {"frr-not-saved"}},
       {"a line of OSPF", saved("metric-type 1 route-map VIPHERD\n", "\n"), {"frr-not-saved"}},
       {"a route-map",
        [](Facts& facts) {
          std::string& text = *facts.frr.saved;
          for (std::size_t at;
               (at = text.find("route-map VIPHERD6 permit")) != std::string::npos;) {
            text.replace(at, 18, "route-map OTHER");
          }
        },
        {"frr-not-saved"},
        looked_up,
        "route-map VIPHERD6"},
       {"lines of vipherd",
        saved("ip prefix-list POOL",
              "ip prefix-list VIPHERD-VTY seq 5 permit 10.10.10.10/32\nip prefix-list POOL"),
        {"frr-saved-vips"}},
       {"unreadable",
        [](Facts& facts) { facts.frr.saved = fail("cannot read /etc/frr/frr.conf"); },
        {"frr-not-saved"},
        cannot_tell}});
}

}  // namespace
}  // namespace vipherd::doctor
