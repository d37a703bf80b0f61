#include "vipherd/wire/vty/vty.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace vipherd::wire::vty {
namespace {

using model::RibState;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::string_literals;

std::span<const std::uint8_t> bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

// ---- framing

TEST(VtyFraming, TextEndsInThreeNulsAndAStatus) {
  const std::string stream = "{}\n\0\0\0\1"s;
  const auto response = next_response(bytes(stream));
  ASSERT_TRUE(response && *response);
  EXPECT_EQ((*response)->text, "{}\n");
  EXPECT_EQ((*response)->status, kWarning);
  EXPECT_EQ((*response)->size, stream.size());
}

TEST(VtyFraming, WaitsForTheStatus) {
  const std::string stream = "text\0\0\0\0"s;
  for (std::size_t length = 0; length < stream.size(); ++length) {
    const auto response = next_response(bytes(stream).first(length));
    ASSERT_TRUE(response) << length;
    EXPECT_FALSE(*response) << length;
  }
}

TEST(VtyFraming, SuccessIsAFourthNulAndTextMayBeEmpty) {
  const std::string stream = "\0\0\0\0more\0\0\0\2"s;
  const auto response = next_response(bytes(stream));
  ASSERT_TRUE(response && *response);
  EXPECT_EQ((*response)->text, "");
  EXPECT_EQ((*response)->status, kSuccess);
  EXPECT_EQ((*response)->size, 4u);
}

TEST(VtyFraming, RefusesTextAmongTheNuls) {
  EXPECT_FALSE(next_response(bytes("text\0more"s)));
  EXPECT_FALSE(next_response(bytes("text\0\0m"s)));
}

TEST(VtyFraming, RefusesAnEndlessText) {
  EXPECT_TRUE(next_response(bytes(std::string(kMaxText, 'x'))));
  EXPECT_FALSE(next_response(bytes(std::string(kMaxText + 1, 'x'))));
}

TEST(VtyFraming, ACommandEndsInOneNul) {
  std::vector<std::uint8_t> out;
  encode_command(out, "enable");
  EXPECT_EQ(std::string(out.begin(), out.end()), "enable\0"s);
}

// ---- show version

TEST(VtyVersion, IsInTheFirstLine) {
  EXPECT_EQ(*parse_version("FRRouting 8.4.4 (lb1) on Linux(6.1.0-25-amd64).\nCopyright\n"),
            "8.4.4");
  EXPECT_EQ(*parse_version("FRRouting 8.4.3+cl5.9.1u2 (leaf01)."), "8.4.3+cl5.9.1u2");
}

TEST(VtyVersion, IsRefusedElsewhere) {
  EXPECT_FALSE(parse_version(""));
  EXPECT_FALSE(parse_version("Quagga 1.2.4 (lb1)."));
  EXPECT_FALSE(parse_version("FRRouting "));
  EXPECT_FALSE(parse_version("FRRouting 8.4\x1b[2J (lb1)."));
  EXPECT_FALSE(parse_version("FRRouting " + std::string(65, '8')));
}

// ---- show zebra client summary, as zebra 8.4.4 writes it

constexpr std::string_view kSummaryHead =
    "Name      Connect Time    Last Read  Last Write      IPv4 Routes           IPv6 Routes\n"
    "----------------------------------------------------------------------------------------"
    "--\n";
constexpr std::string_view kSummaryFoot = "Routes column shows (added+updated)/deleted\n";

TEST(VtyClients, AreReadWithInstanceAndSession) {
  const std::string text =
      std::string(kSummaryHead) +
      "openfabric    00:00:01     00:00:01    00:00:01          2/0                   1/0         "
      "\n"
      "openfabric[7:0]    00:00:01     00:00:01    00:00:01          0/0                   0/0   \n"
      "bgp           00:00:01     00:00:01    00:00:01          0/0                   0/0         "
      "\n"
      "system        00:00:01     never       never             0/0                   0/0         "
      "\n"
      "table[3:12]    1d02h03m     00:00:01    00:00:01          0/0                   0/0        "
      "\n" +
      std::string(kSummaryFoot);
  const auto clients = parse_clients(text);
  ASSERT_TRUE(clients);
  EXPECT_THAT(*clients,
              ElementsAre(Client{"openfabric", 0, 0}, Client{"openfabric", 7, 0},
                          Client{"bgp", 0, 0}, Client{"system", 0, 0}, Client{"table", 3, 12}));
}

TEST(VtyClients, OfFrr75HaveOtherColumns) {
  const auto clients = parse_clients(
      "Name      Connect Time    Last Read  Last Write  IPv4 Routes       IPv6 Routes    \n"
      "--------------------------------------------------------------------------------\n"
      "vnc           00:00:26     00:00:26    00:00:26       0/0              0/0       \n"
      "openfabric    00:00:25     00:00:25    00:00:23       3/0              3/0       \n"
      "Routes column shows (added+updated)/deleted\n");
  ASSERT_TRUE(clients);
  EXPECT_THAT(*clients, ElementsAre(Client{"vnc", 0, 0}, Client{"openfabric", 0, 0}));
}

TEST(VtyClients, MayBeNone) {
  const auto clients = parse_clients(std::string(kSummaryHead) + std::string(kSummaryFoot));
  ASSERT_TRUE(clients);
  EXPECT_TRUE(clients->empty());
}

TEST(VtyClients, AnotherFormIsRefusedRatherThanReadAsNobody) {
  EXPECT_FALSE(parse_clients(""));
  EXPECT_FALSE(parse_clients("% [ZEBRA] Unknown command: show zebra client summary\n"));
  EXPECT_FALSE(parse_clients("Name      Connect Time\nopenfabric 00:00:01\n"));
  const std::string head(kSummaryHead);
  EXPECT_FALSE(parse_clients(head + " openfabric 00:00:01\n"));
  EXPECT_FALSE(parse_clients(head + "openfabric[7] 00:00:01\n"));
  EXPECT_FALSE(parse_clients(head + "openfabric[7:0 00:00:01\n"));
  EXPECT_FALSE(parse_clients(head + "openfabric[x:0] 00:00:01\n"));
  EXPECT_FALSE(parse_clients(head + "openfabric[7:0]x 00:00:01\n"));
  EXPECT_FALSE(parse_clients(head + "openfabric[99999999999:0] 00:00:01\n"));
}

// ---- show ip route P json, shortened from what zebra 8.4.4 writes

TEST(VtyRoute, IsAskedForAsAPrefix) {
  EXPECT_EQ(show_route_command(address("10.10.10.10")), "show ip route 10.10.10.10/32 json");
  EXPECT_EQ(show_route_command(address("2001:db8::10")), "show ipv6 route 2001:db8::10/128 json");
}

constexpr std::string_view kOursSelected =
    R"({"10.10.10.10/32":[{"prefix":"10.10.10.10/32","protocol":"openfabric","vrfId":0,
        "selected":true,"destSelected":true,"distance":1,"metric":100,"installed":true,"tag":777,
        "table":254,"nexthops":[{"flags":3,"fib":true,"unreachable":true,"blackhole":true,
        "active":true,"weight":1}]}]})";
