// What the program does with a client's packet: byte by byte what it hands on, and what it leaves
// alone.
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>

#include "relay/program_fixture.hpp"

namespace vipherd::relay::testing {
namespace {

class PassingOn : public ProgramTest {
 protected:
  Socket listener() const {
    const Place at(names.vip, 80);
    Socket socket(at.family(), SOCK_STREAM);
    EXPECT_EQ(::bind(socket.get(), at.get(), at.size), 0);
    EXPECT_EQ(::listen(socket.get(), 8), 0);
    return Socket(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
  }
  Socket client() const {
    const Place from(names.client, unknown().from_port);
    const Place to(names.vip, 80);
    Socket socket(to.family(), SOCK_STREAM);
    EXPECT_EQ(::bind(socket.get(), from.get(), from.size), 0);
    EXPECT_EQ(::connect(socket.get(), to.get(), to.size), 0);
    return Socket(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
  }
};

TEST_P(PassingOn, AnUnknownConnectionsSegmentGoesToTheNextSibling) {
  for (const unsigned flags : {+kAck, kAck | kPsh, kAck | kFin, +kRst}) {
    Tcp segment = unknown();
    segment.flags = flags;
    EXPECT_EQ(arrives(tcp_packet(segment)), sent(wrapped(onward(), tcp_packet(segment))));
  }
  EXPECT_EQ(counters_of(names.next),
            (SiblingCounters{.sibling = names.next, .passed_on = 4, .connections_passed_on = 1}));
  EXPECT_EQ(counters_of(names.last), (SiblingCounters{.sibling = names.last}));
}

TEST_P(PassingOn, AConnectionCountsOnceForEachSibling) {
  for (const std::uint16_t port : {1234, 1235, 1234, 1236, 1235}) {
    Tcp segment = unknown();
    segment.from_port = port;
    arrives(tcp_packet(segment));
  }
  EXPECT_EQ(counters_of(names.next).connections_passed_on, 3u);
  Way other = way();
  other.next = names.last;
  program.set_way(GetParam(), other).value();
  arrives(tcp_packet(unknown()));
  EXPECT_EQ(counters_of(names.last).connections_passed_on, 1u);
  EXPECT_EQ(counters_of(names.next).connections_passed_on, 3u);
}

/// The newest are remembered whatever else comes; one that is forgotten counts again.
TEST_P(PassingOn, MoreConnectionsThanAreRememberedStillCount) {
  constexpr std::uint64_t kMany = RELAY_CONNECTIONS + 5'000;
  for (std::uint64_t each = 0; each < kMany; ++each) {
    Tcp segment = unknown();
    segment.from_port = static_cast<std::uint16_t>(1024 + each % 60'000);
    arrives(tcp_packet(segment));
    arrives(tcp_packet(segment));
  }
  EXPECT_EQ(counters_of(names.next).connections_passed_on, kMany);
  Tcp oldest = unknown();
  oldest.from_port = 1024;
  arrives(tcp_packet(oldest));
  EXPECT_EQ(counters_of(names.next).connections_passed_on, kMany + 1);
}

TEST_P(PassingOn, WhatIsNoneOfTheRelaysBusinessPassesUnchanged) {
  Tcp syn = unknown();
  syn.flags = kSyn;
  Tcp answer = unknown();
  answer.flags = kSyn | kAck;
  Tcp elsewhere = unknown();
  elsewhere.to = names.self;
  Bytes cut = tcp_packet(unknown());
  cut.resize(cut.size() - 10);
  for (const Bytes& packet : {tcp_packet(syn), tcp_packet(answer), tcp_packet(elsewhere), cut,
                              ip({names.client, names.vip, 17}, udp(1234, 80, {1, 2, 3})),
                              ip({names.client, names.self, 17}, udp(1234, 53, {1, 2, 3}))}) {
    EXPECT_EQ(arrives(packet), passes(packet));
  }
  EXPECT_EQ(program.counters().value(),
            (Counters{.siblings = {{.sibling = names.next}, {.sibling = names.last}}}));
}

TEST_P(PassingOn, ThisNodesConnectionsPassUnchangedInEachOfTheirStates) {
  const Bytes segment = tcp_packet(unknown());
  const Socket server = listener();
  EXPECT_EQ(arrives(segment).verdict, kRedirect) << "only a listening socket";
  Socket connecting = client();
  Socket accepted(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_EQ(arrives(segment), passes(segment)) << "established";
  accepted.close();
  EXPECT_EQ(arrives(segment), passes(segment)) << "closing";
  connecting.close();
  EXPECT_EQ(arrives(segment), passes(segment)) << "in TIME_WAIT";
}

TEST_P(PassingOn, FragmentsAndOptionsAreLeftToTheKernelAndCounted) {
  Bytes options = tcp_packet(unknown());
  Bytes fragment = options;
  if (is_v4()) {
    options[0] = 0x46;
    fragment[6] = 0x20;
  } else {
    options[6] = 60;
    fragment[6] = 44;
  }
  EXPECT_EQ(arrives(options), passes(options));
  EXPECT_EQ(arrives(fragment), passes(fragment));
  EXPECT_EQ(program.counters().value().untouched, 2u);
}

TEST_P(PassingOn, WhatLeavesNoRoomForTheOuterHeaderIsLeftToTheKernelWhichResets) {
  Tcp segment = unknown();
  const std::size_t room = 1500 - overhead(GetParam()) - (is_v4() ? 40 : 60);
  segment.data.assign(room, 'x');
  EXPECT_EQ(arrives(tcp_packet(segment)), sent(wrapped(onward(), tcp_packet(segment))));
  segment.data.push_back('y');
  EXPECT_EQ(arrives(tcp_packet(segment)), passes(tcp_packet(segment)));
  EXPECT_EQ(program.counters().value().too_big, 1u);
}

TEST_P(PassingOn, WithoutALivingSiblingOrALivingAgentEverythingPasses) {
  const Bytes packet = tcp_packet(unknown());
  program.renew(std::chrono::steady_clock::now() - std::chrono::milliseconds(20));
  EXPECT_EQ(arrives(packet), passes(packet));
  const Bytes relayed = wrapped(incoming(1), packet);
  EXPECT_EQ(arrives(relayed), passes(relayed));
  const Bytes strange = wrapped({names.stranger, names.self, 1, kPort}, packet);
  EXPECT_EQ(arrives(strange), passes(strange));
  renew();
  EXPECT_EQ(arrives(packet).verdict, kRedirect);
  Way alone = way();
  alone.next.reset();
  program.set_way(GetParam(), alone).value();
  EXPECT_EQ(arrives(packet), passes(packet));
  program.set_way(GetParam(), way()).value();
  EXPECT_EQ(arrives(packet).verdict, kRedirect);
  program.set_siblings({names.last}).value();
  EXPECT_EQ(arrives(packet), passes(packet)) << "to an address that is no sibling any more";
}

TEST_P(PassingOn, OneFamilysRingSaysNothingOfTheOthers) {
  const Names other = names_of(is_v4() ? Family::ipv6 : Family::ipv4);
  program.set_vips({names.vip, other.vip}).value();
  const Bytes packet =
      tcp_packet({.from = other.client, .to = other.vip, .from_port = 9, .to_port = 80});
  EXPECT_EQ(arrives(packet), passes(packet));
}

TEST_P(PassingOn, AVipThatIsTakenAwayIsLeftAlone) {
  const Bytes packet = tcp_packet(unknown());
  program.set_vips({}).value();
  EXPECT_EQ(arrives(packet), passes(packet));
  program.set_vips({names.vip}).value();
  EXPECT_EQ(arrives(packet).verdict, kRedirect);
}

TEST_P(PassingOn, AnIcmpErrorFollowsTheConnectionThatItIsAbout) {
  const auto about = [&](const IpAddress& vip) {
    return icmp_error(
        names.stranger, names.vip,
        tcp_packet({.from = vip, .to = names.client, .from_port = 80, .to_port = 1234}));
  };
  Wrapping onwards = onward();
  EXPECT_EQ(arrives(about(names.vip)), sent(wrapped(onwards, about(names.vip))));
  EXPECT_EQ(arrives(about(names.self)), passes(about(names.self))) << "about another address";
  const Socket server = listener();
  const Socket connected = client();
  EXPECT_EQ(arrives(about(names.vip)), passes(about(names.vip)));
}

/// The kernel's SYN-ACK to a SYN that comes from the wire: x0 is the other end of e0.
Bytes syn_ack_to(const Bytes& syn) {
  const Socket wire(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  sockaddr_ll at{};
  at.sll_family = AF_PACKET;
  at.sll_protocol = htons(ETH_P_ALL);
  at.sll_ifindex = static_cast<int>(::if_nametoindex("x0"));
  EXPECT_EQ(::bind(wire.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  EXPECT_EQ(::send(wire.get(), syn.data(), syn.size(), 0), static_cast<ssize_t>(syn.size()));
  for (int tries = 0; tries < 100; ++tries) {
    pollfd readable{.fd = wire.get(), .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, 2000) <= 0) break;
    Bytes got(2000);
    const ssize_t size = ::recv(wire.get(), got.data(), got.size(), 0);
    got.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (got.size() < 54 || (got[12] != 8 && got[12] != 0x86)) continue;
    const std::size_t tcp = got[12] == 8 ? 34 : 54;
    if (got.size() >= tcp + 20 && got[got[12] == 8 ? 23 : 20] == 6 &&
        got[tcp + 13] == (kSyn | kAck))
      return got;
  }
  ADD_FAILURE() << "no SYN-ACK";
  return {};
}

TEST_P(PassingOn, ASegmentThatOnlyASynCookieProvesOursIsOurs) {
  space.shell(
      "sysctl -qw net.ipv4.tcp_syncookies=2 net.ipv4.conf.all.rp_filter=0 "
      "net.ipv4.conf.e0.rp_filter=0");
  const IpAddress far = address(is_v4() ? "203.0.113.9" : "fd77::9");
  const char* family = is_v4() ? "-4" : "-6";
  const std::string gateway = names.stranger.to_string();
  space.shell(std::string("ip ") + family + " route add default via " + gateway + " dev e0");
  space.shell("ip neigh replace " + gateway + " lladdr 02:00:00:00:00:02 dev e0");
  const Socket server = listener();
  Tcp syn{.from = far,
          .to = names.vip,
          .from_port = 4000,
          .to_port = 80,
          .flags = kSyn,
          .sequence = 99};
  Bytes raw = frame(tcp_packet(syn));
  const Bytes e0 = [&] {
    Bytes mac;
    const std::string text =
        space.shell("cat /sys/class/net/e0/address 2>/dev/null || ip -br link show e0");
    const auto at = text.find(':') - 2;
    for (std::size_t byte = 0; byte < 6; ++byte) {
      mac.push_back(
          static_cast<std::uint8_t>(std::stoul(text.substr(at + 3 * byte, 2), nullptr, 16)));
    }
    return mac;
  }();
  std::copy(e0.begin(), e0.end(), raw.begin());
  const Bytes answer = syn_ack_to(raw);
  ASSERT_FALSE(answer.empty());
  const std::size_t tcp = is_v4() ? 34 : 54;
  std::uint32_t cookie = 0;
  for (std::size_t byte = 0; byte < 4; ++byte) cookie = cookie << 8 | answer[tcp + 4 + byte];
  Tcp ack = syn;
  ack.flags = kAck;
  ack.sequence = 100;
  ack.acknowledges = cookie + 1;
  EXPECT_EQ(arrives(tcp_packet(ack)), passes(tcp_packet(ack)));
  ack.acknowledges = cookie + 77;
  EXPECT_EQ(arrives(tcp_packet(ack)).verdict, kRedirect) << "of another node";
}

/// Other nodes would have the client reset, though the one that it is for is alive and has the
/// connection.
TEST_P(PassingOn, WhatASwitchFloodsIsLeftToTheNodeThatItIsFor) {
  Bytes flooded = frame(tcp_packet(unknown()));
  flooded[0] = 2;
  EXPECT_EQ(run_frame(program.ingress_descriptor(), flooded), (Ran{kPass, flooded}));
}

class Limited : public ProgramTest {
 protected:
  Limited() : ProgramTest(1000) {}  // 16 in a window of 16.8 ms
};

TEST_P(Limited, WhatIsOverTheRateIsLeftToTheKernelOrDroppedIfItComesFromASibling) {
  const Bytes packet = tcp_packet(unknown());
  const Bytes relayed = wrapped(incoming(1), packet);
  unsigned on = 0, left = 0, forwarded = 0, drops = 0;
  for (int each = 0; each < 2000; ++each) {
    const unsigned verdict = arrives(packet).verdict;
    on += verdict == kRedirect;
    left += verdict == kPass;
    const unsigned later = arrives(relayed).verdict;
    forwarded += later == kRedirect;
    drops += later == kDrop;
  }
  EXPECT_EQ(on + left, 2000u);
  EXPECT_EQ(forwarded + drops, 2000u);
  EXPECT_GE(on, 16u);
  EXPECT_GE(forwarded, 16u);
  EXPECT_EQ(program.counters().value().rate_limited, left);
  EXPECT_EQ(counters_of(names.last).rate_limited, drops);
  EXPECT_GT(left, 0u);
  EXPECT_GT(drops, 0u);
}

INSTANTIATE_TEST_SUITE_P(Relay, PassingOn, kFamilies, kName);
INSTANTIATE_TEST_SUITE_P(Relay, Limited, kFamilies, kName);

}  // namespace
}  // namespace vipherd::relay::testing
