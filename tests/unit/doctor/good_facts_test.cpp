#include "unit/doctor/good_facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vipherd::doctor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kLists = R"(ip prefix-list POOL seq 10 permit 10.10.10.0/24 ge 32
ipv6 prefix-list POOL seq 10 permit 2001:db8:10::/64 ge 128
ip prefix-list NOTHING seq 10 deny any
ipv6 prefix-list NOTHING seq 10 deny any
route-map VIPHERD permit 10
 match ip address prefix-list POOL
 match tag 100
exit
route-map VIPHERD permit 20
 match ip address prefix-list POOL
 match tag 200
 set community graceful-shutdown additive
exit
route-map VIPHERD6 permit 10
 match ipv6 address prefix-list POOL
 match tag 100
exit
route-map VIPHERD6 permit 20
 match ipv6 address prefix-list POOL
 match tag 200
exit
)";

constexpr const char* kBgp = R"(frr defaults traditional
router bgp 65001
 bgp router-id 192.168.100.2
 no bgp default ipv4-unicast
 timers bgp 1 3
 neighbor 192.168.100.1 remote-as 65000
 neighbor 192.168.100.1 bfd
 neighbor 192.168.100.1 bfd profile vipherd
 neighbor fd00:192::1 remote-as 65000
 neighbor fd00:192::1 bfd
 neighbor fd00:192::1 bfd profile vipherd
 !
 address-family ipv4 unicast
  redistribute openfabric route-map VIPHERD
  neighbor 192.168.100.1 activate
  neighbor 192.168.100.1 prefix-list NOTHING in
  neighbor 192.168.100.1 prefix-list POOL out
 exit-address-family
 !
 address-family ipv6 unicast
  redistribute openfabric route-map VIPHERD6
  neighbor fd00:192::1 activate
  neighbor fd00:192::1 prefix-list NOTHING in
  neighbor fd00:192::1 prefix-list POOL out
 exit-address-family
exit
)";

constexpr const char* kOspf = R"(interface eth1
 ip ospf dead-interval minimal hello-multiplier 4
 ip ospf area 0
 ip ospf bfd
 ip ospf bfd profile vipherd
exit
router ospf
 ospf router-id 192.168.100.2
 timers throttle spf 0 50 500
 timers throttle lsa all 0
 timers lsa min-arrival 0
 redistribute openfabric metric 100 metric-type 1 route-map VIPHERD
exit
)";

constexpr const char* kOspf6 = R"(interface eth1
 ipv6 ospf6 area 0
 ipv6 ospf6 dead-interval 3
 ipv6 ospf6 bfd
 ipv6 ospf6 bfd profile vipherd
exit
router ospf6
 ospf6 router-id 192.168.100.2
 timers lsa min-arrival 0
 redistribute openfabric metric 100 metric-type 1 route-map VIPHERD6
 timers throttle spf 0 50 500
exit
)";

constexpr const char* kRouterBgp = R"(router bgp 65000
 bgp router-id 192.168.100.1
 no bgp default ipv4-unicast
 bgp bestpath as-path multipath-relax
 timers bgp 1 3
 neighbor LB4 peer-group
 neighbor LB4 remote-as 65001
 neighbor LB4 bfd profile vipherd
 neighbor LB6 peer-group
 neighbor LB6 remote-as 65001
 neighbor LB6 bfd profile vipherd
 bgp listen range 192.168.100.0/24 peer-group LB4
 bgp listen range fd00:192::/64 peer-group LB6
 address-family ipv4 unicast
  neighbor LB4 activate
  neighbor LB4 prefix-list POOL in
  neighbor LB4 prefix-list NOTHING out
  maximum-paths 64
 exit-address-family
 address-family ipv6 unicast
  neighbor LB6 activate
  neighbor LB6 prefix-list POOL in
  neighbor LB6 prefix-list NOTHING out
  maximum-paths 64
 exit-address-family
)";