constexpr std::string_view kOursLosing =
    R"({"10.10.10.10/32":[
        {"protocol":"openfabric","distance":1,"nexthops":[{"blackhole":true}]},
        {"protocol":"connected","selected":true,"distance":0,"installed":true,
         "nexthops":[{"directlyConnected":true,"interfaceIndex":1,"interfaceName":"lo"}]}]})";

RibEntry entry_of(std::string_view text) {
  return parse_route(text, address("10.10.10.10"), "openfabric");
}

TEST(VtyRoute, WhateverIsSelectedIsTold) {
  const auto selected = [](std::string_view text) {
    return parse_selected(text, address("10.10.10.10"));
  };
  EXPECT_EQ(selected(kOursLosing), (RibEntry{RibState::selected, "connected route on lo"}));
  EXPECT_EQ(selected(kOursSelected), (RibEntry{RibState::selected, "openfabric route"}));
  EXPECT_EQ(selected("{}"), (RibEntry{RibState::absent, ""}));
  EXPECT_EQ(selected(R"({"10.10.10.10/32":[{"protocol":"static"}]})"),
            (RibEntry{RibState::absent, ""}));
  EXPECT_EQ(selected("nonsense").state, RibState::unknown);
  EXPECT_EQ(selected(R"({"10.10.10.11/32":[]})").state, RibState::unknown);
  EXPECT_EQ(parse_selected("% VRF blue not found", address("10.10.10.10"), "blue").state,
            RibState::absent);
}

