// What is read of the host, and how it is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "doctor/read/bgp_neighbours.hpp"
#include "doctor/read/frr_policy.hpp"
#include "doctor/read/kernel_version.hpp"
#include "doctor/read/mptcp.hpp"
#include "doctor/read/nftables.hpp"
#include "doctor/read/sockets.hpp"
#include "doctor/rules/findings.hpp"
#include "unit/doctor/good_facts.hpp"

namespace vipherd::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(DoctorReading, KernelVersions) {
  EXPECT_EQ(parse_kernel_version("6.1.0-28-amd64"), (KernelVersion{6, 1}));
  EXPECT_EQ(parse_kernel_version("3.10-rc1"), (KernelVersion{3, 10}));
  EXPECT_LT((KernelVersion{4, 9}), (KernelVersion{4, 12}));
  for (const char* text : {"", "6", "6.", "x.1", "6.x"}) {
    EXPECT_FALSE(parse_kernel_version(text)) << text;
  }
}

/// With one chain at hook input.
std::string ruleset(const std::string& policy, const std::string& more, const char* family = "ip") {
  return R"({"nftables": [{"metainfo": {"version": "1.0.6"}}, {"chain": {"family": ")" +
         std::string(family) + R"(", "table": "t", "name": "in", "hook": "input", "policy": ")" +
         policy + R"("}})" + more + "]}";
}
std::string rule(const std::string& parts) {
  return R"(, {"rule": {"family": "ip", "table": "t", "chain": "in", "expr": [)" + parts + "]}}";
}
/// A comparison of UDP's destination port, as nft prints it.
std::string by_port(const std::string& op, const std::string& right, const char* protocol = "udp") {
  return R"({"match": {"op": ")" + op + R"(", "left": {"payload": {"protocol": ")" + protocol +
         R"(", "field": "dport"}}, "right": )" + right + R"(}}, {"accept": null})";
}
std::optional<std::string> closed(const std::string& json) {
  return closed_to_port(json, Family::ipv4, 6512).value();
}

TEST(DoctorReading, FirewallsThatNameNoPort) {
  const std::string mark =
      R"({"match": {"op": "==", "left": {"meta": {"key": "mark"}}, "right": 6512}}, {"accept": null})";
  for (const std::string& json :
       {ruleset("drop", ""), ruleset("accept", rule(R"({"drop": null})")),
        ruleset("accept", rule(R"({"log": null}, {"counter": {"packets": 6512}}, {"reject": {}})")),
        ruleset("drop", rule(by_port("==", "6511"))), ruleset("drop", rule(mark)),
        ruleset("drop", rule(R"({"counter": {"packets": 6512, "bytes": 6512}})")),
        ruleset("drop", rule(by_port("==", R"({"range": [1024, 65535]})", "tcp"))),
        ruleset("drop", rule(by_port("<", "1024"))), ruleset("drop", rule(by_port(">", "6512"))),
        ruleset("drop", R"(, {"set": {"family": "inet", "table": "other", "elem": [6512]}})"),
        // Established connections: a sibling's heartbeats may be one, but the first has to get in.
        ruleset("drop", rule(R"({"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set":)"
                             R"( [["established", {"accept": null}]]}}})"))}) {
    EXPECT_EQ(closed(json), "chain in of table ip t") << json;
  }
}

