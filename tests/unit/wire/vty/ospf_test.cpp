#include "vipherd/wire/vty/ospf.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/wire/vty/recorded.hpp"

namespace vipherd::wire::vty {
namespace {

using test::recorded_answer;
using testing::ElementsAre;
using testing::IsEmpty;

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

template <class T>
std::string why(const Result<T>& result) {
  return result ? "understood" : result.error().what;
}

/// Without what only the router id is judged by.
std::vector<OspfNeighbour> states_of(const Result<std::vector<OspfNeighbour>>& neighbours) {
  std::vector<OspfNeighbour> states = neighbours.value();
  for (OspfNeighbour& neighbour : states) {
    neighbour.designated = {};
    neighbour.stands_for.reset();
  }
  return states;
}

// ---- ospfd

TEST(VtyOspfNeighbours, AreListedWithStateAndInterface) {
  EXPECT_THAT(*parse_ospf_neighbours(recorded_answer("8.4.4-ospf-neighbours")),
              ElementsAre(OspfNeighbour{"192.168.100.1", "eth1", "Full"},
                          OspfNeighbour{"192.168.100.3", "eth1", "2-Way"}));
  EXPECT_THAT(*parse_ospf_neighbours(recorded_answer("7.5.1-ospf-neighbours")),
              ElementsAre(OspfNeighbour{"10.99.0.2", "v75", "Full"}));
  EXPECT_THAT(*parse_ospf_neighbours(recorded_answer("7.5.1-ospf-neighbours-early")),
              ElementsAre(OspfNeighbour{"10.99.0.2", "v75", "ExStart"}));
  EXPECT_THAT(*parse_ospf_neighbours(recorded_answer("10.3-ospf-neighbours")),
              ElementsAre(OspfNeighbour{"10.99.0.1", "v103", "Full"}));
}

TEST(VtyOspfNeighbours, MayBeNone) {
  EXPECT_THAT(*parse_ospf_neighbours(recorded_answer("8.4.4-ospf-neighbours-alone")), IsEmpty());
  EXPECT_THAT(*parse_ospf_neighbours("{\n}\n"), IsEmpty());
}

TEST(VtyOspfNeighbours, OfAnotherFormAreRefused) {
  EXPECT_FALSE(parse_ospf_neighbours(""));
  EXPECT_FALSE(parse_ospf_neighbours("7"));
  EXPECT_FALSE(parse_ospf_neighbours(R"({"neighbors":[]})"));
  EXPECT_FALSE(parse_ospf_neighbours(R"({"neighbors":{"1.1.1.1":{}}})"));
  EXPECT_THAT(*parse_ospf_neighbours(R"({"neighbors":{"1.1.1.1":[7]}})"),
              ElementsAre(OspfNeighbour{"1.1.1.1", "", ""}));
}

TEST(VtyOspfBorderRouters, AreThoseThatAreReached) {
  EXPECT_THAT(*parse_ospf_border_routers(recorded_answer("8.4.4-ospf-border")),
              ElementsAre(ip("192.168.100.3")));
  EXPECT_THAT(*parse_ospf_border_routers(recorded_answer("7.5.1-ospf-border")),
              ElementsAre(ip("10.99.0.2")));
  EXPECT_THAT(*parse_ospf_border_routers(recorded_answer("10.3-ospf-border")),
              ElementsAre(ip("10.99.0.1")));
  EXPECT_THAT(*parse_ospf_border_routers(recorded_answer("8.4.4-ospf-border-dead-sibling")),
              IsEmpty());
}

TEST(VtyOspfBorderRouters, OfAnotherFormAreRefused) {
  EXPECT_FALSE(parse_ospf_border_routers(""));
  EXPECT_EQ(why(parse_ospf_border_routers("% OSPF instance not found\n")),
            "OSPF instance not found");
  EXPECT_FALSE(parse_ospf_border_routers("= OSPF router routing table =\nR    nobody [10]\n"));
}

TEST(VtyOspfLsas, OfAHostRoute) {
  EXPECT_EQ(show_ospf(ospf_external(ip("10.10.10.10")), ""),
            "show ip ospf database external 10.10.10.10");
  EXPECT_EQ(*parse_ospf_lsas(recorded_answer("8.4.4-ospf-external")),
            (OspfLsas{ip("192.168.100.2"),
                      {{ip("10.10.10.10"), ip("192.168.100.2")},
                       {ip("10.10.10.10"), ip("192.168.100.3")}}}));
  const std::vector<HostLsa> both = {{ip("10.10.10.10"), ip("10.99.0.1")},
                                     {ip("10.10.10.10"), ip("10.99.0.2")}};
  EXPECT_EQ(*parse_ospf_lsas(recorded_answer("7.5.1-ospf-external")),
            (OspfLsas{ip("10.99.0.1"), both}));
  EXPECT_EQ(*parse_ospf_lsas(recorded_answer("10.3-ospf-external")),
            (OspfLsas{ip("10.99.0.2"), both}));
}

/// An external LSA as ospfd writes it, shortened.
std::string lsa(const std::string& age, const std::string& id, const std::string& router,
                const std::string& mask) {
  return "  LS age: " + age + "\n  Link State ID: " + id +
         " (External Network Number)\n  Advertising Router: " + router +
         "\n\n  Network Mask: " + mask + "\n        Forward Address: 0.0.0.0\n\n";
}
const std::string kHead = "\n       OSPF Router with ID (1.1.1.1)\n\n";

TEST(VtyOspfLsas, ThatAreBeingFlushedAreLeftOut) {
  EXPECT_EQ(*parse_ospf_lsas(kHead + lsa("3600", "10.0.0.1", "1.1.1.1", "/32") +
                             lsa("3599", "10.0.0.1", "2.2.2.2", "/32") +
                             lsa("0(DNA)", "10.0.0.1", "3.3.3.3", "/32")),
            (OspfLsas{ip("1.1.1.1"),
                      {{ip("10.0.0.1"), ip("2.2.2.2")}, {ip("10.0.0.1"), ip("3.3.3.3")}}}));
}

TEST(VtyOspfLsas, OfAWiderPrefixAreLeftOut) {
  EXPECT_THAT(parse_ospf_lsas(kHead + lsa("1", "10.0.0.1", "2.2.2.2", "/31"))->hosts, IsEmpty());
}

TEST(VtyOspfLsas, ABrokenOneIsLeftOut) {
  EXPECT_THAT(
      parse_ospf_lsas(kHead + lsa("x", "10.0.0.1", "2.2.2.2", "/32") +
                      lsa("1", "host", "2.2.2.2", "/32") + lsa("1", "10.0.0.1", "::1", "/32"))
          ->hosts,
      IsEmpty());
}

TEST(VtyOspfLsas, StubNetworksOfARouterAreHostRoutesToo) {
  EXPECT_THAT(parse_ospf_lsas(recorded_answer("8.4.4-ospf-router"))->hosts, IsEmpty());
  EXPECT_EQ(*parse_ospf_lsas(kHead + "  LS age: 5\n  Link State ID: 2.2.2.2 \n"
                                     "  Advertising Router: 2.2.2.2\n\n   Number of Links: 2\n\n"
                                     "    Link connected to: Stub Network\n"
                                     "     (Link ID) Net: 10.0.0.1\n"
                                     "     (Link Data) Network Mask: 255.255.255.255\n"
                                     "    Link connected to: Stub Network\n"
                                     "     (Link ID) Net: 10.1.0.0\n"
                                     "     (Link Data) Network Mask: 255.255.255.0\n"),
            (OspfLsas{ip("1.1.1.1"), {{ip("10.0.0.1"), ip("2.2.2.2")}}}));
}

TEST(VtyOspfLsas, OfAnotherFormAreRefused) {
  EXPECT_FALSE(parse_ospf_lsas(""));
  EXPECT_FALSE(parse_ospf_lsas("OSPF Router with ID (nobody)"));
  EXPECT_EQ(why(parse_ospf_lsas("% OSPF is not enabled in vrf default\n")),
            "OSPF is not enabled in vrf default");
  EXPECT_EQ(why(parse_ospf_lsas("% OSPF is\n% not enabled")),
            "the link state database was not understood");
}

// ---- ospf6d

TEST(VtyOspf6Neighbours, AreListedWithStateAndInterface) {
  EXPECT_THAT(states_of(parse_ospf6_neighbours(recorded_answer("8.4.4-ospf6-neighbours"))),
              ElementsAre(OspfNeighbour{"192.168.100.1", "eth1", "Full"},
                          OspfNeighbour{"192.168.100.3", "eth1", "Twoway"}));
  EXPECT_THAT(states_of(parse_ospf6_neighbours(recorded_answer("7.5.1-ospf6-neighbours-early"))),
              ElementsAre(OspfNeighbour{"10.99.0.2", "v75", "Init"}));
  EXPECT_THAT(states_of(parse_ospf6_neighbours(recorded_answer("10.3-ospf6-neighbours-early"))),
              ElementsAre(OspfNeighbour{"10.99.0.1", "v103", "Twoway"}));
  EXPECT_THAT(*parse_ospf6_neighbours(recorded_answer("8.4.4-ospf6-neighbours-alone")), IsEmpty());
}

TEST(VtyOspf6Neighbours, OfAnotherFormAreRefused) {
  EXPECT_EQ(why(parse_ospf6_neighbours("OSPFv3 is not running\n")), "OSPFv3 is not running");
  EXPECT_FALSE(parse_ospf6_neighbours("Neighbor ID\n1.1.1.1 1 00:00:02 Full/DR\n"));
  EXPECT_FALSE(parse_ospf6_neighbours("Neighbor ID\nfe80::1 1 2 Full/DR 4 eth1[DR]\n"));
}

TEST(VtyOspf6RouterId, IsInTheFirstLine) {
  EXPECT_EQ(parse_ospf6_process(recorded_answer("8.4.4-ospf6-process"))->router_id,
            ip("192.168.100.2"));
  EXPECT_EQ(parse_ospf6_process(recorded_answer("7.5.1-ospf6-process"))->router_id,
            ip("10.99.0.1"));
  EXPECT_EQ(parse_ospf6_process(recorded_answer("10.3-ospf6-process"))->router_id, ip("10.99.0.2"));
  EXPECT_EQ(why(parse_ospf6_process("% OSPFv3 instance not found\n")), "OSPFv3 instance not found");
  EXPECT_FALSE(parse_ospf6_process("x with Router-ID \n"));
}

TEST(VtyOspf6BorderRouters, AreThoseThatAreReached) {
  EXPECT_THAT(*parse_ospf6_border_routers(recorded_answer("8.4.4-ospf6-border")),
              ElementsAre(ip("192.168.100.2"), ip("192.168.100.3")));
  EXPECT_THAT(*parse_ospf6_border_routers(recorded_answer("8.4.4-ospf6-border-dead-sibling")),
              ElementsAre(ip("192.168.100.2")));
  EXPECT_THAT(*parse_ospf6_border_routers(recorded_answer("7.5.1-ospf6-border")),
              ElementsAre(ip("10.99.0.1"), ip("10.99.0.2")));
  EXPECT_THAT(*parse_ospf6_border_routers(recorded_answer("10.3-ospf6-border")),
              ElementsAre(ip("10.99.0.1"), ip("10.99.0.2")));
  EXPECT_FALSE(parse_ospf6_border_routers("Router-ID Rtr-Bits\nx\n"));
}

TEST(VtyOspf6Lsas, OfHostRoutes) {
  EXPECT_THAT(*parse_ospf6_lsas(recorded_answer("8.4.4-ospf6-external"), LsaScope::as),
              ElementsAre(HostLsa{ip("2001:db8:10::10"), ip("192.168.100.2")},
                          HostLsa{ip("2001:db8:10::11"), ip("192.168.100.2")},
                          HostLsa{ip("2001:db8:10::12"), ip("192.168.100.2")},
                          HostLsa{ip("2001:db8:10::10"), ip("192.168.100.3")},
                          HostLsa{ip("2001:db8:10::11"), ip("192.168.100.3")},
                          HostLsa{ip("2001:db8:10::12"), ip("192.168.100.3")}));
  const auto both = ElementsAre(HostLsa{ip("2001:db8:10::10"), ip("10.99.0.1")},
                                HostLsa{ip("2001:db8:10::10"), ip("10.99.0.2")});
  EXPECT_THAT(*parse_ospf6_lsas(recorded_answer("7.5.1-ospf6-external"), LsaScope::as), both);
  EXPECT_THAT(*parse_ospf6_lsas(recorded_answer("10.3-ospf6-external"), LsaScope::as), both);
}

TEST(VtyOspf6Lsas, InDetailTellWhatIsLeastPreferred) {
  const auto lsas = parse_ospf6_lsas(recorded_answer("8.4.4-ospf6-external-detail"), LsaScope::as);
  EXPECT_EQ(*lsas, *parse_ospf6_lsas(recorded_answer("8.4.4-ospf6-external"), LsaScope::as));
  for (const char* version : {"7.5.1", "10.3"}) {
    const auto drained = parse_ospf6_lsas(
        recorded_answer(version + std::string("-ospf6-external-drained")), LsaScope::as);
    ASSERT_EQ(drained->size(), 6u);
    EXPECT_EQ(drained->front(),
              (HostLsa{ip("2001:db8:10::10"), ip("192.168.100.2"), /*least_preferred=*/true}));
    EXPECT_EQ(drained->back(), (HostLsa{ip("2001:db8:10::12"), ip("192.168.100.3"), false}));
  }
}

TEST(VtyOspfLsas, TellWhatIsLeastPreferred) {
  for (const char* version : {"7.5.1", "10.3"}) {
    const auto lsas =
        parse_ospf_lsas(recorded_answer(version + std::string("-ospf-external-drained")));
    EXPECT_THAT(lsas->hosts, ElementsAre(HostLsa{ip("10.10.10.10"), ip("192.168.100.2"), true},
                                         HostLsa{ip("10.10.10.10"), ip("192.168.100.3"), false}));
  }
}

TEST(VtyOspf6Lsas, ColumnsThatTouchAreTold) {
  const std::string head = "Type LSId           AdvRouter       Age   SeqNum Payload\n";
  EXPECT_THAT(
      *parse_ospf6_lsas(
          head + "ASE  255.255.255.254192.168.100.2003599 80000001            2001:db8::1/128\n",
          LsaScope::as),
      ElementsAre(HostLsa{ip("2001:db8::1"), ip("192.168.100.200")}));
}

TEST(VtyOspf6Lsas, OfNetworksAndThoseBeingFlushedAreLeftOut) {
  EXPECT_THAT(*parse_ospf6_lsas(recorded_answer("8.4.4-ospf6-intra"), LsaScope::area), IsEmpty());
  EXPECT_THAT(*parse_ospf6_lsas("Type LSId\nASE  0.0.0.1        1.1.1.1        3600 80000001 "
                                "      2001:db8::1/128\n",
                                LsaScope::as),
              IsEmpty());
}

TEST(VtyOspf6Lsas, OfAnotherFormAreRefused) {
  EXPECT_THAT(*parse_ospf6_lsas("\n", LsaScope::as), IsEmpty());
  EXPECT_EQ(why(parse_ospf6_lsas("OSPFv3 is not running\n", LsaScope::as)),
            "OSPFv3 is not running");
}

// ---- VRFs, as FRR 8.4.4 told of them

TEST(VtyOspfVrf, IsNamedInTheQuestion) {
  EXPECT_EQ(show_ospf(kOspfNeighbours, "blue"), "show ip ospf vrf blue neighbor detail json");
  EXPECT_EQ(show_ospf6(kOspf6Process, "blue"), "show ipv6 ospf6 vrf blue");
  EXPECT_EQ(show_ospf6(kOspf6Process, ""), "show ipv6 ospf6");
  EXPECT_EQ(show_ospf6(kOspf6Neighbours, "blue"), "show ipv6 ospf6 vrf blue neighbor");
}

TEST(VtyOspfVrf, NeighboursAreWithinItsName) {
  const auto neighbours = parse_ospf_neighbours(
      R"({"blue":{"vrfName":"blue","vrfId":1,"neighbors":{"10.9.0.2":[
          {"nbrState":"Full\/-","ifaceName":"b0:10.9.0.1"}]}}})");
  ASSERT_TRUE(neighbours);
  EXPECT_EQ(*neighbours, (std::vector<OspfNeighbour>{{"10.9.0.2", "b0", "Full"}}));
  EXPECT_TRUE(parse_ospf_neighbours(R"({"neighbors":{"10.9.0.2":[]}})")->empty());
}

