#include "vipherd/wire/vty/config.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "vipherd/wire/vty/vty.hpp"

namespace vipherd::wire::vty {
namespace {

using State = Holding::State;

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

constexpr std::string_view kBgp = R"(frr version 8.4.4
!
router bgp 65001
 bgp router-id 192.168.100.2
 !
 address-family ipv4 unicast
  network 10.10.10.10/32 route-map VIPHERD-VTY-0123456789ABCDEF
  network 10.10.10.11/32 route-map SOMEBODY
  network 10.10.10.12/32
  network 10.10.10.0/24 route-map VIPHERD-VTY-0123456789ABCDEF
  network 10.10.10.13/32 route-map VIPHERD-VTY-MINE
 exit-address-family
 !
 address-family ipv6 unicast
  network 2001:db8:10::10/128 route-map VIPHERD-VTY-0000000000000000
 exit-address-family
exit
!
router bgp 65002 vrf red
 !
 address-family ipv4 unicast
  network 10.10.10.14/32 route-map VIPHERD-VTY-0123456789ABCDEF
 exit-address-family
exit
!
route-map SOMEBODY permit 10
exit
route-map VIPHERD-VTY-0123456789ABCDEF permit 10
 set metric 5
exit
)";

TEST(VtyBgpConfig, HasOurStatementsOfTheDefaultVrfAndNoOthers) {
  const BgpConfig expected{"65001",
                           {{ip("10.10.10.10"), "VIPHERD-VTY-0123456789ABCDEF"},
                            {ip("2001:db8:10::10"), "VIPHERD-VTY-0000000000000000"}},
                           {{"VIPHERD-VTY-0123456789ABCDEF", {{"permit 10", {"set metric 5"}}}}}};
  EXPECT_EQ(parse_bgp_config(kBgp).value(), expected);
}

TEST(VtyBgpConfig, NeedsTheInstanceOfTheDefaultVrf) {
  EXPECT_EQ(parse_bgp_config("router bgp 65002 vrf red\nexit\n").error().what,
            "bgpd has no \"router bgp\" in the default VRF");
  EXPECT_EQ(parse_bgp_config("router bgp 1.1 as-notation dot+\n").value().as_number, "1.1");
}

std::string golden(const std::string& name) {
  const char* source = std::getenv("VIPHERD_SOURCE");
  std::ifstream file(std::string(source ? source : ".") + "/tests/golden/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(VtyRouteMap, SetsWhatTheRouteSays) {
  const RouteMap plain = make_route_map({100, 7, {}}, "65001");
  EXPECT_EQ(plain.lines, (std::vector<std::string>{"set metric 7", "set tag 100"}));
  model::RouteAttributes route{
      100, 7, {5, {"65001:100", "graceful-shutdown"}, {"65001:1:2"}, 2, 100}};
  std::string lines;
  for (const std::string& line : make_route_map(route, "65001").lines) lines += line + "\n";
  // The end-to-end tests give this file to a real bgpd.
  EXPECT_EQ(lines, golden("vty_route_map.txt"));
}

TEST(VtyRouteMap, MakesADrainedRouteTheLeastPreferred) {
  EXPECT_EQ(make_route_map({200, 7, {}}, "65001").lines,
            (std::vector<std::string>{"set metric 16777214", "set tag 200",
                                      "set community graceful-shutdown additive"}));
  model::RouteAttributes route{200, 7, {}};
  route.announce.med = 9;
  route.announce.communities = {"65001:9"};
  EXPECT_EQ(
      make_route_map(route, "65001").lines,
      (std::vector<std::string>{"set metric 9", "set tag 200", "set community 65001:9 additive"}));
}

TEST(VtyRouteMap, IsNamedAfterWhatItSets) {
  const std::string name = make_route_map({100, 0, {}}, "65001").name;
  // The name is found again by later versions: it must never change.
  EXPECT_EQ(name, "VIPHERD-VTY-A56E823C46310842");
  EXPECT_EQ(name, make_route_map({100, 0, {}}, "65002").name);
  EXPECT_NE(name, make_route_map({100, 1, {}}, "65001").name);
}

// ---------------------------------------------------------------------------------- OSPF

constexpr std::string_view kOspf = R"(frr version 8.4.4
!
interface eth1
 ip ospf area 0
exit
!
router ospf
 ospf router-id 192.168.100.2
 redistribute kernel metric 100 metric-type 1 route-map LAB-FLOOR
 redistribute connected metric 100 metric-type 1 route-map VIPHERD-OSPF
exit
!
ip prefix-list SOMEBODY seq 10 permit 10.10.10.0/24 ge 32
ip prefix-list VIPHERD-VTY-100 seq 1 permit 10.10.10.10/31 ge 32
ip prefix-list VIPHERD-VTY-100 seq 2 permit 10.10.10.12/32
ip prefix-list VIPHERD-VTY-100 seq 9 deny any
ip prefix-list VIPHERD-VTY-X seq 1 permit 10.10.10.13/32
!
route-map VIPHERD-OSPF permit 10
 match ip address prefix-list VIPHERD-VTY-100
exit
!
route-map VIPHERD-OSPF permit 20
 match ip address prefix-list VIPHERD-VTY-200
exit
!
route-map UNUSED permit 10
 match ip address prefix-list VIPHERD-VTY-300
exit
)";

TEST(VtyOspfConfig, HasOurListsAndTheLineThatRefersToThem) {
  OspfConfig expected;
  expected.lists["VIPHERD-VTY-100"] = {{1, "permit 10.10.10.10/31 ge 32"},
                                       {2, "permit 10.10.10.12/32"}};
  expected.taken["VIPHERD-VTY-100"] = {9};
  expected.referred = {"VIPHERD-VTY-100", "VIPHERD-VTY-200"};
  expected.reapply["router ospf"] = {
      "redistribute connected metric 100 metric-type 1 route-map VIPHERD-OSPF"};
  EXPECT_EQ(parse_ospf_config(kOspf, Family::ipv4).value(), expected);
}

TEST(VtyOspfConfig, OfOspf6dIsALineOfAnInterface) {
  const auto config = parse_ospf_config(
      "interface lo\n ipv6 ospf6 area 0\n ipv6 ospf6 advertise prefix-list VIPHERD-VTY\nexit\n"
      "ipv6 prefix-list VIPHERD-VTY seq 3 permit 2001:DB8:10:0::10/127 ge 128\n",
      Family::ipv6);
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->advertises);
  EXPECT_EQ(config->referred, std::set<std::string>{"VIPHERD-VTY"});
  EXPECT_EQ(config->reapply.at("interface lo"),
            std::set<std::string>{"ipv6 ospf6 advertise prefix-list VIPHERD-VTY"});
  EXPECT_EQ(config->lists.at("VIPHERD-VTY").at(3), "permit 2001:db8:10::10/127 ge 128");
}