TEST(DoctorReading, FirewallsThatAreOpenOrNameThePort) {
  for (const std::string& json :
       {ruleset("accept", ""), ruleset("accept", rule(by_port("==", "1") + R"(, {"drop": null})")),
        ruleset("accept", rule(R"({"ct count": {"val": 20}}, {"reject": {}})")),
        ruleset("accept", rule(R"({"quota": {"val": 1}}, {"drop": null})")),
        ruleset("drop", rule(R"({"counter": {}}, {"accept": null})")),
        ruleset("drop", rule(by_port("==", "6512"))),
        ruleset("drop", rule(by_port("==", R"({"range": [6000, 7000]})"))),
        ruleset("drop", rule(by_port("==", R"({"set": [22, 6512]})"))),
        ruleset("drop", rule(by_port("==", R"({"set": [{"concat": ["192.0.2.2", 6512]}]})"))),
        ruleset("drop", rule(by_port(">=", "1024"))), ruleset("drop", rule(by_port("!=", "53"))),
        ruleset("drop",
                rule(R"({"vmap": {"key": {"payload": {"protocol": "udp"}}, "data": {"set":)"
                     R"( [[53, {"drop": null}], [{"range": [6000, 7000]}, {"accept": 1}]]}}})")),
        ruleset("drop",
                R"(, {"set": {"family": "ip", "table": "t", "elem": [{"range": [6511, 6512]}]}})"),
        ruleset(
            "drop",
            R"(, {"map": {"family": "ip", "table": "t", "elem": [[{"elem": {"val": 6512}}, 1]]}})"),
        ruleset("drop", "", "ip6"), ruleset("drop", "", "bridge"),
        std::string(R"({"nftables": [{"chain": {"family": "inet", "table": "t", "name": "out",)"
                    R"( "hook": "output", "policy": "drop"}}]})"),
        std::string(R"({"nftables": []})")}) {
    EXPECT_EQ(closed(json), std::nullopt) << json;
  }
}

TEST(DoctorReading, RulesThatNftDoesNotShow) {
  for (const char* hidden : {R"({"xt": {"type": "match", "name": "multiport"}}, {"accept": null})",
                             R"("jump {\n\t\t\tudp dport 6512 accept\n\t\t}")"}) {
    EXPECT_EQ(closed_to_port(ruleset("drop", rule(hidden)), Family::ipv4, 6512).error().what,
              "nft does not show all rules: those of iptables, say");
    // In a table that no packet to the node meets they do not matter.
    EXPECT_EQ(closed_to_port(ruleset("drop", rule(hidden), "inet"), Family::ipv4, 6512).value(),
              "chain in of table inet t");
  }
}

TEST(DoctorReading, WhatNftAndIpMayPrintInstead) {
  for (const char* text : {"", "{", "[]", R"({"nftables": 1})", "Error: syntax error"}) {
    EXPECT_FALSE(closed_to_port(text, Family::ipv4, 6512)) << text;
  }
  // Whatever lies where something else is expected.
  for (const char* text :
       {R"({"nftables": [1, {"chain": {}}, {"rule": {}}, {"rule": {"expr": 3}}]})",
        R"({"nftables": [{"set": {"elem": "x"}}, {"chain": {"hook": 7}}, {"map": []}]})"}) {
    EXPECT_EQ(closed(text), std::nullopt) << text;
  }
  EXPECT_FALSE(read_signalled("add_addr"));
  EXPECT_EQ(read_signalled(" \n").value(), std::vector<IpAddress>());
  EXPECT_EQ(read_signalled(R"([1, {"address": 2}, {"address": "x", "signal": true}])").value(),
            std::vector<IpAddress>());
  EXPECT_EQ(read_most_subflows("subflows"), std::nullopt);
  EXPECT_EQ(read_most_subflows("none"), std::nullopt);
  EXPECT_EQ(read_most_subflows("subflows 99999999999999"), std::nullopt);
  EXPECT_FALSE(read_rule_sources("{}"));
  EXPECT_EQ(
      read_rule_sources(R"([{"src": "192.0.2.1", "srclen": 900}, {"src": "all"}, 7])").value(),
      std::vector<IpPrefix>({{address("192.0.2.1"), 32}}));
}

TEST(DoctorReading, Listeners) {
  std::vector<Listener> found;
  append_listeners(found,
                   "  sl  local_address rem_address   st tx_queue\n"
                   "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000\n"
                   "   1: 0A0A0A0A:0050 0B0A0A0A:9C40 01 00000000:00000000\n"
                   "   2: 00000000000000000000000000000000:0050 0:0 0A 0:0\n"
                   "   3: B80D0120000010000000000010000000:0050 0:0 0A 0:0\n"
                   "   4: XX:0050 0:0 0A\n   5: 0100007F:50\n\n",
                   false);
  append_listeners(found, "  1: 00000000:0035 00000000:0000 07 0\n  2: 0100007F:0035 0:0 01\n",
                   true);
  EXPECT_THAT(found, ElementsAre(Listener{false, address("127.0.0.1"), 8080},
                                 Listener{false, address("::"), 80},
                                 Listener{false, address("2001:db8:10::10"), 80},
                                 Listener{true, address("0.0.0.0"), 53}));
}