TEST(VtyOspfVrf, AnswersBeginWithItsName) {
  EXPECT_EQ(*parse_ospf_lsas("VRF Name: blue\n" + kHead + lsa("1", "10.0.0.1", "1.1.1.1", "/32")),
            (OspfLsas{ip("1.1.1.1"), {{ip("10.0.0.1"), ip("1.1.1.1")}}}));
  EXPECT_TRUE(parse_ospf_border_routers(
      "VRF Name: blue\n============ OSPF router routing table =============\n"));
  EXPECT_EQ(why(parse_ospf_border_routers("% OSPF is not enabled in vrf blue\n")),
            "OSPF is not enabled in vrf blue");
}

// ---- areas

TEST(VtyOspfNeighbours, TellTheirArea) {
  const auto area = ip("0.0.0.1");
  EXPECT_EQ(states_of(parse_ospf_neighbours(recorded_answer("8.4.4-ospf-neighbours-nssa"))),
            (std::vector<OspfNeighbour>{{"192.168.100.1", "eth1", "Full", area, AreaKind::nssa},
                                        {"192.168.100.3", "eth1", "2-Way", area, AreaKind::nssa}}));
  EXPECT_EQ(states_of(parse_ospf_neighbours(recorded_answer("8.4.4-ospf-neighbours-stub")))[0],
            (OspfNeighbour{"192.168.100.1", "eth1", "Full", area, AreaKind::stub}));
}