TEST(VtyOspfConfig, NeedsSomethingThatRefersToAList) {
  EXPECT_FALSE(parse_ospf_config("router ospf\nexit\n", Family::ipv4));
  EXPECT_FALSE(parse_ospf_config("", Family::ipv6));
}

TEST(VtyPrefixList, SelectsByTag) {
  EXPECT_TRUE(selects("VIPHERD-VTY", 300));
  EXPECT_TRUE(selects("VIPHERD-VTY-100", 100));
  EXPECT_FALSE(selects("VIPHERD-VTY-100", 10));
  EXPECT_FALSE(selects("SOMEBODY", 100));
}

std::vector<std::string> cover_texts(std::set<IpAddress> addresses) {
  std::vector<std::string> texts;
  for (const IpPrefix& prefix : cover(addresses)) texts.push_back(permit(prefix));
  return texts;
}

TEST(VtyPrefixList, CoversExactlyTheAddressesWithTheFewestPrefixes) {
  EXPECT_EQ(cover_texts({}), std::vector<std::string>{});
  EXPECT_EQ(cover_texts({ip("10.0.0.1"), ip("10.0.0.2"), ip("10.0.0.3"), ip("10.0.0.4")}),
            (std::vector<std::string>{"permit 10.0.0.1/32", "permit 10.0.0.2/31 ge 32",
                                      "permit 10.0.0.4/32"}));
  EXPECT_EQ(
      cover_texts({ip("2001:db8::"), ip("2001:db8::1"), ip("2001:db8::2"), ip("2001:db8::3")}),
      std::vector<std::string>{"permit 2001:db8::/126 ge 128"});
  // Neighbours of different families are no siblings.
  EXPECT_EQ(cover_texts({ip("255.255.255.255"), ip("::")}).size(), 2u);
}