TEST(DoctorReading, WhichInterfacesAreUplinks) {
  const auto is_uplink = [](std::uint32_t flags, bool vrf_device = false) {
    const Interface one{.name = "x",
                        .flags = flags,
                        .vrf_device = vrf_device,
                        .addresses = {on_interface("192.168.100.2/24")}};
    return !uplinks({one}).empty();
  };
  EXPECT_TRUE(is_uplink(IFF_UP | IFF_BROADCAST));
  EXPECT_FALSE(is_uplink(IFF_BROADCAST));
  EXPECT_FALSE(is_uplink(IFF_UP | IFF_LOOPBACK));
  EXPECT_FALSE(is_uplink(IFF_UP | IFF_BROADCAST | IFF_NOARP));   // a dummy
  EXPECT_TRUE(is_uplink(IFF_UP | IFF_POINTOPOINT | IFF_NOARP));  // a tunnel
  EXPECT_FALSE(is_uplink(IFF_UP | IFF_NOARP, true));
}

PolicyResult by_list(const std::string& lines, const char* vip) {
  return FrrPolicy(parse_frr_config(lines)).apply_prefix_list("L", address(vip));
}

TEST(DoctorReading, PrefixListsAsFrrAppliesThem) {
  using Kind = PolicyResult::Kind;
  EXPECT_EQ(by_list("ip prefix-list L seq 5 permit 10.0.0.0/8 le 32", "10.1.1.1").kind,
            Kind::permitted);
  EXPECT_EQ(by_list("ip prefix-list L seq 5 permit 10.0.0.0/8 le 31", "10.1.1.1").kind,
            Kind::denied_by_list);
  EXPECT_EQ(by_list("ip prefix-list L seq 5 permit 10.0.0.0/8", "10.1.1.1").kind,
            Kind::denied_by_list);
  EXPECT_EQ(by_list("ip prefix-list L seq 5 permit 10.1.1.1/32", "10.1.1.1").kind, Kind::permitted);
  EXPECT_EQ(by_list("ip prefix-list L seq 5 permit any", "10.1.1.1").kind, Kind::permitted);
  EXPECT_EQ(by_list("ipv6 prefix-list L seq 5 permit any", "10.1.1.1").kind, Kind::missing);
  // The lowest number first, wherever it stands.
  EXPECT_EQ(
      by_list("ip prefix-list L seq 10 permit any\nip prefix-list L seq 5 deny any", "10.1.1.1"),
      (PolicyResult{Kind::denied_by_list, "ip prefix-list L seq 5 denies it"}));
  EXPECT_EQ(by_list("ip prefix-list L seq 5 permit 10.1.1.2/32", "10.1.1.1").lacking, "L");
}

PolicyResult by_map(const std::string& lines) {
  return FrrPolicy(parse_frr_config(lines)).apply_route_map("M", address("10.1.1.1"), 100);
}

TEST(DoctorReading, RouteMapsAsFrrAppliesThem) {
  using Kind = PolicyResult::Kind;
  EXPECT_EQ(by_map("route-map M permit 10\n").kind, Kind::permitted);
  EXPECT_EQ(by_map("route-map M deny 10\n").kind, Kind::denied);
  EXPECT_EQ(
      by_map("route-map M permit 10\n match tag 1\nroute-map M permit 20\n match tag 100\n").kind,
      Kind::permitted);
  EXPECT_EQ(by_map("route-map M permit 10\n match ipv6 address prefix-list L\n").kind,
            Kind::denied);
  EXPECT_EQ(by_map("route-map M permit 10\n match ip address prefix-list L\n").kind,
            Kind::denied_by_list);
  EXPECT_EQ(by_map("route-map M permit 10\n call N\n").kind, Kind::unknown);
  // Another tag decides, whatever else is not known.
  EXPECT_EQ(by_map("route-map M permit 10\n match metric 5\n match tag 1\n").kind, Kind::denied);
  EXPECT_EQ(by_map("route-map N permit 10\n").kind, Kind::missing);
}