constexpr const char* kSummary = R"({
"ipv4Unicast":{"routerId":"192.168.100.2","peers":{
 "192.168.100.1":{"state":"Established","peerState":"OK"}}},
"ipv6Unicast":{"routerId":"192.168.100.2","peers":{
 "fd00:192::1":{"state":"Established","peerState":"OK"}}}})";

constexpr const char* kNeighbours = R"({"neighbors":{"192.168.100.1":[{
 "ifaceAddress":"192.168.100.1","areaId":"0.0.0.0","ifaceName":"eth1","nbrState":"Full/DR",
 "routerDesignatedId":"192.168.100.1","optionsList":"*|-|-|-|-|-|E|-"}]}})";

constexpr const char* kNeighbours6 =
    R"(Neighbor ID     Pri    DeadTime    State/IfState         Duration I/F[State]
192.168.100.1   100    00:00:02     Full/DR              00:23:58 eth1[DROther]
)";

constexpr const char* kNetworkLsas = R"(
       OSPF Router with ID (192.168.100.2)


                Net Link States (Area 0.0.0.0)

  LS age: 1438
  Options: 0x2  : *|-|-|-|-|-|E|-
  LS Flags: 0x6
  LS Type: network-LSA
  Link State ID: 192.168.100.1 (address of Designated Router)
  Advertising Router: 192.168.100.1
  LS Seq Number: 80000002
  Checksum: 0xe265
  Length: 36

  Network Mask: /24
        Attached Router: 192.168.100.1
        Attached Router: 192.168.100.2
        Attached Router: 192.168.100.3

)";

model::Config good_config() {
  model::Config config;
  config.vips.pool = {IpPrefix::parse("10.10.10.0/24").value(),
                      IpPrefix::parse("2001:db8:10::/64").value()};
  model::ServiceConfig web;
  web.name = "web";
  web.vips = {address("10.10.10.10"), address("2001:db8:10::10")};
  model::CheckConfig check;
  check.type = "http";
  check.settings.target = SocketAddress{address("127.0.0.1"), 80};
  web.checks = {check};
  config.services = {web};
  return config;
}

void add_daemon(Facts& facts, const std::string& name, const std::string& running) {
  facts.frr.daemons[name].running = told(running);
}

}  // namespace

Facts good_node() {
  Facts facts;
  facts.host = "lb1";
  facts.config = good_config();
  facts.kernel.release = told("6.1.0-28-amd64");
  facts.kernel.interfaces = std::vector<Interface>();
  add_interface(facts, "lo", {"127.0.0.1/8", "::1/128"});
  add_interface(facts, "eth1", {"192.168.100.2/24", "fd00:192::2/64", "fe80::2/64"});
  for (const char* key : {"all/rp_filter", "all/arp_ignore", "all/arp_announce"}) {
    set(facts, std::string("net/ipv4/conf/") + key, "0");
  }
  set(facts, "net/ipv6/conf/all/keep_addr_on_down", "0");
  set(facts, "net/ipv4/tcp_mtu_probing", "1");
  set(facts, "net/mptcp/enabled", "1");
  facts.mptcp.endpoints = std::optional<std::string>("[]");
  set(facts, "net/ipv4/fib_multipath_hash_policy", "0");
  set(facts, "net/ipv6/fib_multipath_hash_policy", "0");
  set(facts, "net/ipv4/fib_multipath_use_neigh", "1");
  facts.listeners =
      std::vector<Listener>{{false, address("0.0.0.0"), 80}, {false, address("::"), 80}};
  facts.frr.enabled = told("bgpd=yes\nospfd=yes\nospf6d=yes\nbfdd=yes\n");
  facts.frr.version = told("8.4.4");
  facts.frr.zserv = Result<void>();
  facts.frr.saved = told(std::string(kLists) + kBgp + kOspf + kOspf6);
  add_daemon(facts, "zebra", std::string(kLists) + "zebra work-queue 0\n");
  add_daemon(facts, "bgpd", std::string(kBgp) + kLists);
  add_daemon(facts, "ospfd", std::string(kOspf) + kLists);
  add_daemon(facts, "ospf6d", std::string(kOspf6) + kLists);
  add_daemon(facts, "bfdd", "bfd\n profile vipherd\n  transmit-interval 100\n exit\n !\n");
  auto& daemons = facts.frr.daemons;
  daemons["bgpd"].neighbours.emplace("", told(kSummary));
  daemons["ospfd"].neighbours.emplace("", told(kNeighbours));
  daemons["ospfd"].network_lsas.emplace("", told(kNetworkLsas));
  daemons["ospf6d"].neighbours.emplace("", told(kNeighbours6));
  for (const char* name : {"bgpd", "ospfd", "ospf6d"}) {
    daemons[name].router_ids.emplace("", address("192.168.100.2"));
  }
  facts.managers.networkd = false;
  facts.agent.systemd = true;
  facts.agent.unit = UnitFacts{.load_state = "loaded",
                               .unit_file_state = "enabled",
                               .restart = "always",
                               .user = "frr",
                               .active_state = "active",
                               .watchdog_us = 2'000'000,
                               .open_files = 65536,
                               .stop_timeout_us = 20'000'000,
                               .cleans_up = true};
  facts.agent.control = std::optional(AgentFacts::Socket{0660, "frr"});
  return facts;
}