TEST(VtyPrefixList, CoverAndItsReadingAreInverse) {
  for (std::uint32_t pattern = 0; pattern < 65536; pattern += 37) {
    std::set<IpAddress> addresses;
    for (std::uint8_t bit = 0; bit < 16; ++bit) {
      if ((pattern >> bit & 1) == 0) continue;
      const std::uint8_t bytes[4]{10, 0, 0, bit};
      addresses.insert(IpAddress::from_bytes(bytes));
    }
    std::set<IpAddress> read;
    for (const std::string& entry : cover_texts(addresses)) read.merge(permitted(entry));
    EXPECT_EQ(read, addresses) << pattern;
  }
}

TEST(VtyPrefixList, OnlyOurFormOfAnEntryIsRead) {
  for (const char* entry : {"permit 10.0.0.0/24", "permit 10.0.0.0/24 le 32", "deny 10.0.0.1/32",
                            "permit any", "permit 0.0.0.0/0 ge 32", "permit", ""}) {
    EXPECT_TRUE(permitted(entry).empty()) << entry;
  }
}

TEST(VtySavedConfig, IsSuspiciousOnlyWithOurOwnLines) {
  EXPECT_TRUE(has_own_lines(kBgp));
  EXPECT_TRUE(has_own_lines("ip prefix-list VIPHERD-VTY-100 seq 1 permit 10.10.10.10/32\n"));
  EXPECT_FALSE(
      has_own_lines("route-map VIPHERD-OSPF permit 10\n"
                    " match ip address prefix-list VIPHERD-VTY-100\n"
                    "interface lo\n ipv6 ospf6 advertise prefix-list VIPHERD-VTY\n"
                    "ip prefix-list VIPHERD-VTY seq 9 deny any\n"));
}

// ------------------------------------------------------------------------------- answers

TEST(VtyHolding, OfBgpdIsTheBestPathOfTheNetworkStatement) {
  const IpAddress vip = ip("10.10.10.10");
  EXPECT_EQ(show_bgp_command(vip), "show bgp ipv4 unicast 10.10.10.10/32 json");
  EXPECT_EQ(show_bgp_command(ip("2001:db8::1")), "show bgp ipv6 unicast 2001:db8::1/128 json");
  const auto state = [&](std::string_view answer) { return parse_bgp_path(answer, vip).state; };
  EXPECT_EQ(state("{\n}\n"), State::absent);
  EXPECT_EQ(state("% Network not in table"), State::unknown);
  EXPECT_EQ(state(R"({"paths":[{"origin":"IGP","valid":true,"sourced":true,"local":true,
                      "bestpath":{"overall":true}}]})"),
            State::held);
  EXPECT_EQ(state(R"({"paths":[{"origin":"IGP","valid":true,"sourced":true}]})"), State::blocked);
  // Learned from a neighbour, or redistributed.
  EXPECT_EQ(state(R"({"paths":[{"origin":"IGP","valid":true,"bestpath":{"overall":true}},
                      {"origin":"incomplete","valid":true,"sourced":true}]})"),
            State::absent);
  const Holding invalid = parse_bgp_path(
      R"({"paths":[{"origin":"IGP","valid":false,"sourced":true,"local":true}]})", vip);
  EXPECT_EQ(invalid.state, State::blocked);
  EXPECT_NE(invalid.detail.find("address on lo"), std::string::npos);
}

