// Which routes count, and for what: no kernel needed.
#include "kernel/vips/local_table.hpp"

#include <gmock/gmock.h>
#include <linux/rtnetlink.h>

namespace vipherd::kernel::local_table_test {
namespace {

using model::KernelRoute;
using model::KernelVip;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using wire::rtnetlink::RouteMessage;

constexpr std::uint32_t kLo = 1;
constexpr std::uint32_t kEth = 2;

IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }
const IpAddress kVip = ip("10.10.10.10");

RouteMessage route(std::uint8_t protocol, std::uint32_t oif = kLo) {
  return {.destination = {kVip, 32},
          .table = RT_TABLE_LOCAL,
          .type = RTN_LOCAL,
          .protocol = protocol,
          .oif = oif};
}
RouteMessage removal(RouteMessage of) {
  of.removed = true;
  return of;
}
std::optional<KernelVip> now(KernelRoute state) { return KernelVip{kVip, state}; }

class LocalTableTest : public ::testing::Test {
 protected:
  LocalTableTest() { table_.set_interest({{kVip, ""}}); }
  LocalTable table_{118, kLo};
};

TEST_F(LocalTableTest, OursComesAndGoes) {
  EXPECT_EQ(table_.apply(route(118)), now(KernelRoute::ours));
  EXPECT_EQ(table_.apply(route(118)), std::nullopt);
  EXPECT_THAT(table_.snapshot(), ElementsAre(KernelVip{kVip, KernelRoute::ours}));
  EXPECT_EQ(table_.apply(removal(route(118))), now(KernelRoute::absent));
  EXPECT_EQ(table_.apply(removal(route(118))), std::nullopt);
  EXPECT_THAT(table_.snapshot(), IsEmpty());
}

TEST_F(LocalTableTest, OursStaysOursBesideAnAddress) {
  EXPECT_EQ(table_.apply(route(RTPROT_KERNEL)), now(KernelRoute::foreign));
  EXPECT_EQ(table_.apply(route(118)), now(KernelRoute::ours));
  EXPECT_EQ(table_.apply(removal(route(RTPROT_KERNEL))), std::nullopt);
  EXPECT_EQ(table_.apply(route(RTPROT_KERNEL)), std::nullopt);
  EXPECT_EQ(table_.apply(removal(route(118))), now(KernelRoute::foreign));
}

TEST_F(LocalTableTest, ForeignUntilTheLastForeignRouteGoes) {
  EXPECT_EQ(table_.apply(route(RTPROT_KERNEL)), now(KernelRoute::foreign));
  EXPECT_EQ(table_.apply(route(RTPROT_KERNEL, kEth)), std::nullopt);
  EXPECT_EQ(table_.apply(removal(route(RTPROT_KERNEL))), std::nullopt);
  EXPECT_EQ(table_.apply(removal(route(RTPROT_KERNEL, kEth))), now(KernelRoute::absent));
}

TEST_F(LocalTableTest, OurProtocolOnAnotherInterfaceIsForeign) {
  EXPECT_EQ(table_.apply(route(118, kEth)), now(KernelRoute::foreign));
  EXPECT_TRUE(table_.depends_on(kEth));
  EXPECT_FALSE(table_.depends_on(kLo));
}

TEST_F(LocalTableTest, WithoutInterestOnlyOursCount) {
  table_.set_interest({});
  EXPECT_EQ(table_.apply(route(RTPROT_KERNEL)), std::nullopt);
  EXPECT_EQ(table_.apply(route(118)), now(KernelRoute::ours));
}

TEST_F(LocalTableTest, OtherRoutesDoNotCount) {
  auto main_table = route(118);
  main_table.table = RT_TABLE_MAIN;
  auto blackhole = route(118);
  blackhole.type = RTN_BLACKHOLE;
  auto prefix = route(118);
  prefix.destination.length = 24;
  auto cloned = route(118);
  cloned.cloned = true;
  for (const auto& other : {main_table, blackhole, prefix, cloned}) {
    EXPECT_EQ(table_.apply(other), std::nullopt);
  }
  EXPECT_THAT(table_.snapshot(), IsEmpty());
}

TEST_F(LocalTableTest, AReplacementLeavesDoubt) {
  auto replacement = route(RTPROT_STATIC);
  EXPECT_EQ(table_.resync_reason(replacement), "");
  replacement.replaces = true;
  EXPECT_NE(table_.resync_reason(replacement), "");
  replacement.type = RTN_BLACKHOLE;
  EXPECT_NE(table_.resync_reason(replacement), "");
  replacement.table = RT_TABLE_MAIN;
  EXPECT_EQ(table_.resync_reason(replacement), "");
  replacement.table = RT_TABLE_LOCAL;
  replacement.destination.address = ip("10.10.10.11");
  EXPECT_EQ(table_.resync_reason(replacement), "");
}

// ------------------------------------------------------------------ in a VRF

constexpr std::uint32_t kBlue = 7;
constexpr std::uint32_t kBlueTable = 1000;
const IpAddress kVip6 = ip("2001:db8:10::10");

wire::rtnetlink::LinkMessage device(const char* name, std::uint32_t index, std::uint32_t table) {
  return {.index = index, .flags = 1, .name = name, .vrf_table = table};
}

class LocalTableInVrfTest : public ::testing::Test {
 protected:
  LocalTableInVrfTest() {
    table_.set_interest({{kVip, "blue"}, {kVip6, "blue"}});
    table_.vrfs().apply(device("blue", kBlue, kBlueTable));
  }
  static RouteMessage in(std::uint32_t table, std::uint32_t oif = kBlue, IpAddress vip = kVip) {
    return {.destination = {vip, vip.host_length()},
            .table = table,
            .type = RTN_LOCAL,
            .protocol = 118,
            .oif = oif,
            .priority = 1};
  }
  /// What the requests ask for, as the kernel would report it.
  static std::vector<RouteMessage> asked(const wire::rtnetlink::Bytes& bytes) {
    std::vector<RouteMessage> routes;
    std::span<const std::uint8_t> rest = bytes;
    for (;;) {
      const auto message = wire::rtnetlink::decode_next(rest);
      if (!message || !*message) return routes;
      routes.push_back(std::get<RouteMessage>((*message)->body));
    }
  }
  std::vector<RouteMessage> attach(const IpAddress& vip) {
    wire::rtnetlink::Bytes out;
    const auto count = table_.append_attach(out, vip, 1);
    EXPECT_TRUE(count);
    EXPECT_EQ(asked(out).size(), count ? *count : 0);
    return asked(out);
  }
  std::vector<RouteMessage> detach(const IpAddress& vip) {
    wire::rtnetlink::Bytes out;
    const std::size_t count = table_.append_detach(out, vip, 1);
    EXPECT_EQ(asked(out).size(), count);
    return asked(out);
  }
  LocalTable table_{118, kLo};
};

TEST_F(LocalTableInVrfTest, Ipv4NeedsARouteInTableLocalBesides) {
  EXPECT_THAT(attach(kVip), ElementsAre(in(RT_TABLE_LOCAL), in(kBlueTable)));
  EXPECT_EQ(table_.apply(in(kBlueTable)), std::nullopt);
  EXPECT_THAT(attach(kVip), ElementsAre(in(RT_TABLE_LOCAL)));
  EXPECT_EQ(table_.apply(in(RT_TABLE_LOCAL)), now(KernelRoute::ours));
  EXPECT_THAT(attach(kVip), IsEmpty());
  EXPECT_EQ(table_.apply(removal(in(kBlueTable))), now(KernelRoute::absent));
  EXPECT_THAT(table_.snapshot(), IsEmpty());
}

TEST_F(LocalTableInVrfTest, Ipv6NeedsOne) {
  EXPECT_THAT(attach(kVip6), ElementsAre(in(kBlueTable, kBlue, kVip6)));
  EXPECT_EQ(table_.apply(in(kBlueTable, kBlue, kVip6)), (KernelVip{kVip6, KernelRoute::ours}));
}

TEST_F(LocalTableInVrfTest, DetachingRemovesAllThereIs) {
  table_.apply(in(kBlueTable));
  table_.apply(in(RT_TABLE_LOCAL));
  auto expected = std::vector{removal(in(RT_TABLE_LOCAL)), removal(in(kBlueTable))};
  EXPECT_EQ(detach(kVip), expected);
  table_.apply(removal(in(RT_TABLE_LOCAL)));
  expected = {removal(in(kBlueTable))};
  EXPECT_EQ(detach(kVip), expected);
}

TEST_F(LocalTableInVrfTest, WhatIsLeftOverElsewhereGoesWithTheAttachment) {
  EXPECT_EQ(table_.apply(in(RT_TABLE_LOCAL, kLo, kVip6)), std::nullopt);
  auto leftover = removal(in(RT_TABLE_LOCAL, kLo, kVip6));
  leftover.priority = 0;  // whichever
  EXPECT_THAT(attach(kVip6), ElementsAre(leftover, in(kBlueTable, kBlue, kVip6)));
}

TEST_F(LocalTableInVrfTest, WhatIsLeftOverOfAVipNobodyKnowsIsOurs) {
  table_.set_interest({});
  EXPECT_EQ(table_.apply(in(kBlueTable)), now(KernelRoute::ours));
  EXPECT_EQ(detach(kVip), std::vector{removal(in(kBlueTable))});
}

TEST_F(LocalTableInVrfTest, AnAddressOfTheVrfIsForeignAndOneElsewhereIsNothing) {
  EXPECT_EQ(table_.apply(route(RTPROT_KERNEL)), std::nullopt);
  auto address = in(kBlueTable);
  address.protocol = RTPROT_KERNEL;
  EXPECT_EQ(table_.apply(address), now(KernelRoute::foreign));
}

TEST_F(LocalTableInVrfTest, WithoutTheVrfAttachingFailsByName) {
  EXPECT_EQ(table_.vrfs().apply(device("blue", kBlue, kBlueTable)), "");
  auto gone = device("blue", kBlue, kBlueTable);
  gone.removed = true;
  EXPECT_EQ(table_.vrfs().apply(gone), "blue");
  wire::rtnetlink::Bytes out;
  const auto count = table_.append_attach(out, kVip, 1);
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().what, "there is no VRF device blue");
  EXPECT_THAT(out, IsEmpty());
  EXPECT_EQ(table_.vrfs().apply(device("red", 8, 2000)), "");
  EXPECT_EQ(table_.vrfs().apply(device("blue", 9, kBlueTable)), "blue");
  EXPECT_THAT(attach(kVip6), ElementsAre(in(kBlueTable, 9, kVip6)));
}

TEST_F(LocalTableInVrfTest, EachTableIsReadOnce) {
  table_.vrfs().apply(device("red", 8, 2000));
  table_.vrfs().apply(device("crimson", 9, 2000));
  std::vector<std::uint32_t> tables;
  for (const auto& part : table_.parts()) {
    if (part.family == Family::ipv6) tables.push_back(part.table);
  }
  EXPECT_THAT(tables, ElementsAre(RT_TABLE_LOCAL, kBlueTable, 2000));
}

}  // namespace
}  // namespace vipherd::kernel::local_table_test
