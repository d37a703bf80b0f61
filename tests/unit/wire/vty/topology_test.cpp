// Router and network LSAs, as ospfd and ospf6d show them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/wire/vty/recorded.hpp"
#include "vipherd/wire/vty/ospf.hpp"

namespace vipherd::wire::vty {
namespace {

using test::recorded_answer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

IpAddress id_of(std::string_view text) { return *IpAddress::parse(text); }

TEST(VtyOspfTopology, OfTheRouterItself) {
  for (const char* version : {"7.5.1", "8.4.4", "10.7.1"}) {
    SCOPED_TRACE(version);
    const auto own =
        parse_ospf_topology(recorded_answer(std::string(version) + "-ospf-own-router"));
    ASSERT_TRUE(own);
    EXPECT_EQ(own->router_id, id_of("192.168.100.2"));
    ASSERT_EQ(own->lsas.size(), 1u);
    EXPECT_EQ(own->lsas[0].router, id_of("192.168.100.2"));
    EXPECT_FALSE(own->lsas[0].network);
    EXPECT_LT(own->lsas[0].age, 10u);
    EXPECT_THAT(own->lsas[0].sequence, MatchesRegex("8000000."));
    EXPECT_THAT(own->lsas[0].designated, ElementsAre(id_of("192.168.100.1")));
    EXPECT_THAT(own->lsas[0].routers, IsEmpty());
    EXPECT_EQ(own->lsas[0].content,
              "Number of Links: 1\n"
              "Link connected to: a Transit Network\n"
              "(Link ID) Designated Router address: 192.168.100.1\n"
              "(Link Data) Router Interface address: 192.168.100.2\n"
              "Number of TOS metrics: 0\n"
              "TOS 0 Metric: 10\n");
  }
}

TEST(VtyOspfTopology, OfALinkThatTwoWithOneIdAreOn) {
  const auto shared = parse_ospf_topology(recorded_answer("8.4.4-ospf-network-shared"));
  ASSERT_TRUE(shared);
  ASSERT_EQ(shared->lsas.size(), 1u);
  EXPECT_TRUE(shared->lsas[0].network);
  EXPECT_EQ(shared->lsas[0].router, id_of("192.168.100.1"));
  EXPECT_THAT(shared->lsas[0].routers,
              ElementsAre(id_of("192.168.100.1"), id_of("192.168.100.2"), id_of("192.168.100.2")));
  for (const char* version : {"7.5.1", "8.4.4", "10.7.1"}) {
    const auto usual = parse_ospf_topology(recorded_answer(std::string(version) + "-ospf-network"));
    ASSERT_TRUE(usual);
    ASSERT_EQ(usual->lsas.size(), 1u);
    EXPECT_THAT(usual->lsas[0].routers, ElementsAre(id_of("192.168.100.1"), id_of("192.168.100.2"),
                                                    id_of("192.168.100.3")));
  }
}

TEST(VtyOspfTopology, OfPointToPointLinks) {
  const auto leaf = parse_ospf_topology(recorded_answer("8.4.4-ospf-router-p2p"));
  ASSERT_TRUE(leaf);
  ASSERT_EQ(leaf->lsas.size(), 1u);
  EXPECT_THAT(leaf->lsas[0].routers, ElementsAre(id_of("172.16.100.1")));
  EXPECT_THAT(leaf->lsas[0].designated, ElementsAre(id_of("192.168.100.1")));
}

TEST(VtyOspfTopology, WhatIsDyingOrOfNobodyIsLeftOut) {
  const std::string head = "       OSPF Router with ID (192.168.100.2)\n";
  EXPECT_THAT(parse_ospf_topology(head)->lsas, IsEmpty());
  EXPECT_THAT(
      parse_ospf_topology(head + "LS age: 3600\nAdvertising Router: 1.1.1.1\nLength: 36\n")->lsas,
      IsEmpty());
  EXPECT_THAT(parse_ospf_topology(head + "LS age: 1\nAdvertising Router: me\nLength: 36\n")->lsas,
              IsEmpty());
  EXPECT_FALSE(parse_ospf_topology("OSPF Router with ID (me)\n"));
  EXPECT_EQ(parse_ospf_topology("% OSPF is not enabled in vrf default\n").error().what,
            "OSPF is not enabled in vrf default");
}

TEST(VtyOspf6Topology, OfTheRouterItself) {
  for (const char* version : {"7.5.1", "8.4.4", "10.7.1"}) {
    SCOPED_TRACE(version);
    const auto own =
        parse_ospf6_topology(recorded_answer(std::string(version) + "-ospf6-own-router"));
    ASSERT_TRUE(own);
    ASSERT_EQ(own->size(), 1u);
    EXPECT_EQ(own->front().router, id_of("192.168.100.2"));
    EXPECT_LT(own->front().age, 10u);
    EXPECT_THAT(own->front().sequence, MatchesRegex("8000000."));
    EXPECT_THAT(own->front().designated, ElementsAre(id_of("192.168.100.1")));
    EXPECT_THAT(own->front().content, HasSubstr("Neighbor Router ID: 192.168.100.1\n"));
  }
}

TEST(VtyOspf6Topology, OfPointToPointLinks) {
  const auto leaf = parse_ospf6_topology(recorded_answer("8.4.4-ospf6-router-p2p"));
  ASSERT_TRUE(leaf);
  ASSERT_EQ(leaf->size(), 1u);
  EXPECT_THAT(leaf->front().routers, ElementsAre(id_of("172.16.100.1")));
  EXPECT_THAT(leaf->front().designated, ElementsAre(id_of("192.168.100.1")));
}

TEST(VtyOspf6Topology, MayBeNone) {
  EXPECT_THAT(*parse_ospf6_topology("\n"), IsEmpty());
  EXPECT_EQ(parse_ospf6_topology("% OSPFv3 instance not found\n").error().what,
            "OSPFv3 instance not found");
}

TEST(VtyOspfTopology, IdsOfAnotherFormAreLeftOut) {
  const auto read = [](const std::string& age, const std::string& id) {
    return parse_ospf_topology("OSPF Router with ID (1.1.1.1)\n\nLS age: " + age +
                               "\nLS Type: router-LSA\nAdvertising Router: 2.2.2.2\n"
                               "LS Seq Number: 80000003\nLength: 36\n"
                               "(Link ID) Neighboring Router ID: " +
                               id + "\n(Link ID) Designated Router address: " + id + "\n")
        ->lsas;
  };
  const auto good = read("7", "3.3.3.3");
  ASSERT_EQ(good.size(), 1u);
  EXPECT_EQ(good[0].age, 7u);
  EXPECT_EQ(good[0].sequence, "80000003");
  EXPECT_THAT(good[0].routers, ElementsAre(id_of("3.3.3.3")));
  EXPECT_THAT(good[0].designated, ElementsAre(id_of("3.3.3.3")));
  for (const char* id : {"fd00::3", "3.3.3", "lb3", ""}) {
    const auto odd = read("7", id);
    ASSERT_EQ(odd.size(), 1u) << id;
    EXPECT_THAT(odd[0].routers, IsEmpty()) << id;
    EXPECT_THAT(odd[0].designated, IsEmpty()) << id;
    EXPECT_NE(odd[0].content, good[0].content) << "a change is still noticed";
  }
  for (const char* age : {"old", "", "-1", "3600"}) {
    EXPECT_THAT(read(age, "3.3.3.3"), IsEmpty()) << age;
  }
  EXPECT_EQ(parse_ospf_topology("OSPF Router with ID (fd00::1)\n").error().what,
            "the link state database was not understood");
}

TEST(VtyOspf6Topology, OnlyLinksOfTheKnownTypesNameARouter) {
  const auto read = [](const std::string& type, const std::string& id) {
    return parse_ospf6_topology(
               "        Area Scoped Link State Database (Area 0)\n\nAge: 7 Type: Router\n"
               "Advertising Router: 2.2.2.2\nLS Sequence Number: 0x80000003\n     Bits: ------\n"
               "    Type: " +
               type + " Metric: 10\n    Neighbor Router ID: " + id + "\n")
        .value()
        .at(0);
  };
  EXPECT_THAT(read("Point-To-Point", "3.3.3.3").routers, ElementsAre(id_of("3.3.3.3")));
  EXPECT_THAT(read("Point-To-Point", "3.3.3.3").designated, IsEmpty());
  EXPECT_THAT(read("Transit-Network", "3.3.3.3").designated, ElementsAre(id_of("3.3.3.3")));
  EXPECT_THAT(read("Transit-Network", "3.3.3.3").routers, IsEmpty());
  for (const auto& [type, id] : {std::pair{"Virtual-Link", "3.3.3.3"},
                                 {"Point-To-Point", "fd00::3"},
                                 {"Transit-Network", "lb3"}}) {
    EXPECT_THAT(read(type, id).routers, IsEmpty()) << type;
    EXPECT_THAT(read(type, id).designated, IsEmpty()) << type;
    EXPECT_EQ(read(type, id).sequence, "80000003");
  }
}

}  // namespace
}  // namespace vipherd::wire::vty