TEST(VtyHolding, OfOspfdIsAnExternalLsaThatIsNotBeingFlushed) {
  const IpAddress vip = ip("10.10.10.10");
  const auto state = [&](std::string_view answer) { return parse_ospf_lsa(answer, vip).state; };
  EXPECT_EQ(state(R"({"routerId":"1.1.1.1","asExternalLinkStates":[
                      {"lsaAge":0,"linkStateId":"10.10.10.10","networkMask":32}]})"),
            State::held);
  EXPECT_EQ(state(R"({"asExternalLinkStates":[{"lsaAge":3600,"linkStateId":"10.10.10.10"}]})"),
            State::absent);
  EXPECT_EQ(state(R"({"asExternalLinkStates":[{"lsaAge":0,"linkStateId":"10.10.10.11"}]})"),
            State::absent);
  EXPECT_EQ(state("{}"), State::unknown);
}

TEST(VtyHolding, OfOspf6dIsAPrefixThatTheNodeOriginates) {
  const IpAddress vip = ip("2001:db8:10::10");
  const auto state = [&](std::string_view answer) { return parse_ospf_lsa(answer, vip).state; };
  EXPECT_EQ(state(R"({"areaScopedLinkStateDb":[{"areaId":"0","lsa":[
                      {"type":"INP","age":3,"payload":"2001:db8:10::10/128"}]}]})"),
            State::held);
  EXPECT_EQ(state(R"({"asScopedLinkStateDb":[{"lsa":[]}]})"), State::absent);
  EXPECT_EQ(state("[]"), State::unknown);
}

// ---------------------------------------------------------------------------------- VRFs

constexpr const char* kBgpVrfs = R"(
router bgp 65001
 address-family ipv4 unicast
  network 10.10.10.10/32 route-map VIPHERD-VTY-0123456789ABCDEF
 exit-address-family
exit
!
router bgp 65009 vrf blue
 address-family ipv4 unicast
  network 10.10.10.11/32 route-map VIPHERD-VTY-0123456789ABCDEF@blue
  network 10.10.10.12/32 route-map VIPHERD-VTY-0123456789ABCDEF
  network 10.10.10.13/32 route-map VIPHERD-VTY-0123456789ABCDEF@blue@1
 exit-address-family
exit
!
router bgp 65009 vrf blue2
exit
!
route-map VIPHERD-VTY-0123456789ABCDEF permit 10
exit
route-map VIPHERD-VTY-0123456789ABCDEF@blue permit 10
exit
)";

TEST(VtyVrf, OursInOneAreNotAnothers) {
  const BgpConfig blue{"65009",
                       {{ip("10.10.10.11"), "VIPHERD-VTY-0123456789ABCDEF@blue"}},
                       {{"VIPHERD-VTY-0123456789ABCDEF@blue", {{"permit 10", {}}}}}};
  EXPECT_EQ(parse_bgp_config(kBgpVrfs, "blue").value(), blue);
  const BgpConfig main{"65001",
                       {{ip("10.10.10.10"), "VIPHERD-VTY-0123456789ABCDEF"}},
                       {{"VIPHERD-VTY-0123456789ABCDEF", {{"permit 10", {}}}}}};
  EXPECT_EQ(parse_bgp_config(kBgpVrfs).value(), main);
  EXPECT_EQ(parse_bgp_config(kBgpVrfs, "red").error().what,
            "bgpd has no \"router bgp\" in VRF red");
  EXPECT_EQ(vrfs_with_own_lines(kBgpVrfs), (std::set<std::string>{"blue", "blue@1"}));
  EXPECT_TRUE(vrfs_with_own_lines(kBgp).empty());
}