/// An entry is added to a list only where that alone lets the VIP pass.
TEST(DoctorReading, WhichPrefixListLacksTheVip) {
  constexpr const char* kPermit = "route-map M permit 20\n match ip address prefix-list L\n";
  constexpr const char* kDeny = "route-map M deny 10\n match ip address prefix-list ";
  const std::string others = "ip prefix-list L seq 5 permit 10.1.1.2/32\n";
  const auto map = [&](const std::string& lines) { return by_map(others + lines); };
  EXPECT_EQ(map(kPermit),
            (PolicyResult{
                PolicyResult::Kind::denied_by_list,
                "route-map M permit 20: match ip address prefix-list L does not permit it", "L"}));
  EXPECT_EQ(by_map(kPermit).lacking, "L");  // there is none yet
  EXPECT_EQ(map(std::string(kDeny) + "D\n" + kPermit).lacking, "L");
  // Of an entry that denies.
  EXPECT_EQ(map(std::string(kDeny) + "L\n"),
            (PolicyResult{PolicyResult::Kind::denied, "route-map M has no entry for tag 100"}));
  EXPECT_EQ(map(std::string(kDeny) + "L\n" + kPermit).lacking, "");
  // The list denies it, whatever stands at its end.
  EXPECT_EQ(map("ip prefix-list L seq 9 deny any\n" + std::string(kPermit)).kind,
            PolicyResult::Kind::denied_by_list);
  EXPECT_EQ(map("ip prefix-list L seq 9 deny any\n" + std::string(kPermit)).lacking, "");
}

TEST(DoctorReading, NeighboursAndTheirGroups) {
  const FrrConfig config = parse_frr_config(
      "router bgp 65001\n neighbor UP peer-group\n neighbor UP remote-as external\n"
      " neighbor eth1 interface peer-group UP\n neighbor eth2 interface remote-as 65009\n"
      " neighbor 10.0.0.1 remote-as internal\n neighbor IDLE peer-group\n"
      " address-family ipv4 unicast\n  neighbor UP route-map M out\n"
      "  neighbor eth1 prefix-list P out\n  no neighbor 10.0.0.1 activate\n exit-address-family\n");
  const BgpNeighbours found(config, "router bgp 65001");
  EXPECT_THAT(found.names(), ElementsAre("eth1", "eth2", "10.0.0.1"));
  EXPECT_TRUE(found.is_external("eth1"));
  EXPECT_TRUE(found.is_external("eth2"));
  EXPECT_FALSE(found.is_external("10.0.0.1"));
  EXPECT_FALSE(found.is_active("10.0.0.1", true));
  EXPECT_TRUE(found.is_active("eth1", true));
  EXPECT_FALSE(found.is_active("eth1", false));
  EXPECT_THAT(found.filters("eth1", "address-family ipv4 unicast", "out"),
              ElementsAre(std::pair("prefix-list", "P"), std::pair("route-map", "M")));
}

TEST(DoctorReading, NeighboursAreActiveAsTheirGroupIs) {
  const auto active = [](const std::string& lines, bool ipv4 = true) {
    const FrrConfig config = parse_frr_config(
        "router bgp 65001\n neighbor UP peer-group\n neighbor 10.0.0.1 peer-group UP\n"
        " address-family " +
        std::string(ipv4 ? "ipv4" : "ipv6") + " unicast\n" + lines);
    return BgpNeighbours(config, "router bgp 65001").is_active("10.0.0.1", ipv4);
  };
  EXPECT_TRUE(active(""));
  EXPECT_FALSE(active("", false));
  EXPECT_FALSE(active("  no neighbor UP activate\n"));
  EXPECT_TRUE(active("  neighbor UP activate\n", false));
  // Its own line counts for more.
  EXPECT_TRUE(active("  no neighbor UP activate\n  neighbor 10.0.0.1 activate\n"));
  EXPECT_FALSE(active("  neighbor UP activate\n  no neighbor 10.0.0.1 activate\n", false));
}

Report report_of(Facts facts) { return examine(facts); }

TEST(DoctorTelling, JsonHasEverything) {
  Facts facts = good_node();
  set(facts, "net/ipv4/tcp_mtu_probing", "0");
  const auto json = nlohmann::json::parse(render_json(report_of(facts)));
  EXPECT_EQ(json["host"], "lb1");
  EXPECT_EQ(json["role"], "node");
  EXPECT_EQ(json["notices"], 1);
  ASSERT_EQ(json["findings"].size(), 1u);
  EXPECT_EQ(json["findings"][0]["id"], "tcp-mtu-probing");
  EXPECT_EQ(json["findings"][0]["certainty"], "looked up");
  EXPECT_EQ(json["findings"][0]["sysctls"]["net.ipv4.tcp_mtu_probing"], "1");
}