TEST(VtyOspfNeighbours, TellTheDesignatedRouterAndHowLongTheyStand) {
  const auto detailed = parse_ospf_neighbours(recorded_answer("8.4.4-ospf-neighbours-nssa"));
  EXPECT_EQ(detailed->front().designated, ip("192.168.100.1"));
  EXPECT_EQ(detailed->front().stands_for, std::chrono::seconds(5));
  // On a point-to-point link there is none.
  EXPECT_EQ(parse_ospf_neighbours(R"({"neighbors":{"1.1.1.1":[{"routerDesignatedId":"0.0.0.0"}]}})")
                ->front()
                .designated,
            IpAddress{});
  const auto long_ago = parse_ospf_neighbours(
      R"({"neighbors":{"1.1.1.1":[{"lastPrgrsvChangeMsec":18446744073709551615}]}})");
  EXPECT_GT(long_ago->front().stands_for, std::chrono::hours(24));
}

std::optional<std::chrono::seconds> stands_for(const std::string& duration) {
  return parse_ospf6_neighbours(
             "Neighbor ID     Pri    DeadTime    State/IfState         Duration "
             "I/F[State]\n192.168.100.1   100    00:00:02     Full/DR  " +
             duration + " eth1[DROther]\n")
      ->front()
      .stands_for;
}

