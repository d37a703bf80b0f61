// Which routes count, and for what: no kernel needed.
#include "kernel/local_table.hpp"

#include <gmock/gmock.h>
#include <linux/rtnetlink.h>

namespace vipherd::kernel {
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
  LocalTableTest() { table_.set_interest({kVip}); }
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
  EXPECT_EQ(table_.doubt_after(replacement), "");
  replacement.replaces = true;
  EXPECT_NE(table_.doubt_after(replacement), "");
  replacement.type = RTN_BLACKHOLE;
  EXPECT_NE(table_.doubt_after(replacement), "");
  replacement.table = RT_TABLE_MAIN;
  EXPECT_EQ(table_.doubt_after(replacement), "");
  replacement.table = RT_TABLE_LOCAL;
  replacement.destination.address = ip("10.10.10.11");
  EXPECT_EQ(table_.doubt_after(replacement), "");
}

}  // namespace
}  // namespace vipherd::kernel