TEST(VtyRoute, OursIsSelected) {
  EXPECT_EQ(entry_of(kOursSelected), (RibEntry{RibState::selected, ""}));
}

TEST(VtyRoute, OursLosesToAnAddressOnLo) {
  EXPECT_EQ(entry_of(kOursLosing),
            (RibEntry{RibState::not_selected, "connected route on lo is selected (distance 0)"}));
}

TEST(VtyRoute, OursLosesToALearnedRoute) {
  EXPECT_EQ(entry_of(R"({"10.10.10.10/32":[{"protocol":"bgp","selected":true,"installed":true,
                       "distance":20,"nexthops":[{"ip":"10.0.0.1","interfaceName":"eth0"}]},
                       {"protocol":"openfabric","distance":150}]})"),
            (RibEntry{RibState::not_selected, "bgp route via 10.0.0.1 is selected (distance 20)"}));
}

TEST(VtyRoute, IsAbsent) {
  EXPECT_EQ(entry_of("{}\n"), (RibEntry{RibState::absent, ""}));
  EXPECT_EQ(entry_of(R"({"10.10.10.10/32":[{"protocol":"static","selected":true}]})"),
            (RibEntry{RibState::absent, ""}));
  EXPECT_EQ(
      entry_of(R"({"10.10.10.10/32":[{"protocol":"openfabric","instance":7,"selected":true}]})"),
      (RibEntry{RibState::absent, ""}))
      << "of another instance";
  EXPECT_EQ(parse_route(kOursSelected, address("10.10.10.10"), "babel"),
            (RibEntry{RibState::absent, ""}))
      << "of another type";
}

TEST(VtyRoute, IsInTheMaking) {
  EXPECT_EQ(entry_of(R"({"10.10.10.10/32":[{"protocol":"openfabric","distance":1}]})"),
            (RibEntry{RibState::unknown, "zebra has selected no route yet"}));
  EXPECT_EQ(entry_of(R"({"10.10.10.10/32":[{"protocol":"openfabric","selected":true}]})"),
            (RibEntry{RibState::unknown, "our route is selected but not in the kernel"}));
}

TEST(VtyRoute, IsUnknownWhenTheAnswerIsNotUnderstood) {
  for (const std::string_view text :
       {"", "% Unknown command", "[]", "{\"10.10.10.10/32\":", "{\"10.10.10.11/32\":[]}",
        "{\"10.10.10.10/32\":{}}", "{\"10.10.10.10/32\":[1]}"}) {
    EXPECT_EQ(entry_of(text).state, RibState::unknown) << text;
    EXPECT_THAT(entry_of(text).detail, HasSubstr("not understood")) << text;
  }
}

TEST(VtyRoute, KeysOfWrongTypesAreAsGoodAsAbsent) {
  EXPECT_EQ(entry_of(R"({"10.10.10.10/32":[{"protocol":"openfabric","selected":"yes"},
                       {"protocol":7,"selected":true,"distance":-1,"nexthops":[[]]}]})"),
            (RibEntry{RibState::not_selected, " route is selected (distance 0)"}));
}

TEST(VtyRoute, InAVrf) {
  const IpAddress vip = *IpAddress::parse("10.10.10.10");
  EXPECT_EQ(show_route_command(vip, "blue"), "show ip route vrf blue 10.10.10.10/32 json");
  const RibEntry unknown = parse_route("% VRF blue not found\n", vip, "openfabric", "blue");
  EXPECT_EQ(unknown.state, model::RibState::not_selected);
  EXPECT_EQ(unknown.detail, "FRR knows no VRF blue");
}