TEST(VtyVrf, RouteMapsAreNamedAfterIt) {
  EXPECT_EQ(make_route_map({100, 0, {}}, "65001", "blue").name,
            "VIPHERD-VTY-A56E823C46310842@blue");
}

TEST(VtyVrf, ListsAreItsOwn) {
  const std::string running = R"(
ip prefix-list VIPHERD-VTY-100 seq 1 permit 10.10.10.10/32
ip prefix-list VIPHERD-VTY-100@blue seq 1 permit 10.10.10.11/32
router ospf
 redistribute connected route-map MAIN
exit
router ospf vrf blue
 redistribute connected route-map BLUE
exit
route-map MAIN permit 10
 match ip address prefix-list VIPHERD-VTY-100
exit
route-map BLUE permit 10
 match ip address prefix-list VIPHERD-VTY-100@blue
exit
)";
  OspfConfig blue;
  blue.lists["VIPHERD-VTY-100@blue"] = {{1, "permit 10.10.10.11/32"}};
  blue.referred = {"VIPHERD-VTY-100@blue"};
  blue.reapply["router ospf vrf blue"] = {"redistribute connected route-map BLUE"};
  EXPECT_EQ(parse_ospf_config(running, Family::ipv4, "blue").value(), blue);
  OspfConfig main;
  main.lists["VIPHERD-VTY-100"] = {{1, "permit 10.10.10.10/32"}};
  main.referred = {"VIPHERD-VTY-100"};
  main.reapply["router ospf"] = {"redistribute connected route-map MAIN"};
  EXPECT_EQ(parse_ospf_config(running, Family::ipv4).value(), main);
  EXPECT_THAT(parse_ospf_config(running, Family::ipv4, "red").error().what,
              testing::HasSubstr("VIPHERD-VTY@red"));
  EXPECT_TRUE(has_own_lines("ip prefix-list VIPHERD-VTY@blue seq 1 permit 10.10.10.10/32\n"));
  EXPECT_TRUE(selects("VIPHERD-VTY-100@blue", 100, "blue"));
  EXPECT_TRUE(selects("VIPHERD-VTY@100", 7, "100"));
  EXPECT_FALSE(selects("VIPHERD-VTY-100@blue", 100, ""));
  EXPECT_FALSE(selects("VIPHERD-VTY-100", 100, "100"));
}

TEST(VtyVrf, AnInterfacesAdvertisementIsGivenAgainInItsBlock) {
  const auto config = parse_ospf_config(
      "interface lo vrf blue\n ipv6 ospf6 advertise prefix-list VIPHERD-VTY@blue\nexit\n",
      Family::ipv6, "blue");
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->reapply.contains("interface lo vrf blue"));
  EXPECT_TRUE(config->advertises);
}

TEST(VtyVrf, IsNamedInTheQuestions) {
  const IpAddress vip = ip("10.10.10.10");
  EXPECT_EQ(show_bgp_command(vip, "blue"), "show bgp vrf blue ipv4 unicast 10.10.10.10/32 json");
  EXPECT_EQ(show_ospf_command(vip, "blue"),
            "show ip ospf vrf blue database external 10.10.10.10 self-originate json");
  EXPECT_EQ(show_ospf6_command(false, "blue"),
            "show ipv6 ospf6 vrf blue database as-external self-originated json");
  EXPECT_EQ(parse_ospf_lsa(R"({"blue":{"vrfName":"blue","asExternalLinkStates":[
                {"linkStateId":"10.10.10.10","lsaAge":5}]}})",
                           vip)
                .state,
            Holding::State::held);
}

// ----------------------------------------------------------------------- what is not ours