TEST(DoctorTelling, WhatIsAProblemComesFirst) {
  Facts facts = good_node();
  set(facts, "net/ipv4/tcp_mtu_probing", "0");
  facts.listeners->clear();
  facts.frr.saved = fail("cannot read");
  const std::string text = render_text(report_of(facts));
  EXPECT_THAT(text, HasSubstr("lb1, a node: 1 problem, 1 notice, and 1 not known\n"));
  EXPECT_LT(text.find("PROBLEM  service-not-listening"), text.find("CANNOT TELL  frr-not-saved"));
  EXPECT_LT(text.find("CANNOT TELL"), text.find("NOTICE  tcp-mtu-probing"));
}

TEST(DoctorTelling, ScriptChangesNothingThatOthersWrote) {
  Facts facts = good_node();
  add_interface(facts, "a'$(x);b", {"10.10.10.10/32"});
  facts.managers.files["/etc/netplan/1\n rm -rf x.yaml"] = "10.10.10.10";
  const std::string script = render_script(report_of(facts));
  EXPECT_THAT(script, HasSubstr("ip address del 10.10.10.10/32 dev 'a'\\''$(x);b'\n"));
  EXPECT_THAT(script, Not(HasSubstr("\n rm")));
}

/// vipherd's own lines would be in force from FRR's next start on.
TEST(DoctorTelling, ScriptDoesNotSaveWhatVipherdWrote) {
  constexpr const char* kOurs =
      "router bgp 65001\n address-family ipv4 unicast\n"
      "  network 10.10.10.10/32 route-map VIPHERD-VTY-0123456789ABCDEF\n";
  const auto saves = [](Facts facts, const std::string& running) {
    replace(facts, "zebra", "zebra work-queue 0\n", "");
    replace(facts, "ospfd", "exit\n", "exit\n" + running);
    const std::string script = render_script(examine(facts));
    EXPECT_THAT(script, HasSubstr("-c 'zebra work-queue 0'\n"));
    const bool by_hand = script.find("by hand in /etc/frr/frr.conf") != std::string::npos;
    EXPECT_NE(by_hand, script.find("write memory'") != std::string::npos) << script;
    return !by_hand;
  };
  for (const Facts& good : {good_node(), good_router()}) {
    EXPECT_TRUE(saves(good, ""));
    EXPECT_FALSE(saves(good, kOurs));
    Facts silent = good;
    silent.frr.daemons["ospf6d"].running = fail("Permission denied");
    EXPECT_FALSE(saves(silent, ""));
    silent.frr.daemons["ospf6d"].absent = true;
    EXPECT_TRUE(saves(silent, ""));
  }
  Facts vty = good_node();
  vty.frr_config.announcer = model::Announcer::vty;
  EXPECT_FALSE(saves(vty, ""));
}

TEST(DoctorTelling, ScriptWritesSettingsOnceAtItsEnd) {
  Facts facts = good_router();
  set(facts, "net/ipv4/fib_multipath_hash_policy", "0");
  set(facts, "net/ipv6/fib_multipath_hash_policy", "0");
  EXPECT_THAT(render_script(report_of(facts)),
              HasSubstr("cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'\n"
                        "net.ipv4.fib_multipath_hash_policy = 1\n"
                        "net.ipv6.fib_multipath_hash_policy = 1\n"
                        "END\nsysctl -p /etc/sysctl.d/61-vipherd-doctor.conf\n"));
}

TEST(DoctorTelling, SettingsOfInterfacesWithDots) {
  EXPECT_EQ(sysctl_name("net/ipv4/conf/eth0/rp_filter"), "net.ipv4.conf.eth0.rp_filter");
  EXPECT_EQ(sysctl_name("net/ipv4/conf/eth0.10/rp_filter"), "net/ipv4/conf/eth0.10/rp_filter");
}

}  // namespace
}  // namespace vipherd::doctor