TEST(VtyRoute, TheSelectedOneIsDescribedByItsFirstNextHop) {
  for (const auto& [nexthops, where] : {
           std::pair{R"([{"ip":"10.0.0.1","interfaceName":"eth0"}])", " via 10.0.0.1"},
           {R"([{"ip":7,"interfaceName":"eth0"}])", " on eth0"},
           {R"([{"interfaceName":"eth0"},{"ip":"10.0.0.1"}])", " on eth0"},
           {R"([{"interfaceName":7}])", ""},
           {"[{}]", ""},
           {"[[]]", ""},
           {"[]", ""},
           {"{}", ""},
           {"7", ""},
       }) {
    const std::string entry = R"({"protocol":"bgp","selected":true,"distance":20,"nexthops":)" +
                              std::string(nexthops) + "}";
    const std::string route = "bgp route" + std::string(where);
    EXPECT_EQ(parse_selected(R"({"10.10.10.10/32":[)" + entry + "]}", address("10.10.10.10")),
              (RibEntry{RibState::selected, route}))
        << nexthops;
    EXPECT_EQ(entry_of(R"({"10.10.10.10/32":[{"protocol":"openfabric"},)" + entry + "]}"),
              (RibEntry{RibState::not_selected, route + " is selected (distance 20)"}))
        << nexthops;
  }
}

TEST(VtyRoute, OfSeveralOfOursTheSelectedOneCounts) {
  const std::string plain = R"({"protocol":"connected"})";
  const std::string chosen = R"({"protocol":"connected","selected":true,"installed":true})";
  for (const std::string& entries : {plain + "," + chosen, chosen + "," + plain}) {
    EXPECT_EQ(
        parse_route(R"({"10.10.10.10/32":[)" + entries + "]}", address("10.10.10.10"), kConnected),
        (RibEntry{RibState::selected, ""}))
        << entries;
  }
}

TEST(VtyRoute, AnInstanceThatIsNoNumberIsNone) {
  for (const char* instance : {R"("7")", "-7", "7.5", "null", "0"}) {
    EXPECT_EQ(entry_of(R"({"10.10.10.10/32":[{"protocol":"openfabric","selected":true,
                         "installed":true,"instance":)" +
                       std::string(instance) + "}]}"),
              (RibEntry{RibState::selected, ""}))
        << instance;
  }
}

TEST(VtyRoute, WhatIsSelectedIsUnknownWhenTheAnswerIsNotUnderstood) {
  const RibEntry puzzled{RibState::unknown, "zebra's answer about the route was not understood"};
  for (const std::string_view text :
       {"", "[]", "7", R"({"10.10.10.11/32":[]})", R"({"10.10.10.10/32":{}})",
        R"({"10.10.10.10/32":[7]})", R"({"10.10.10.10/32":[{"protocol":"bgp"},[]]})",
        "% VRF red not found", "% VRF blue is not found"}) {
    for (const std::string vrf : {"", "blue"}) {
      EXPECT_EQ(parse_selected(text, address("10.10.10.10"), vrf), puzzled) << text;
      EXPECT_EQ(parse_route(text, address("10.10.10.10"), "openfabric", vrf), puzzled) << text;
    }
  }
  // Only of the VRF that was asked for.
  EXPECT_EQ(parse_selected("% VRF blue not found", address("10.10.10.10")), puzzled);
  EXPECT_EQ(parse_route("% VRF blue not found", address("10.10.10.10"), "bgp"), puzzled);
}

TEST(VtyVersion, IsPrintable) {
  for (const char* version : {"8.4\x7f", "8.4\t1", "8.4\xc3\xa4"}) {
    EXPECT_EQ(parse_version("FRRouting " + std::string(version) + " (lb1).").error().what,
              "no FRRouting version");
  }
  EXPECT_EQ(*parse_version("FRRouting " + std::string(64, '~') + " (lb1)."), std::string(64, '~'));
}

TEST(VtyClients, AreBounded) {
  std::string text(kSummaryHead);
  for (int count = 0; count < 4096; ++count) text += "bgp 00:00:01\n\n";
  EXPECT_EQ(parse_clients(text)->size(), 4096u);
  EXPECT_EQ(parse_clients(text + "bgp 00:00:01\n").error().what,
            "the list of zebra's clients has an unknown form");
}

}  // namespace
}  // namespace vipherd::wire::vty