Facts good_router() {
  Facts facts = good_node();
  facts.host = "router";
  facts.role = Role::router;
  facts.config.reset();
  set(facts, "net/ipv4/fib_multipath_hash_policy", "1");
  set(facts, "net/ipv6/fib_multipath_hash_policy", "1");
  facts.frr.daemons["bgpd"].running = told(std::string(kRouterBgp) + kLists);
  return facts;
}

std::vector<std::string> ids_of(const Report& report) {
  std::vector<std::string> ids;
  for (const Finding& finding : report.findings) ids.emplace_back(finding.rule->id);
  return ids;
}

/// Of a router what its hashing costs, which is not to be had without.
TEST(DoctorGoodFacts, NothingIsWrong) {
  EXPECT_THAT(ids_of(examine(good_node())), IsEmpty());
  const Report report = examine(good_router());
  ASSERT_THAT(ids_of(report), ElementsAre("icmp-errors-by-ports"));
  EXPECT_EQ(report.findings[0].seen,
            "net.ipv4.fib_multipath_hash_policy = 1 and net.ipv6.fib_multipath_hash_policy = 1");
  EXPECT_EQ(report.problems() + report.unknown(), 0u);
}

TEST(DoctorGoodFacts, WhatWasNotLookedAtIsNeverGood) {
  const auto unknown = [](Role role) {
    Facts facts;
    facts.role = role;
    facts.agent.systemd = true;
    const Report report = examine(facts);
    EXPECT_EQ(report.problems() + report.notices(), 0u);
    EXPECT_EQ(report.unknown(), report.findings.size());
    return ids_of(report);
  };
  EXPECT_THAT(
      unknown(Role::node),
      ElementsAre("node-hash", "vip-on-interface", "vip-in-subnet", "arp-flux", "keep-addr-on-down",
                  "rp-filter", "tcp-mtu-probing", "networkd-foreign-routes", "networkd-lo",
                  "frr-daemon-disabled", "frr-daemon-disabled", "frr-daemon-disabled", "frr-zserv",
                  "frr-not-saved", "unit-missing", "control-socket-open", "mptcp-enabled"));
  EXPECT_THAT(
      unknown(Role::router),
      ElementsAre("kernel-ecmp-ipv4", "kernel-ecmp-ipv6", "kernel-multipath", "ecmp-hash-ipv4",
                  "ecmp-hash-ipv6", "ecmp-dead-next-hop", "networkd-foreign-routes"));
}

}  // namespace vipherd::doctor