TEST(VtyOspf6Neighbours, TellHowLongTheyStand) {
  EXPECT_EQ(stands_for("00:05:29"), std::chrono::seconds(329));
  EXPECT_EQ(stands_for("3d00:05:29"), std::chrono::hours(72) + std::chrono::seconds(329));
  for (const char* other : {"01w2d03h", "5:29", "00:05:29:00", "d00:05:29", "soon"}) {
    EXPECT_EQ(stands_for(other), std::nullopt) << other;
  }
}

TEST(VtyOspfLsas, OfTypeSevenTellTheirAreaAndTheirForwardingAddress) {
  const auto lsas = parse_ospf_lsas(recorded_answer("8.4.4-ospf-nssa"));
  EXPECT_EQ(lsas->hosts.size(), 6u);
  EXPECT_EQ(lsas->hosts.front(), (HostLsa{ip("10.10.10.10"), ip("192.168.100.2"), false,
                                          LsaScope::nssa, ip("0.0.0.1"), ip("192.168.100.2")}));
}

TEST(VtyOspf6Process, TellsTheAreas) {
  EXPECT_EQ(*parse_ospf6_process(recorded_answer("8.4.4-ospf6-process-nssa")),
            (Ospf6Process{ip("192.168.100.2"), {{ip("0.0.0.1"), AreaKind::nssa, {"eth1"}}}}));
  EXPECT_EQ(*parse_ospf6_process(recorded_answer("8.4.4-ospf6-process-stub")),
            (Ospf6Process{ip("192.168.100.2"), {{ip("0.0.0.1"), AreaKind::stub, {"eth1"}}}}));
  const auto normal = parse_ospf6_process(recorded_answer("8.4.4-ospf6-process"));
  EXPECT_EQ(normal->areas.front(), (Ospf6Area{ip("0.0.0.0"), AreaKind::normal, {"eth1"}}));
}