TEST(VtyAnswer, IsRepeatedByItsFirstWords) {
  for (const auto& [text, words] : {
           std::pair<std::string, std::string>{"% Unknown command: x\n% more",
                                               "Unknown command: x"},
           {"%no blank\r\n", "no blank"},
           {"  plain  \n", "plain"},
           {"a\tb\x7f\xff", "a?b??"},
           {std::string(161, 'x'), std::string(160, 'x')},
           {"", "without a word"},
           {"%", "without a word"},
           {"\nbelow", "without a word"},
       }) {
    EXPECT_EQ(first_words(text), words) << text;
  }
  EXPECT_TRUE(is_taken(kSuccess));
  EXPECT_TRUE(is_taken(kNothingToDo));
  EXPECT_FALSE(is_taken(kWarning));
  EXPECT_FALSE(is_taken(kNoMatch));
}

TEST(VtyBgpConfig, TakesOnlyWholeNamesForOurs) {
  const auto networks = [](const std::string& line, std::string_view vrf) {
    const std::string instance = vrf.empty() ? "" : " vrf " + std::string(vrf);
    return parse_bgp_config(
               "router bgp 65001" + instance + "\n address-family ipv4 unicast\n  " + line + "\n",
               vrf)
        .value()
        .networks;
  };
  const std::string map = "VIPHERD-VTY-0123456789ABCDEF";
  const std::string network = "network 10.10.10.10/32 route-map ";
  EXPECT_EQ(networks(network + map, "").at(ip("10.10.10.10")), map);
  EXPECT_EQ(networks(network + map + "@blue", "blue").at(ip("10.10.10.10")), map + "@blue");
  for (const std::string& line : {
           network + "VIPHERD-VTY",
           network + "VIPHERD-VTY-",
           network + "VIPHERD-VTYS",
           network + "VIPHERD-VTY_0123456789ABCDEF",
           network + "VIPHERD-VTY-0123456789abcdef",
           network + map + "0",
           network + map + "@",
           network + map + "@red",
           network,
           std::string("network 10.10.10.10/32"),
           std::string("network 10.10.10.10/33 route-map ") + map,
           std::string("network nothing route-map ") + map,
           std::string("network"),
       }) {
    EXPECT_TRUE(networks(line, "").empty()) << line;
    EXPECT_TRUE(networks(line, "blue").empty()) << line;
  }
}

TEST(VtyBgpConfig, OfAViewIsNoInstance) {
  for (const char* line : {"router bgp 65001 view blue", "router bgp 65001 vrf", "router bgp",
                           "router bgp 65001 vrf red x", "router ospf"}) {
    EXPECT_EQ(parse_bgp_config(std::string(line) + "\n").error().what,
              "bgpd has no \"router bgp\" in the default VRF")
        << line;
    EXPECT_EQ(parse_bgp_config(std::string(line) + "\n", "red").error().what,
              "bgpd has no \"router bgp\" in VRF red")
        << line;
  }
  EXPECT_EQ(parse_bgp_config("router bgp 1.1 vrf red as-notation dot\n", "red").value().as_number,
            "1.1");
}

TEST(VtyRouteMap, IsHeldAsOneEntry) {
  const RouteMap map = make_route_map({100, 7, {}}, "65001");
  EXPECT_EQ(map.entries(), (RouteMapEntries{{"permit 10", {"set metric 7", "set tag 100"}}}));
  const auto held = parse_bgp_config("router bgp 65001\nroute-map " + map.name +
                                     " permit 10\n set metric 7\n set tag 100\nexit\n");
  EXPECT_EQ(held.value().route_maps.at(map.name), map.entries());
}

