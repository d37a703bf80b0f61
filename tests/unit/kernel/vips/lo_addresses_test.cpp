// Which addresses count, and for what, without a kernel; then against the real one.
#include "kernel/vips/lo_addresses.hpp"

#include <gmock/gmock.h>
#include <net/if.h>

#include <array>

#include "unit/kernel/vips/session_fixture.hpp"

namespace vipherd::kernel {
namespace {

using namespace model;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::host_prefix;
using testing::ip;
using ::testing::IsEmpty;
using testing::kVips;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using wire::rtnetlink::AddressMessage;

constexpr std::uint32_t kLo = 1;
constexpr std::uint32_t kEth = 2;
constexpr std::uint8_t kProtocol = 118;

AddressMessage address(const char* vip, std::uint8_t protocol, std::uint32_t index = kLo) {
  return {.local = {ip(vip), ip(vip).host_length()}, .index = index, .protocol = protocol};
}
AddressMessage removal(AddressMessage of) {
  of.removed = true;
  return of;
}

class LoAddressesTest : public ::testing::Test {
 protected:
  LoAddressesTest() {
    marked_.set_interest({{ip("10.10.10.10"), ""}});
    unmarked_.set_interest({{ip("10.10.10.10"), ""}});
  }
  LoAddresses marked_{kProtocol, kLo, std::chrono::seconds(5), true};
  LoAddresses unmarked_{kProtocol, kLo, std::chrono::seconds(5), false};
};

TEST_F(LoAddressesTest, ARenewalIsNoChange) {
  const auto ours = address("10.10.10.10", kProtocol);
  EXPECT_EQ(marked_.apply(ours), (KernelVip{ip("10.10.10.10"), KernelRoute::ours}));
  EXPECT_EQ(marked_.apply(ours), std::nullopt);
  EXPECT_EQ(marked_.apply(removal(ours)), (KernelVip{ip("10.10.10.10"), KernelRoute::absent}));
  EXPECT_THAT(marked_.snapshot(), IsEmpty());
}

TEST_F(LoAddressesTest, TheMarkMayChangeHandsWithoutARemoval) {
  const IpAddress unknown = ip("10.77.0.1");
  marked_.apply(address("10.77.0.1", kProtocol));
  EXPECT_EQ(marked_.state_of(unknown), KernelRoute::ours);
  marked_.apply(address("10.77.0.1", 0));
  EXPECT_EQ(marked_.state_of(unknown), KernelRoute::foreign);
}

TEST_F(LoAddressesTest, OnlyOnLoAndWithOurNumberItIsOurs) {
  marked_.apply(address("10.10.10.10", kProtocol, kEth));
  EXPECT_EQ(marked_.state_of(ip("10.10.10.10")), KernelRoute::foreign);
  marked_.apply(address("10.10.10.10", kProtocol));
  EXPECT_EQ(marked_.state_of(ip("10.10.10.10")), KernelRoute::ours);
  marked_.apply(removal(address("10.10.10.10", kProtocol)));
  EXPECT_EQ(marked_.state_of(ip("10.10.10.10")), KernelRoute::foreign);
  // Of no interest.
  EXPECT_EQ(marked_.apply(address("10.77.0.2", 119)), std::nullopt);
  EXPECT_EQ(marked_.state_of(ip("10.77.0.2")), KernelRoute::absent);
}

TEST_F(LoAddressesTest, InAVrfItIsOnTheVrfsDevice) {
  constexpr std::uint32_t kBlue = 7;
  marked_.set_interest({{ip("10.10.10.10"), "blue-with-a-name"}});
  wire::rtnetlink::Bytes out;
  const auto missing = marked_.append_attach(out, ip("10.10.10.10"), 1);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().what, "there is no VRF device blue-with-a-name");

  marked_.vrfs().apply(
      {.index = kBlue, .flags = IFF_UP, .name = "blue-with-a-name", .vrf_table = 100});
  EXPECT_EQ(marked_.apply(address("10.10.10.10", 0)), std::nullopt) << "in the default VRF";
  EXPECT_EQ(marked_.apply(address("10.10.10.10", kProtocol)), std::nullopt) << "left over";
  const auto requests = marked_.append_attach(out, ip("10.10.10.10"), 1);
  ASSERT_TRUE(requests);
  EXPECT_EQ(*requests, 2u);
  wire::rtnetlink::Bytes expected;
  wire::rtnetlink::append_delete_address(
      expected, {.vip = ip("10.10.10.10"), .protocol = kProtocol, .index = kLo}, 1);
  wire::rtnetlink::append_new_address(expected,
                                      {.vip = ip("10.10.10.10"),
                                       .protocol = kProtocol,
                                       .index = kBlue,
                                       .label = "blue-with:vh118",
                                       .lease_s = 5},
                                      2);
  EXPECT_EQ(out, expected);