TEST(VtyOspf6Lsas, OfTypeSevenTellTheirAreaAndTheirForwardingAddress) {
  const auto lsas = parse_ospf6_lsas(recorded_answer("8.4.4-ospf6-type7"), LsaScope::nssa);
  ASSERT_EQ(lsas->size(), 6u);
  EXPECT_EQ(lsas->front(), (HostLsa{ip("2001:db8:10::10"), ip("192.168.100.2"), false,
                                    LsaScope::nssa, ip("0.0.0.1"), ip("fd00:192::2")}));
}

// ---- fields that are absent or of another form

TEST(VtyOspfNeighbours, WithOddFields) {
  const OspfNeighbour good{"1.1.1.1",
                           "eth1",
                           "Full",
                           ip("0.0.0.1"),
                           AreaKind::nssa,
                           ip("10.0.0.1"),
                           std::chrono::seconds(5)};
  const std::string members =
      R"("nbrState":"Full/DR","ifaceName":"eth1:10.0.0.2","areaId":"0.0.0.1 [NSSA]",)"
      R"("routerDesignatedId":"10.0.0.1","lastPrgrsvChangeMsec":5999)";
  const auto read = [](const std::string& text) {
    return parse_ospf_neighbours(R"({"neighbors":{"1.1.1.1":[{)" + text + "}]}}").value().at(0);
  };
  EXPECT_EQ(read(members), good);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = members;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return read(text.replace(at, from.size(), to));
  };
  OspfNeighbour expected = good;
  expected.designated = {};
  for (const char* id : {R"("::1")", R"("lb1")", "7", "null"}) {
    EXPECT_EQ(changed(R"("10.0.0.1")", id), expected) << id;
  }
  expected = good;
  expected.stands_for.reset();
  for (const char* duration : {"-5999", "5.9", R"("5999")", "null"}) {
    EXPECT_EQ(changed("5999", duration), expected) << duration;
  }
  EXPECT_EQ(changed("lastPrgrsvChangeMsec", "lastChange"), expected);
  expected = good;
  expected.area.reset();
  for (const char* area : {"::1.2.3.4 [NSSA]", "0.0.1 [NSSA]", "one [NSSA]", " [NSSA]"}) {
    EXPECT_EQ(changed("0.0.0.1 [NSSA]", area), expected) << area;
  }
  EXPECT_EQ(changed("0.0.0.1 [NSSA]", "1 [NSSA]"), good);
  // From FRR 8.5 on the state has another key.
  EXPECT_EQ(changed("nbrState", "state"), good);
}