TEST(VtyOspfConfig, EntriesOfAnotherFormAreKeptAsTheyAre) {
  const std::string refers =
      "router ospf\n redistribute connected route-map M\nroute-map M permit 10\n"
      " match ip address prefix-list VIPHERD-VTY\nexit\nip prefix-list ";
  for (const auto& [entry, read] : {
           std::pair{"permit 10.0.0.0/31 ge 32", "permit 10.0.0.0/31 ge 32"},
           {"permit 10.0.0.1/32", "permit 10.0.0.1/32"},
           {"permit 10.0.0.1/32 ge 32", "permit 10.0.0.1/32 ge 32"},
           {"permit 10.0.0.0/24 le 32", "permit 10.0.0.0/24 le 32"},
           {"permit 10.0.0.0/24", "permit 10.0.0.0/24"},
           {"permit any", "permit any"},
       }) {
    const auto config =
        parse_ospf_config(refers + "VIPHERD-VTY seq 5 " + entry + "\n", Family::ipv4);
    EXPECT_EQ(config.value().lists.at("VIPHERD-VTY").at(5), read);
  }
  for (const char* line :
       {"VIPHERD-VTY description ours", "VIPHERD-VTY seq five permit any", "VIPHERD-VTY seq",
        "VIPHERD-VTY-X seq 5 deny any", "VIPHERD-VTY@blue seq 5 deny any",
        "SOMEBODY seq 5 deny any", "VIPHERD-VTY seq 4294967296 permit any", ""}) {
    const auto config = parse_ospf_config(refers + line + "\n", Family::ipv4);
    EXPECT_TRUE(config.value().lists.empty()) << line;
    EXPECT_TRUE(config.value().taken.empty()) << line;
  }
}

TEST(VtyOspfConfig, OnlyARouteMapInForceRefersToAList) {
  const std::string map = "route-map M permit 10\n match ipv6 address prefix-list VIPHERD-VTY\n";
  const auto good =
      parse_ospf_config("router ospf6\n redistribute connected route-map M\n" + map, Family::ipv6);
  EXPECT_EQ(good.value().referred, std::set<std::string>{"VIPHERD-VTY"});
  EXPECT_TRUE(good.value().reapply.empty()) << "ospf6d takes the line again for no change";
  EXPECT_FALSE(good.value().advertises);
  for (const std::string& other :
       {"router ospf6\n redistribute connected\n" + map,
        "router ospf6\n redistribute connected route-map N\n" + map,
        "router ospf6 vrf blue\n redistribute connected route-map M\n" + map,
        "interface lo\n redistribute connected route-map M\n" + map,
        std::string("router ospf6\n redistribute connected route-map M\n"
                    "vrf M\n match ipv6 address prefix-list VIPHERD-VTY\n"),
        std::string("router ospf6\n redistribute connected route-map M\n"
                    "route-map M permit 10\n match ipv6 address prefix-list SOMEBODY\n"),
        std::string("interface lo\n ipv6 ospf6 advertise prefix-list SOMEBODY\n"),
        std::string("interface lo\n ipv6 ospf6 advertise prefix-list VIPHERD-VTY@blue\n"),
        std::string("router ospf6\n ipv6 ospf6 advertise prefix-list VIPHERD-VTY\n")}) {
    EXPECT_EQ(parse_ospf_config(other, Family::ipv6).error().what,
              "ospf6d has no \"ipv6 ospf6 advertise prefix-list VIPHERD-VTY\" on an interface")
        << other;
  }
  // Of ospfd an interface says nothing.
  EXPECT_EQ(parse_ospf_config("interface lo\n ipv6 ospf6 advertise prefix-list VIPHERD-VTY\n",
                              Family::ipv4)
                .error()
                .what,
            "ospfd has no \"redistribute connected route-map ...\" whose map matches the "
            "prefix-list VIPHERD-VTY");
}