  marked_.apply(removal(address("10.10.10.10", kProtocol)));
  EXPECT_EQ(marked_.apply(address("10.10.10.10", kProtocol, kBlue)),
            (KernelVip{ip("10.10.10.10"), KernelRoute::ours}));
}

TEST_F(LoAddressesTest, WhatIsLeftOverIsNotRenewed) {
  constexpr std::uint32_t kBlue = 7;
  const IpAddress unknown = ip("10.77.0.1");
  wire::rtnetlink::Bytes out;
  marked_.vrfs().apply({.index = kBlue, .flags = IFF_UP, .name = "blue", .vrf_table = 100});
  marked_.apply(address("10.77.0.1", kProtocol, kBlue));
  EXPECT_EQ(marked_.state_of(unknown), KernelRoute::ours);
  EXPECT_EQ(marked_.append_renewal(out, unknown, 1), 0u) << "it would come on lo";
  marked_.set_interest({{unknown, "red"}});
  EXPECT_EQ(marked_.append_renewal(out, unknown, 1), 0u) << "there is no red";
  marked_.set_interest({{unknown, "blue"}});
  EXPECT_EQ(marked_.append_renewal(out, unknown, 1), 1u);
}

TEST_F(LoAddressesTest, WhatMakesNoHostRouteDoesNotCount) {
  auto wide = address("10.10.10.10", 0);
  wide.local.length = 24;
  EXPECT_EQ(marked_.apply(wide), std::nullopt);
  auto pointed = address("10.10.10.10", 0);
  pointed.has_peer = true;
  EXPECT_EQ(marked_.apply(pointed), std::nullopt);
}

TEST_F(LoAddressesTest, WithoutTheMarkTheLabelOrTheLeaseTells) {
  auto ipv4 = address("10.10.10.10", 0);
  unmarked_.apply(ipv4);
  EXPECT_EQ(unmarked_.state_of(ip("10.10.10.10")), KernelRoute::foreign);
  ipv4.label = "lo:vh118";
  unmarked_.apply(ipv4);
  EXPECT_EQ(unmarked_.state_of(ip("10.10.10.10")), KernelRoute::ours);

  auto ipv6 = address("2001:db8::1", 0);
  ipv6.preferred_s = 0;
  EXPECT_EQ(unmarked_.apply(ipv6), std::nullopt);
  ipv6.valid_s = 5;
  EXPECT_EQ(unmarked_.apply(ipv6), (KernelVip{ip("2001:db8::1"), KernelRoute::ours}));
  // Where the kernel marks, the same is another program's.
  EXPECT_EQ(marked_.apply(ipv6), std::nullopt);
}

// ------------------------------------------------------------------ with the kernel

class VipAddressesTest : public testing::SessionTest {
 protected:
  explicit VipAddressesTest(Duration lease = std::chrono::hours(1))
      : SessionTest({Method::Kind::lo_addresses, kProtocol, lease}) {}
  std::string addresses() const {
    return shell(ip_command() + "-N addr show dev lo to " + host_prefix(GetParam()));
  }
  std::string foreign() const { return host_prefix(GetParam()) + " dev lo"; }
  /// All that the loop has to do without an event from elsewhere.
  void run_shortly() {
    io_.restart();
    while (io_.poll() > 0) {
    }
  }
  /// Adds an address with this IFA_PROTO, which not every iproute2 can.
  static void put(const std::string& vip, std::uint8_t protocol, std::uint32_t lease_s = 60) {
    wire::rtnetlink::Bytes request;
    wire::rtnetlink::append_new_address(
        request, {ip(vip), protocol, if_nametoindex("lo"), "lo:test", lease_s}, 1);
    const auto socket = netlink::Socket::open(netlink::Blocking::yes, 4096);
    ASSERT_TRUE(socket && socket->send(request));
    std::array<std::uint8_t, 4096> buffer{};
    std::span<const std::uint8_t> answer = std::span(buffer).first(socket->receive(buffer).size);
    const auto message = wire::rtnetlink::decode_next(answer);
    ASSERT_TRUE(message && *message);
    EXPECT_EQ((*message)->body, wire::rtnetlink::Body(wire::rtnetlink::Ack{}));
  }
};

class ShortLeaseTest : public VipAddressesTest {
 protected:
  ShortLeaseTest() : VipAddressesTest(std::chrono::seconds(2)) {}
};

std::string family_name(const ::testing::TestParamInfo<std::string>& vip) {
  return ip(vip.param).is_v4() ? "ipv4" : "ipv6";
}
INSTANTIATE_TEST_SUITE_P(Families, VipAddressesTest, ::testing::ValuesIn(kVips), family_name);
INSTANTIATE_TEST_SUITE_P(Families, ShortLeaseTest, ::testing::ValuesIn(kVips), family_name);

TEST_P(VipAddressesTest, AttachesAndDetaches) {
  start();
  EXPECT_THAT(read(), IsEmpty());
  attach();
  const std::string shown = addresses();
  EXPECT_THAT(shown, Not(HasSubstr("brd")));
  EXPECT_THAT(shown, HasSubstr("valid_lft 3600sec"));
  if (ip(GetParam()).is_v4()) {
    EXPECT_THAT(shown, HasSubstr("lo:vh118"));
    EXPECT_THAT(shown, HasSubstr("scope 254"));
  } else {
    EXPECT_THAT(shown, AllOf(HasSubstr("deprecated"), HasSubstr("preferred_lft 0sec")));
  }
  // The kernel tells of an IPv6 address a moment before it makes the route.
  const auto local = [this] {
    return shell(ip_command() + "route get " + GetParam()).find("local ") != std::string::npos;
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  bool is_local = false;
  while (!(is_local = local()) && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_TRUE(is_local);
  session_->command(input::Detach{ip(GetParam())});
  session_->command(input::Flush{});
  expect_change(KernelRoute::absent);
  EXPECT_EQ(addresses(), "");
  EXPECT_THAT(events_, IsEmpty());
}

TEST_P(VipAddressesTest, SeesWhatOthersDoToItsAddress) {
  start();
  read();
  attach();
  shell("ip addr del " + foreign());
  expect_change(KernelRoute::absent);
  put(GetParam(), kProtocol);
  expect_change(KernelRoute::ours);
}

TEST_P(VipAddressesTest, LeavesAnAddressOfSomebodyElseAlone) {
  start();
  read();
  put(GetParam(), 119);
  expect_change(KernelRoute::foreign);
  EXPECT_THAT(read(), ElementsAre(KernelVip{ip(GetParam()), KernelRoute::foreign}));
  session_->command(input::Attach{ip(GetParam())});
  session_->command(input::Flush{});
  const auto local = next<event::KernelStale>();
  ASSERT_TRUE(local);
  EXPECT_THAT(local->reason, HasSubstr("was local already"));
  read();
  session_->command(input::Detach{ip(GetParam())});
  session_->command(input::Flush{});
  const auto gone = next<event::KernelStale>();
  ASSERT_TRUE(gone);
  EXPECT_THAT(gone->reason, HasSubstr("the address of " + GetParam() + " was gone already"));
  session_->command(input::Renew{std::chrono::steady_clock::now()});
  run_shortly();
  EXPECT_THAT(addresses(), AllOf(HasSubstr("valid_lft "), Not(HasSubstr("valid_lft 3600sec"))));
}

TEST_P(VipAddressesTest, DoesNotRemoveWhatTookThePlaceOfOurs) {
  start();
  read();
  attach();
  shell("ip addr del " + foreign());
  shell("ip addr add " + foreign());
  // Before the session has heard of it.
  session_->command(input::Detach{ip(GetParam())});
  session_->command(input::Flush{});
  ASSERT_TRUE(next<event::KernelStale>());
  EXPECT_THAT(read(), ElementsAre(KernelVip{ip(GetParam()), KernelRoute::foreign}));
  EXPECT_NE(addresses(), "");
}

TEST_P(VipAddressesTest, AdoptsWhatAnEarlierRunLeftAndRenewsIt) {
  put(GetParam(), kProtocol);
  put("10.77.0.1", kProtocol);
  start();
  EXPECT_THAT(read(), UnorderedElementsAre(KernelVip{ip(GetParam()), KernelRoute::ours},
                                           KernelVip{ip("10.77.0.1"), KernelRoute::ours}));
  session_->command(input::Renew{std::chrono::steady_clock::now()});
  run_shortly();
  EXPECT_EQ(read().size(), 2u);
  EXPECT_THAT(addresses(), HasSubstr("valid_lft 3"));
  EXPECT_THAT(shell("ip addr show dev lo to 10.77.0.1"), HasSubstr("valid_lft 3"));
  EXPECT_THAT(events_, IsEmpty());
}

TEST_P(VipAddressesTest, ManyAreRenewedInPartsAndChangesGoInBetween) {
  for (int host = 1; host <= 200; ++host) put("10.77.1." + std::to_string(host), kProtocol);
  start();
  EXPECT_EQ(read().size(), 200u);
  session_->command(input::Renew{std::chrono::steady_clock::now()});
  session_->command(input::Attach{ip(GetParam())});
  session_->command(input::Flush{});
  const auto renewed = [] {
    const std::string shown = shell("ip -o addr show dev lo to 10.77.1.0/24");
    std::size_t count = 0;
    for (std::size_t at = 0; (at = shown.find("valid_lft 36", at)) != std::string::npos; ++at) {
      ++count;
    }
    for (std::size_t at = 0; (at = shown.find("valid_lft 35", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  };
  // The change goes first.
  expect_change(KernelRoute::ours);
  EXPECT_LT(renewed(), 200u);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (renewed() < 200 && std::chrono::steady_clock::now() < deadline) {
    io_.restart();
    io_.run_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(renewed(), 200u);
  EXPECT_THAT(events_, IsEmpty());
}

TEST_P(VipAddressesTest, WhatIsBeingDetachedIsNotRenewed) {
  start();
  read();
  attach();
  session_->command(input::Detach{ip(GetParam())});
  session_->command(input::Renew{std::chrono::steady_clock::now()});
  expect_change(KernelRoute::absent);
  run_shortly();
  EXPECT_THAT(read(), IsEmpty());
  EXPECT_EQ(addresses(), "");
}

TEST_P(VipAddressesTest, RemoveAddressesTakesOnlyOurs) {
  start();
  read();
  attach();
  put("10.77.0.2", 119);
  shell("ip addr add 10.77.0.3/32 dev lo");
  shell("ip route add local 10.77.0.4 dev lo table local proto 118");
  EXPECT_EQ(remove_addresses(kProtocol).value(), 1u);
  EXPECT_EQ(remove_addresses(kProtocol).value(), 0u);
  expect_change(KernelRoute::absent);
  EXPECT_EQ(addresses(), "");
  EXPECT_THAT(shell("ip addr show dev lo"), AllOf(HasSubstr("10.77.0.2"), HasSubstr("10.77.0.3")));
  EXPECT_THAT(shell("ip route show table local"), HasSubstr("10.77.0.4"));
}

TEST_P(VipAddressesTest, IsNoSourceOfWhatLeavesTheNode) {
  shell("ip link add veth0 type veth peer name veth1 && ip link set veth0 up");
  // No address but the VIP: an IPv4 source is looked for on all interfaces then.
  shell("ip -4 route add 192.0.2.0/24 dev veth0 && ip -6 route add 2001:db8:2::/64 dev veth0");
  start();
  read();
  attach();
  const std::string destination = ip(GetParam()).is_v4() ? "192.0.2.1" : "2001:db8:2::1";
  if (ip(GetParam()).is_v4()) {
    EXPECT_THAT(shell("ip route get " + destination), Not(HasSubstr(GetParam())));
    return;
  }
  // IPv6 takes a deprecated address only where there is no other one.
  shell("ip addr add 2001:db8:77::1/128 dev veth0 nodad");
  EXPECT_THAT(shell("ip route get " + destination), HasSubstr("src 2001:db8:77::1"));
}

TEST_P(ShortLeaseTest, TheLeaseEndsUnlessItIsRenewed) {
  start();
  read();
  attach();
  ASSERT_TRUE(session_->renewal_pace());
  // Three leases long it stays, as long as it is renewed.
  const auto until = std::chrono::steady_clock::now() + 3 * std::chrono::seconds(2);
  while (std::chrono::steady_clock::now() < until) {
    session_->command(input::Renew{std::chrono::steady_clock::now()});
    io_.restart();
    io_.run_for(std::chrono::milliseconds(50));
  }
  EXPECT_THAT(events_, IsEmpty());
  EXPECT_NE(addresses(), "");
  // Then the kernel takes it away.
  expect_change(KernelRoute::absent);
  EXPECT_EQ(addresses(), "");
}

TEST(VipTable, RoutesHaveNoLease) {
  EXPECT_EQ(make_table({Method::Kind::local_routes, kProtocol, {}}, kLo)->lease(), std::nullopt);
}

}  // namespace
}  // namespace vipherd::kernel