TEST(VtyOspfLsas, ALineThatBelongsToNoLsaIsPassedOver) {
  const std::string tail = "        Metric: 16777214\n        Forward Address: 10.0.0.9\n";
  const std::string head =
      "  LS age: 1\n  Link State ID: 10.0.0.1\n  Advertising Router: 2.2.2.2\n";
  // Before any LSA, and below one of a wider prefix.
  EXPECT_THAT(parse_ospf_lsas(kHead + tail + head + "  Network Mask: /31\n" + tail)->hosts,
              IsEmpty());
  const auto of = [&](const std::string& metric, const std::string& forward) {
    return parse_ospf_lsas(kHead + head + "  Network Mask: /32\n        Metric: " + metric +
                           "\n        Forward Address: " + forward + "\n")
        ->hosts.at(0);
  };
  const HostLsa plain{ip("10.0.0.1"), ip("2.2.2.2")};
  EXPECT_EQ(of("100", "0.0.0.0"), plain);
  EXPECT_EQ(of("16777213", "nowhere"), plain);
  EXPECT_EQ(of("much", ""), plain);
  HostLsa expected = plain;
  expected.least_preferred = true;
  expected.forward = ip("10.0.0.9");
  EXPECT_EQ(of("16777214 (Larger)", "10.0.0.9"), expected);
}

