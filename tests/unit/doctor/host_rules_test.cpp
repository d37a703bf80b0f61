// The rules about the kernel, addresses, services, network managers and the unit.
#include "unit/doctor/wrong_facts.hpp"

namespace vipherd::doctor {
namespace {

using enum Certainty;

TEST(DoctorEcmp, RouterIsWrong) {
  const auto policy = [](const char* family, const char* value) {
    return [=](Facts& facts) {
      set(facts, std::string("net/") + family + "/fib_multipath_hash_policy", value);
    };
  };
  const auto fields = [](const char* value) {
    return [=](Facts& facts) {
      set(facts, "net/ipv4/fib_multipath_hash_policy", "3");
      set(facts, "net/ipv4/fib_multipath_hash_fields", value);
    };
  };
  expect_found(good_router(),
               {{"L3, IPv4", policy("ipv4", "0"), {"ecmp-hash-ipv4"}},
                {"L3, IPv6", policy("ipv6", "0"), {"ecmp-hash-ipv6"}},
                {"inner L3, IPv4", policy("ipv4", "2"), {"ecmp-hash-ipv4"}},
                {"inner L3, IPv6", policy("ipv6", "2"), {"ecmp-hash-ipv6"}},
                {"fields with ports", fields("55")},
                {"fields without ports",
                 fields("7"),
                 {"ecmp-hash-ipv4"},
                 looked_up,
                 "net.ipv4.fib_multipath_hash_policy = 3 and net.ipv4.fib_multipath_hash_fields = "
                 "7"},
                {"fields with the port that all clients share", fields("39"), {"ecmp-hash-ipv4"}},
                {"fields that were not read", policy("ipv4", "3"), {"ecmp-hash-ipv4"}, cannot_tell},
                {"a policy of the future", policy("ipv6", "4"), {"ecmp-hash-ipv6"}, cannot_tell},
                {"an unreadable setting",
                 [](Facts& facts) { hide(facts, "net/ipv4/fib_multipath_hash_policy"); },
                 {"ecmp-hash-ipv4"},
                 cannot_tell},
                {"dead next hops",
                 [](Facts& facts) { set(facts, "net/ipv4/fib_multipath_use_neigh", "0"); },
                 {"ecmp-dead-next-hop"}},
                {"per packet",
                 [](Facts& facts) { facts.kernel.release = told("4.1.52"); },
                 {"kernel-ecmp-ipv4", "icmp-errors-ipv6"}},
                {"route cache",
                 [](Facts& facts) { facts.kernel.release = told("3.2.0-6-amd64"); },
                 {"kernel-ecmp-ipv4", "kernel-ecmp-ipv6"}},
                {"no L4 yet for IPv6",
                 [](Facts& facts) {
                   facts.kernel.release = told("4.14.336");
                   unset(facts, "net/ipv6/fib_multipath_hash_policy");
                 },
                 {"ecmp-hash-ipv6"},
                 looked_up,
                 "this kernel has no net.ipv6.fib_multipath_hash_policy"},
                {"not built in",
                 [](Facts& facts) {
                   unset(facts, "net/ipv4/fib_multipath_use_neigh");
                   unset(facts, "net/ipv4/fib_multipath_hash_policy");
                 },
                 {"kernel-multipath", "ecmp-hash-ipv4"}},
                {"not built in, as the boot directory says",
                 [](Facts& facts) {
                   facts.kernel.release = told("4.5.0");
                   unset(facts, "net/ipv4/fib_multipath_use_neigh");
                   facts.kernel.multipath_built_in = std::optional(false);
                 },
                 {"icmp-errors-ipv6", "kernel-multipath"}}});
}

/// ICMP errors go astray by ports alone.
TEST(DoctorEcmp, IcmpErrorsFollowAddresses) {
  const auto found = [](const char* policy, const char* fields) {
    Facts facts = good_router();
    for (const std::string family : {"ipv4", "ipv6"}) {
      set(facts, "net/" + family + "/fib_multipath_hash_policy", policy);
      set(facts, "net/" + family + "/fib_multipath_hash_fields", fields);
    }
    const Report report = examine(facts);
    return std::ranges::any_of(
        report.findings, [](const Finding& one) { return one.rule->id == "icmp-errors-by-ports"; });
  };
  EXPECT_FALSE(found("0", "55"));
  EXPECT_TRUE(found("1", "7"));
  EXPECT_FALSE(found("2", "55"));
  EXPECT_FALSE(found("3", "7"));
  EXPECT_TRUE(found("3", "39"));
}

TEST(DoctorEcmp, NodeWithSeveralUplinks) {
  const auto second = [](std::optional<bool> default_v4, const char* policy) {
    return [=](Facts& facts) {
      add_interface(facts, "eth2", {"192.168.101.2/24"});
      interface_of(facts, "eth2").default_v4 = default_v4;
      for (const std::string family : {"ipv4", "ipv6"}) {
        set(facts, "net/" + family + "/fib_multipath_hash_policy", policy);
        set(facts, "net/" + family + "/fib_multipath_hash_fields", "32");
      }
    };
  };
  expect_found(
      good_node(),
      {{"L3 over two default routes", second(true, "0"), {"node-hash", "node-hash"}},
       {"inner L3", second(true, "2"), {"node-hash", "node-hash"}},
       {"L4", second(true, "1")},
       {"by the client's port", second(true, "3")},
       {"no default route over the second", second(false, "0")},
       {"a second that cannot be told", second(std::nullopt, "0"), {"node-hash"}, cannot_tell},
       {"a second that does not matter", second(std::nullopt, "1")}});
}

TEST(DoctorAddresses, AreWrong) {
  const auto give = [](const char* interface, const char* prefix) {
    return [=](Facts& facts) {
      interface_of(facts, interface).addresses.push_back(on_interface(prefix));
    };
  };
  expect_found(good_node(),
               {{"a VIP on lo", give("lo", "10.10.10.10/32"), {"vip-on-interface"}},
                {"a VIP on the uplink", give("eth1", "2001:db8:10::10/128"), {"vip-on-interface"}},
                {"a stray address", give("lo", "10.10.10.99/32"), {"pool-address"}},
                {"a VIP in a subnet", give("eth1", "10.10.10.1/24"), {"vip-in-subnet"}},
                {"IPv6 addresses go with the link",
                 [](Facts& facts) { set(facts, "net/ipv6/conf/eth1/keep_addr_on_down", "0"); },
                 {"keep-addr-on-down"}},
                {"all keep them",
                 [](Facts& facts) {
                   set(facts, "net/ipv6/conf/eth1/keep_addr_on_down", "0");
                   set(facts, "net/ipv6/conf/all/keep_addr_on_down", "1");
                 }},
                {"two NICs in a subnet",
                 [](Facts& facts) { add_interface(facts, "eth2", {"192.168.100.9/24"}); },
                 {"arp-flux"}},
                {"that answer for themselves",
                 [](Facts& facts) {
                   add_interface(facts, "eth2", {"192.168.100.9/24"});
                   set(facts, "net/ipv4/conf/all/arp_ignore", "1");
                   set(facts, "net/ipv4/conf/all/arp_announce", "2");
                 }},
                {"unreadable",
                 [](Facts& facts) {
                   add_interface(facts, "eth2", {"192.168.100.9/24"});
                   hide(facts, "net/ipv4/conf/eth2/arp_announce");
                 },
                 {"arp-flux"},
                 cannot_tell}});
}

TEST(DoctorAddresses, OfTheOtherAnnouncers) {
  Facts good = good_node();
  good.config->frr.announcer = model::Announcer::connected;
  good.frr_config.announcer = model::Announcer::zapi;
  const auto give = [](InterfaceAddress given) {
    return [given](Facts& facts) { interface_of(facts, "lo").addresses.push_back(given); };
  };
  const InterfaceAddress v4 = on_interface("10.10.10.10/32");
  const InterfaceAddress v6 = on_interface("2001:db8:10::10/128");
  expect_found(
      good, {{"ours", give({v4.prefix, 118})},
             {"ours by its label", give({v4.prefix, 0, "lo:vh118"})},
             {"foreign", give(v4), {"vip-on-interface"}},
             {"foreign, IPv6", give(v6), {"vip-on-interface"}},
             {"a stray address", give(on_interface("10.10.10.99/32")), {"pool-address-announced"}},
             {"not kept by the kernel",
              [&](Facts& facts) {
                facts.kernel.release = told("5.10.0-32-amd64");
                interface_of(facts, "lo").addresses.push_back(v6);
              },
              {"vip-on-interface"},
              cannot_tell}});
}

TEST(DoctorFilters, AreWrong) {
  expect_found(good_node(), {{"strict with one uplink",
                              [](Facts& facts) { set(facts, "net/ipv4/conf/all/rp_filter", "1"); }},
                             {"strict with two, one default route",
                              [](Facts& facts) {
                                add_interface(facts, "eth2", {"192.168.101.2/24"});
                                set(facts, "net/ipv4/conf/eth2/rp_filter", "1");
                              },
                              {"rp-filter"}},
                             {"strict with two default routes",
                              [](Facts& facts) {
                                add_interface(facts, "eth2", {"192.168.101.2/24"});
                                interface_of(facts, "eth2").default_v4 = true;
                                set(facts, "net/ipv4/conf/all/rp_filter", "1");
                                set(facts, "net/ipv4/fib_multipath_hash_policy", "1");
                                set(facts, "net/ipv6/fib_multipath_hash_policy", "1");
                              },
                              {"rp-filter"},
                              likely},
                             {"loose wins",
                              [](Facts& facts) {
                                add_interface(facts, "eth2", {"192.168.101.2/24"});
                                set(facts, "net/ipv4/conf/eth2/rp_filter", "1");
                                set(facts, "net/ipv4/conf/all/rp_filter", "2");
                              }},
                             {"no MTU probing",
                              [](Facts& facts) { set(facts, "net/ipv4/tcp_mtu_probing", "0"); },
                              {"tcp-mtu-probing"}}});
}

TEST(DoctorListeners, AreWrong) {
  const auto on_vips_alone = [](Facts& facts) {
    facts.listeners = std::vector<Listener>{{false, address("10.10.10.10"), 80},
                                            {false, address("2001:db8:10::10"), 80}};
  };
  expect_found(
      good_node(),
      {{"nobody", [](Facts& facts) { facts.listeners->clear(); }, {"service-not-listening"}},
       {"IPv4 only",
        [](Facts& facts) { facts.listeners->pop_back(); },
        {"service-not-on-vip"},
        likely,
        "nothing listens for 2001:db8:10::10"},
       {"the VIPs alone",
        on_vips_alone,
        {"service-not-listening"},
        looked_up,
        "nothing listens on TCP port 80 of 127.0.0.1, which is checked"},
       {"the VIPs alone, of which one is checked",
        [&](Facts& facts) {
          on_vips_alone(facts);
          facts.config->services[0].checks[0].settings.target =
              SocketAddress{address("10.10.10.10"), 80};
        }},
       {"a VIP that is checked and not served, and one that is",
        [](Facts& facts) {
          model::CheckConfig& check = facts.config->services[0].checks[0];
          for (const char* vip : {"10.10.10.10", "2001:db8:10::10"}) {
            check.vip_targets.push_back(check.settings);
            check.vip_targets.back().target = SocketAddress{address(vip), 80};
          }
          facts.listeners->pop_back();
        },
        {"service-not-listening"},
        looked_up,
        "of 2001:db8:10::10, which is checked"},
       {"the dual wildcard",
        [](Facts& facts) {
          facts.listeners = std::vector<Listener>{{false, address("::"), 80}};
        }},
       {"loopback alone",
        [](Facts& facts) {
          facts.listeners = std::vector<Listener>{{false, address("127.0.0.1"), 80}};
        },
        {"service-not-on-vip"},
        likely},
       {"not readable",
        [](Facts& facts) { facts.listeners = fail("cannot read /proc/net/tcp"); },
        {"service-not-listening"},
        cannot_tell},
       {"DNS on the wildcard",
        [](Facts& facts) {
          facts.config->services[0].checks[0].type = "dns";
          facts.config->services[0].checks[0].settings.target =
              SocketAddress{address("127.0.0.1"), 53};
          facts.listeners =
              std::vector<Listener>{{true, address("0.0.0.0"), 53}, {true, address("::"), 53}};
        },
        {"udp-wildcard"},
        likely},
       {"a check elsewhere", [](Facts& facts) {
          facts.config->services[0].checks[0].settings.target =
              SocketAddress{address("192.0.2.1"), 80};
          facts.listeners->clear();
        }}});
}

TEST(DoctorManagers, AreWrong) {
  const auto file = [](const char* path, const char* text) {
    return [=](Facts& facts) { facts.managers.files[path] = text; };
  };
  const auto networkd = [](const char* state, const char* text) {
    return [=](Facts& facts) {
      facts.managers.networkd = true;
      facts.managers.networkd_lo = state;
      facts.managers.files["/etc/systemd/networkd.conf.d/1.conf"] = text;
    };
  };
  constexpr const char* kOff = "[Network]\nManageForeignRoutes=no\n";
  expect_found(
      good_node(),
      {{"networkd, kept from routes", networkd("unmanaged", kOff)},
       {"networkd",
        networkd("unmanaged", "#ManageForeignRoutes=no\n"),
        {"networkd-foreign-routes"}},
       {"kept from routes in another spelling",
        networkd("unmanaged", " ManageForeignRoutes = FALSE\n")},
       {"kept from other things",
        networkd("unmanaged", "ManageForeignRoutes=yes\nManageForeignRoutingPolicyRules=no\n"),
        {"networkd-foreign-routes"}},
       {"its files alone", file("/etc/systemd/networkd.conf", "[Network]\n")},
       {"systemd does not tell of networkd",
        [](Facts& facts) { facts.managers.networkd = fail("cannot reach systemd"); },
        {"networkd-foreign-routes", "networkd-lo"},
        cannot_tell},
       {"networkd has lo", networkd("configured", kOff), {"networkd-lo"}},
       {"NetworkManager has lo",
        file("/etc/NetworkManager/system-connections/lo.nmconnection",
             "[connection]\ntype=loopback\n"),
        {"networkmanager-lo"},
        likely},
       {"a VIP in a file",
        file("/etc/network/interfaces", "iface lo:0 inet static\n address 10.10.10.10/32\n"),
        {"vip-in-network-files"}},
       {"another address, a comment",
        file("/etc/network/interfaces", "# 10.10.10.10\n address 110.10.10.10\n 10.10.10.100\n")},
       {"unreadable",
        [](Facts& facts) { facts.managers.unreadable = {"cannot read /etc/netplan/1.yaml"}; },
        {"vip-in-network-files"},
        cannot_tell}});
}

TEST(DoctorUnit, IsWrong) {
  const auto unit = [](auto change) { return [=](Facts& facts) { change(*facts.agent.unit); }; };
  expect_found(
      good_node(),
      {{"no systemd", [](Facts& facts) { facts.agent.systemd = false; }, {"systemd-absent"}},
       {"no bus",
        [](Facts& facts) { facts.agent.unit = fail("cannot reach systemd"); },
        {"unit-missing"},
        cannot_tell},
       {"no unit", unit([](UnitFacts& its) { its.load_state = "not-found"; }), {"unit-missing"}},
       {"disabled",
        unit([](UnitFacts& its) { its.unit_file_state = "disabled"; }),
        {"unit-not-enabled"}},
       {"masked",
        unit([](UnitFacts& its) {
          its = UnitFacts{.load_state = "masked", .unit_file_state = "masked"};
        }),
        {"unit-not-enabled"},
        looked_up,
        "vipherd.service is masked"},
       {"masked until the next boot",
        unit([](UnitFacts& its) {
          its = UnitFacts{.load_state = "masked", .unit_file_state = "masked-runtime"};
        }),
        {"unit-not-enabled"}},
       {"failed", unit([](UnitFacts& its) { its.active_state = "failed"; }), {"unit-not-active"}},
       {"an unknown watchdog",
        unit([](UnitFacts& its) { its.watchdog_us.reset(); }),
        {"unit-watchdog"},
        cannot_tell},
       {"no watchdog", unit([](UnitFacts& its) { its.watchdog_us = 0; }), {"unit-watchdog"}},
       {"no restart", unit([](UnitFacts& its) { its.restart = "no"; }), {"unit-restart"}},
       {"no clean-up", unit([](UnitFacts& its) { its.cleans_up = false; }), {"unit-clean-up"}},
       {"killed early",
        unit([](UnitFacts& its) { its.stop_timeout_us = 5'000'000; }),
        {"unit-stop-timeout"}},
       {"few files", unit([](UnitFacts& its) { its.open_files = 1024; }), {"unit-open-files"}},
       {"open to all",
        [](Facts& facts) { (*facts.agent.control)->mode = 0666; },
        {"control-socket-open"}},
       {"others in the group",
        [](Facts& facts) { (*facts.agent.control)->members = {"ops"}; },
        {"control-socket-group"}}});
}

TEST(DoctorConfiguration, Invalid) {
  expect_found(good_node(), {{"an error",
                              [](Facts& facts) {
                                facts.config.reset();
                                facts.config_errors = {"vipherd.toml:1:1: a", "b"};
                              },
                              {"configuration-invalid"},
                              looked_up,
                              "vipherd.toml:1:1: a (and 1 more)"}});
}

}  // namespace
}  // namespace vipherd::doctor