TEST(VtyPrefixList, AnEntryMayCrossBytesAndEndAtTheLastAddress) {
  const auto crossing = permitted("permit 10.0.254.0/23 ge 32");
  EXPECT_EQ(crossing.size(), 512u);
  EXPECT_TRUE(crossing.contains(ip("10.0.255.0")));
  EXPECT_EQ(*crossing.rbegin(), ip("10.0.255.255"));
  EXPECT_EQ(permitted("permit 255.255.255.254/31 ge 32"),
            (std::set<IpAddress>{ip("255.255.255.254"), ip("255.255.255.255")}));
  EXPECT_EQ(permitted("permit ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"),
            std::set<IpAddress>{ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")});
  EXPECT_EQ(permitted("permit 10.0.0.0/16 ge 32").size(), 65536u);
  for (const char* entry :
       {"permit 10.0.0.0/15 ge 32", "permit 10.0.0.1/32 ge 32", "permit 2001:DB8::1/128",
        "permit 10.0.0.0/31 ge 32 le 32", "permit 10.0.0.1/31 ge 32", "permitted"}) {
    EXPECT_TRUE(permitted(entry).empty()) << entry;
  }
}

TEST(VtySavedConfig, LinesThatOnlyLookLikeOurs) {
  for (const char* line : {
           "ip prefix-list VIPHERD-VTY seq 1 permit 10.0.0.1/32",
           "ipv6 prefix-list VIPHERD-VTY-7 seq 1 permit ::1/128",
           "ip prefix-list VIPHERD-VTY-7@blue permit 10.0.0.1/32",
           " network 10.0.0.1/32 route-map VIPHERD-VTY-0123456789ABCDEF@blue",
       }) {
    EXPECT_TRUE(has_own_lines(line)) << line;
  }
  for (const char* line : {
           "ip prefix-list VIPHERD-VTY seq 1 deny 10.0.0.1/32",
           "ip prefix-list VIPHERD-VTY-X seq 1 permit 10.0.0.1/32",
           "ip prefix-list VIPHERD-VTY@ seq 1 permit 10.0.0.1/32",
           "ip prefix-list SOMEBODY seq 1 permit 10.0.0.1/32",
           "ip prefix-list VIPHERD-VTY",
           "ip prefix-list ",
           " network 10.0.0.1/32 route-map VIPHERD-VTY-100",
           " network 10.0.0.1/32 route-map VIPHERD-VTY",
           " network 10.0.0.1/32",
           "route-map VIPHERD-VTY-0123456789ABCDEF permit 10",
           "! network 10.0.0.1/32 route-map VIPHERD-VTY-0123456789ABCDEF",
           "",
       }) {
    EXPECT_FALSE(has_own_lines(line)) << line;
  }
}

TEST(VtyVrf, IsKnownFromEveryLineOfOurs) {
  for (const auto& [line, vrfs] : {
           std::pair<const char*, std::set<std::string>>{
               "route-map VIPHERD-VTY-0123456789ABCDEF@blue permit 10", {"blue"}},
           {"ip prefix-list VIPHERD-VTY@blue seq 1 permit 10.0.0.1/32", {"blue"}},
           {"ipv6 prefix-list VIPHERD-VTY-100@blue seq 1 permit ::1/128", {"blue"}},
           {"ip prefix-list VIPHERD-VTY@blue seq 1 deny any", {}},
           {"ip prefix-list VIPHERD-VTY seq 1 permit 10.0.0.1/32", {}},
           {"route-map VIPHERD-VTY-X@blue permit 10", {}},
           {"route-map VIPHERD-VTY@ permit 10", {}},
           {"route-map VIPHERD-VTY-0123456789ABCDEF permit 10", {}},
           {"route-map SOMEBODY permit 10", {}},
           {"vrf blue", {}},
       }) {
    EXPECT_EQ(vrfs_with_own_lines(line), vrfs) << line;
  }
}

TEST(VtyPrefixList, AListOfAnotherFormSelectsNothing) {
  for (const char* list : {"VIPHERD-VTY-", "VIPHERD-VTYX", "VIPHERD-VTY-X", "VIPHERD-VTY@", ""}) {
    EXPECT_FALSE(selects(list, 100)) << list;
  }
}

}  // namespace
}  // namespace vipherd::wire::vty