TEST(VtyOspf6Lsas, LinesOfAnotherFormAreLeftOut) {
  const std::string head = "Type LSId           AdvRouter       Age   SeqNum Payload\n";
  const auto hosts = [&](const std::string& router, const std::string& age,
                         const std::string& payload) {
    std::string line = "ASE  0.0.0.1        " + router;
    line.resize(35, ' ');
    line += age;
    line.resize(39, ' ');
    return parse_ospf6_lsas(head + line + " 80000001 " + payload + "\n", LsaScope::as)->size();
  };
  EXPECT_EQ(hosts("1.1.1.1", "  29", "2001:db8::1/128"), 1u);
  for (const auto& [router, age, payload] : {
           std::tuple{"fd00::1", "  29", "2001:db8::1/128"},
           {"lb1", "  29", "2001:db8::1/128"},
           {"", "  29", "2001:db8::1/128"},
           {"1.1.1.1", "old", "2001:db8::1/128"},
           {"1.1.1.1", "3600", "2001:db8::1/128"},
           {"1.1.1.1", "  29", "2001:db8::1/127"},
           {"1.1.1.1", "  29", "10.0.0.1/128"},
           {"1.1.1.1", "  29", "host/128"},
           {"1.1.1.1", "  29", "/128"},
           {"1.1.1.1", "  29", ""},
       }) {
    EXPECT_EQ(hosts(router, age, payload), 0u) << router << " " << age << " " << payload;
  }
}

TEST(VtyOspf6Lsas, InDetailWithOddFields) {
  const std::string good =
      "        Area Scoped Link State Database (Area 1)\n\nAge:    9 Type: NSSA\n"
      "Advertising Router: 192.168.100.2\n     Metric:   100\n"
      "     Prefix: 2001:db8:10::10/128\n     Forwarding-Address: fd00:192::2\n";
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return parse_ospf6_lsas(text.replace(at, from.size(), to), LsaScope::nssa).value();
  };
  const HostLsa lsa{ip("2001:db8:10::10"), ip("192.168.100.2"), false,
                    LsaScope::nssa,        ip("0.0.0.1"),       ip("fd00:192::2")};
  EXPECT_THAT(changed("", ""), ElementsAre(lsa));
  for (const auto& [from, to] : {
           std::pair{"Age:    9", "Age: 3600"},
           {"Age:    9", "Age: old"},
           {"Age:    9", "Life: 9"},
           {"Router: 192.168.100.2", "Router: fd00::1"},
           {"Router: 192.168.100.2", "Router: lb1"},
           {"Advertising Router", "Router"},
           {"/128", "/64"},
           {"2001:db8:10::10/128", "10.0.0.1/128"},
           {"2001:db8:10::10/128", "host/128"},
       }) {
    EXPECT_THAT(changed(from, to), IsEmpty()) << from << " -> " << to;
  }
  HostLsa expected = lsa;
  expected.forward.reset();
  EXPECT_THAT(changed("fd00:192::2", "nowhere"), ElementsAre(expected));
  EXPECT_THAT(changed("Forwarding-Address", "Address"), ElementsAre(expected));
  expected = lsa;
  expected.area.reset();
  for (const char* area : {"(Area one)", "(Area ::1.2.3.4)", "(AS)"}) {
    EXPECT_THAT(changed("(Area 1)", area), ElementsAre(expected)) << area;
  }
  expected = lsa;
  expected.least_preferred = true;
  EXPECT_THAT(changed("  100", "16777214"), ElementsAre(expected));
  EXPECT_THAT(changed("  100", "much"), ElementsAre(lsa));
}

