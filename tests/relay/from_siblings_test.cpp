// What the program does with packets of the relay's port, and with this node's SYN-ACKs.
#include "relay/program_fixture.hpp"

namespace vipherd::relay::testing {
namespace {

class FromSiblings : public ProgramTest {
 protected:
  /// An ended server that has the connection: what is ours is decided as for clients' packets
  /// (passing_on_test.cpp).
  struct Connection {
    explicit Connection(const Names& names, std::uint16_t port)
        : listener(Place(names.vip, 80).family(), SOCK_STREAM),
          client(Place(names.vip, 80).family(), SOCK_STREAM) {
      const Place to(names.vip, 80);
      const Place from(names.client, port);
      EXPECT_EQ(::bind(listener.get(), to.get(), to.size), 0);
      EXPECT_EQ(::listen(listener.get(), 8), 0);
      EXPECT_EQ(::bind(client.get(), from.get(), from.size), 0);
      EXPECT_EQ(::connect(client.get(), to.get(), to.size), 0);
    }
    Socket listener, client;
  };
};

TEST_P(FromSiblings, OursArrivesAsTheClientSentIt) {
  const Connection connection(names, unknown().from_port);
  const Bytes inner = tcp_packet(unknown());
  for (const unsigned hops : {0u, 1u, 9u, 63u}) {
    EXPECT_EQ(arrives(wrapped(incoming(hops), inner)), passes(inner));
  }
  EXPECT_EQ(counters_of(names.last),
            (SiblingCounters{.sibling = names.last, .accepted = 4, .connections_accepted = 1}));
}

TEST_P(FromSiblings, NotOursGoesOnWithAHopLess) {
  const Bytes inner = tcp_packet(unknown());
  EXPECT_EQ(arrives(wrapped(incoming(2), inner)), sent(wrapped(onward(1), inner)));
  EXPECT_EQ(arrives(wrapped(incoming(1), inner)), sent(wrapped(onward(0), inner)));
  EXPECT_EQ(counters_of(names.next), (SiblingCounters{.sibling = names.next, .forwarded = 2}));
}

TEST_P(FromSiblings, TheLastHopLeavesItToTheKernelWhichResets) {
  const Bytes inner = tcp_packet(unknown());
  EXPECT_EQ(arrives(wrapped(incoming(0), inner)), passes(inner));
  EXPECT_EQ(counters_of(names.last),
            (SiblingCounters{.sibling = names.last, .unowned = 1, .connections_unowned = 1}));
}

TEST_P(FromSiblings, ANodeWithoutTheVipPassesItOnButNeverToItsKernel) {
  program.set_vips({}).value();
  const Bytes inner = tcp_packet(unknown());
  EXPECT_EQ(arrives(wrapped(incoming(1), inner)), sent(wrapped(onward(0), inner)));
  EXPECT_EQ(arrives(wrapped(incoming(0), inner)), dropped(wrapped(incoming(0), inner)));
  EXPECT_EQ(counters_of(names.last), (SiblingCounters{.sibling = names.last, .undeliverable = 1}));
}

TEST_P(FromSiblings, StrangersAreDropped) {
  Wrapping strange = incoming(1);
  for (const IpAddress& from : {names.stranger, names.client, names.self}) {
    strange.from = from;
    EXPECT_EQ(arrives(wrapped(strange, tcp_packet(unknown()))),
              dropped(wrapped(strange, tcp_packet(unknown()))));
  }
  EXPECT_EQ(program.counters().value().strangers, 3u);
}

TEST_P(FromSiblings, OtherAddressesOfTheNodeMayUseThePortForSomethingElse) {
  Wrapping other = incoming(1);
  other.to = names.vip;
  const Bytes packet = wrapped(other, tcp_packet(unknown()));
  EXPECT_EQ(arrives(packet), passes(packet));
}

TEST_P(FromSiblings, TheMalformedIsDropped) {
  const Bytes inner = tcp_packet(unknown());
  std::vector<Bytes> packets;
  const auto with = [&](auto change) {
    Wrapping wrapping = incoming(1);
    change(wrapping);
    packets.push_back(wrapped(wrapping, inner));
  };
  with([](Wrapping& it) { it.version = 2; });
  with([](Wrapping& it) { it.token = kToken + 1; });
  with([](Wrapping& it) { it.hops = 64; });
  with([](Wrapping& it) { it.hops = 255; });
  const auto holding = [&](const Bytes& what) { packets.push_back(wrapped(incoming(1), what)); };
  Tcp syn = unknown();
  syn.flags = kSyn;
  holding(tcp_packet(syn));
  holding({});
  holding(Bytes(inner.begin(), inner.begin() + 10));
  holding(Bytes(inner.begin(), inner.begin() + (is_v4() ? 30 : 50)));
  holding(Bytes(100, 0));
  holding(Bytes(100, 0xff));
  holding(ip({names.client, names.vip, 17}, udp(1, 80, {1})));
  holding(wrapped(incoming(1), inner));
  holding(ip({names.client, names.vip, 6, 64, is_v4() ? 0x2000u : 0u},
             is_v4() ? tcp_segment(unknown()) : Bytes{}));
  packets.push_back(ip({names.last, names.self, 17}, udp(1, kPort, {})));
  packets.push_back(ip({names.last, names.self, 17}, udp(1, kPort, {1, 1, 0})));
  for (const Bytes& packet : packets) EXPECT_EQ(arrives(packet), dropped(packet));
  EXPECT_EQ(counters_of(names.last),
            (SiblingCounters{.sibling = names.last, .malformed = packets.size()}));
}

TEST_P(FromSiblings, NoPacketCanLoop) {
  // Whatever rings the nodes believe in: each hop is one less, and without one the packet goes
  // nowhere.
  Bytes packet = wrapped(incoming(63), tcp_packet(unknown()));
  unsigned hops = 0;
  for (; hops < 1000; ++hops) {
    const Ran ran = arrives(packet);
    if (ran.verdict != kRedirect) break;
    // Sent to ourselves, as by the next sibling.
    Wrapping back = incoming(ran.frame.at(14 + (is_v4() ? 20 : 40) + 8 + 1));
    packet = wrapped(back, tcp_packet(unknown()));
  }
  EXPECT_EQ(hops, 63u);
}

TEST_P(FromSiblings, CountersEndWithASiblingsPlace) {
  arrives(wrapped(incoming(0), tcp_packet(unknown())));
  program.set_siblings({names.next}).value();
  program.set_siblings({names.next, names.last}).value();
  EXPECT_EQ(counters_of(names.last), (SiblingCounters{.sibling = names.last}));
  std::vector<IpAddress> many;
  for (int each = 1; each <= 64; ++each)
    many.push_back(address(("198.18.0." + std::to_string(each)).c_str()));
  EXPECT_EQ(program.set_siblings(many).error().what, "64 siblings; the relay knows at most 63");
}

class Clamp : public ProgramTest {
 protected:
  Tcp syn_ack(unsigned mss, bool first = true) const {
    Tcp made{.from = names.vip,
             .to = names.client,
             .from_port = 80,
             .to_port = 1234,
             .flags = kSyn | kAck};
    const Bytes option = {2, 4, static_cast<std::uint8_t>(mss >> 8),
                          static_cast<std::uint8_t>(mss)};
    const Bytes others = {1, 3, 3, 7, 4, 2, 1, 1};
    made.options = first ? option : others;
    append(made.options, first ? others : option);
    return made;
  }
};

TEST_P(Clamp, ASynAckOffersWhatLeavesRoom) {
  const unsigned most = is_v4() ? 1424 : 1384;
  for (const bool first : {true, false}) {
    EXPECT_EQ(leaves(tcp_packet(syn_ack(most + 36, first))),
              passes(tcp_packet(syn_ack(most, first))));
    EXPECT_EQ(leaves(tcp_packet(syn_ack(most, first))), passes(tcp_packet(syn_ack(most, first))));
    EXPECT_EQ(leaves(tcp_packet(syn_ack(536, first))), passes(tcp_packet(syn_ack(536, first))));
  }
  EXPECT_EQ(program.counters().value().clamped, 2u);
}

TEST_P(Clamp, EverythingElsePassesUnchanged) {
  Tcp syn = syn_ack(9000);
  syn.flags = kSyn;
  Tcp other = syn_ack(9000);
  other.from = names.self;
  Tcp plain = syn_ack(9000);
  plain.options = {1, 1, 1, 1};
  Tcp broken = plain;
  broken.options = {3, 0, 2, 4};
  Tcp cut = plain;
  cut.options = {8, 40, 2, 4};
  for (const Tcp& segment : {syn, other, plain, broken, cut}) {
    EXPECT_EQ(leaves(tcp_packet(segment)), passes(tcp_packet(segment)));
  }
  program.renew({});
  EXPECT_EQ(leaves(tcp_packet(syn_ack(9000))), passes(tcp_packet(syn_ack(9000))));
}

INSTANTIATE_TEST_SUITE_P(Relay, FromSiblings, kFamilies, kName);
INSTANTIATE_TEST_SUITE_P(Relay, Clamp, kFamilies, kName);

}  // namespace
}  // namespace vipherd::relay::testing