TEST(VtyOspf6Neighbours, BlankLinesAreNone) {
  EXPECT_THAT(*parse_ospf6_neighbours(""), IsEmpty());
  EXPECT_THAT(*parse_ospf6_neighbours(" \r\n\n"), IsEmpty());
  EXPECT_THAT(*parse_ospf6_neighbours("Neighbor ID     Pri\n\n1.1.1.1 1 00:00:02 Full/DR soon "
                                      "eth1[DR]\n  \n"),
              ElementsAre(OspfNeighbour{"1.1.1.1", "eth1", "Full"}));
}

TEST(VtyOspf6Process, WithOddLines) {
  const std::string head = " OSPFv3 Routing Process (0) with Router-ID 1.1.1.1\n";
  const Ospf6Process none{ip("1.1.1.1"), {}};
  EXPECT_EQ(*parse_ospf6_process(head), none);
  for (const char* line : {" Area one\n", " Area ::1.2.3.4[NSSA]\n", " Area \n", " Area 1.2.3\n",
                           "     Interface attached to this area: eth1\n"}) {
    EXPECT_EQ(*parse_ospf6_process(head + line), none) << line;
  }
  EXPECT_EQ(*parse_ospf6_process(head + " Area 0.0.0.1[Stub]\n     Interface attached to this "
                                        "area: eth1 eth2\n Area 2\n     Interface attached to "
                                        "this area:  \n"),
            (Ospf6Process{ip("1.1.1.1"),
                          {{ip("0.0.0.1"), AreaKind::stub, {"eth1", "eth2"}},
                           {ip("0.0.0.2"), AreaKind::normal, {}}}}));
  EXPECT_EQ(why(parse_ospf6_process("x with Router-ID fd00::1\n")),
            "the router id was not understood");
}

TEST(VtyOspf6BorderRouters, MayBeNoneOrOfAnotherForm) {
  EXPECT_THAT(*parse_ospf6_border_routers("\n"), IsEmpty());
  EXPECT_THAT(*parse_ospf6_border_routers("Router-ID Rtr-Bits\n\n1.1.1.1 --E-B\n \n"),
              ElementsAre(ip("1.1.1.1")));
  EXPECT_EQ(why(parse_ospf6_border_routers("% OSPFv3 instance not found\n")),
            "OSPFv3 instance not found");
  EXPECT_EQ(why(parse_ospf6_border_routers("Router-ID Rtr-Bits\nfd00::1 --E-B\n")),
            "the list of reachable routers was not understood");
}

TEST(VtyOspfLsas, WhatIsSaidInsteadIsRepeatedIfItIsOneSentence) {
  const std::string puzzled = "the link state database was not understood";
  const std::string sentence(64, 'x');
  for (const auto& [answer, words] : {
           std::pair<std::string, std::string>{"", puzzled},
           {" \n", puzzled},
           {"% ", "%"},
           {sentence, sentence},
           {"% " + sentence + "\r\n", sentence},
           {sentence + "x", puzzled},
           {"one\ntwo", puzzled},
           {"a\x1b[2Jb\xff", "a?[2Jb?"},
       }) {
    EXPECT_EQ(why(parse_ospf_lsas(answer)), words) << answer;
  }
}

}  // namespace
}  // namespace vipherd::wire::vty
