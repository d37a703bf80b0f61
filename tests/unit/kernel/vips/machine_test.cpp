// The kernel's machine alone: what it sends when, and what it makes of what comes back.
#include "kernel/vips/machine.hpp"

#include <gmock/gmock.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace vipherd::kernel::machine_test {
namespace {

using namespace model;
namespace rtnetlink = wire::rtnetlink;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint8_t kProtocol = 188;
constexpr std::uint32_t kLo = 1;
constexpr std::uint32_t kEth0 = 2;

IpAddress vip(int last) { return IpAddress::parse("10.10.10." + std::to_string(last)).value(); }

rtnetlink::RouteMessage local_route(const IpAddress& address, bool removed = false) {
  rtnetlink::RouteMessage route;
  route.removed = removed;
  route.destination = {address, address.host_length()};
  route.table = RT_TABLE_LOCAL;
  route.type = RTN_LOCAL;
  route.protocol = kProtocol;
  route.oif = kLo;
  return route;
}

rtnetlink::AddressMessage leased_address(const IpAddress& address, bool removed = false) {
  rtnetlink::AddressMessage message;
  message.removed = removed;
  message.local = {address, address.host_length()};
  message.index = kLo;
  message.protocol = kProtocol;
  message.label = "lo:vipherd188";
  message.valid_s = 60;
  return message;
}

/// A machine, and a kernel that says what the test has it say.
class Conversation {
 public:
  explicit Conversation(const Method& method) : machine(method, kLo, true) {}

  void feed(Input input) {
    for (Effect& effect : machine.resume(std::move(input))) effects.push_back(std::move(effect));
  }
  /// Takes the effects; true if there is one alone, of this kind.
  template <class Kind>
  bool expect() {
    const Effects taken = std::exchange(effects, {});
    return taken.size() == 1 && std::holds_alternative<Kind>(taken.front());
  }
  /// The sequence numbers of the requests sent.
  std::vector<std::uint32_t> sent() {
    std::vector<std::uint32_t> sequences;
    for (const Effect& effect : std::exchange(effects, {})) {
      const auto* send = std::get_if<effect::Send>(&effect);
      if (send == nullptr) continue;
      std::span<const std::uint8_t> rest(send->datagram);
      while (rest.size() >= sizeof(nlmsghdr)) {
        nlmsghdr header;
        std::memcpy(&header, rest.data(), sizeof header);
        sequences.push_back(last_sequence = header.nlmsg_seq);
        rest = rest.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), rest.size()));
      }
    }
    return sequences;
  }
  void change(rtnetlink::Body body) { feed(input::Change{{0, false, std::move(body)}}); }
  void answer(std::uint32_t sequence, rtnetlink::Body body) {
    feed(input::Answer{{sequence, false, std::move(body)}});
  }
  void ack(std::uint32_t sequence, int error = 0) { answer(sequence, rtnetlink::Ack{error, ""}); }
  void drain(bool complete = true) { feed(input::Drained{complete}); }
  /// Answers what was asked for last of a dump.
  void done(int error = 0) {
    sent();
    answer(last_sequence, rtnetlink::Done{error, ""});
  }
  /// A whole dump of nothing.
  void read_nothing() {
    feed(input::Read{{{vip(1), ""}, {vip(2), ""}}});
    drain();
    while (machine_is_dumping()) done();
    drain();
    machine.take_events();
    effects.clear();
  }
  bool machine_is_dumping() const {
    return !effects.empty() && std::holds_alternative<effect::Send>(effects.back());
  }

  Machine machine;
  Effects effects;
  std::uint32_t last_sequence = 0;
};

const Method kRoutes{Method::Kind::local_routes, kProtocol, {}};
const Method kAddresses{Method::Kind::lo_addresses, kProtocol, std::chrono::seconds(60)};

class RoutesMachineTest : public ::testing::Test, public Conversation {
 protected:
  RoutesMachineTest() : Conversation(kRoutes) { read_nothing(); }
};
class AddressesMachineTest : public ::testing::Test, public Conversation {
 protected:
  AddressesMachineTest() : Conversation(kAddresses) { read_nothing(); }

  /// Attached, and the kernel has said so.
  void hold(int last) {
    feed(input::Attach{vip(last)});
    feed(input::Flush{});
    drain();
    const auto sequences = sent();
    change(leased_address(vip(last)));
    for (const std::uint32_t sequence : sequences) ack(sequence);
    drain();
    effects.clear();
    machine.take_events();
  }
};

TEST_F(RoutesMachineTest, ChangesGoOutTogetherAndAreToldTogether) {
  feed(input::Attach{vip(1)});
  feed(input::Attach{vip(2)});
  EXPECT_THAT(effects, IsEmpty());
  feed(input::Flush{});
  ASSERT_THAT(effects, SizeIs(1));
  const auto sequences = sent();
  ASSERT_THAT(sequences, SizeIs(2));

  change(local_route(vip(1)));
  ack(sequences[0]);
  EXPECT_FALSE(machine.has_events());
  EXPECT_THAT(machine.take_events(), IsEmpty());
  change(local_route(vip(2)));
  ack(sequences[1]);
  EXPECT_TRUE(expect<effect::DrainMonitor>());
  drain();
  EXPECT_THAT(machine.take_events(), SizeIs(2));
}

TEST_F(RoutesMachineTest, WhatIsAskedForMeanwhileGoesOutWhenAllIsAnswered) {
  feed(input::Attach{vip(1)});
  feed(input::Flush{});
  const auto first = sent();
  feed(input::Attach{vip(2)});
  feed(input::Flush{});
  EXPECT_THAT(effects, IsEmpty());
  ack(first[0]);
  EXPECT_THAT(sent(), SizeIs(1));
}

TEST_F(RoutesMachineTest, AnAckOfSomethingElseIsNone) {
  feed(input::Attach{vip(1)});
  feed(input::Flush{});
  const auto sequences = sent();
  ack(sequences[0] - 1);
  ack(sequences[0] + 1);
  answer(sequences[0], rtnetlink::Done{0, ""});
  EXPECT_THAT(effects, IsEmpty());
  ack(sequences[0]);
  EXPECT_TRUE(expect<effect::DrainMonitor>());
}

TEST_F(RoutesMachineTest, ARefusalNamesTheVipAndTheReason) {
  feed(input::Attach{vip(1)});
  feed(input::Detach{vip(2)});
  feed(input::Flush{});
  const auto sequences = sent();
  ASSERT_THAT(sequences, SizeIs(2));
  answer(sequences[0], rtnetlink::Ack{EPERM, "because"});
  ack(sequences[1], ESRCH);
  drain();
  const auto events = machine.take_events();
  ASSERT_THAT(events, SizeIs(2));
  const auto& failed = std::get<event::AttachFailed>(events[0]);
  EXPECT_EQ(failed.vip, vip(1));
  EXPECT_EQ(failed.reason, "Operation not permitted (because)");
  EXPECT_EQ(std::get<event::KernelStale>(events[1]).reason,
            "the local route of 10.10.10.2 was gone already");
}

TEST_F(RoutesMachineTest, AttachedAlreadyMeansThatTheTableIsStale) {
  feed(input::Attach{vip(1)});
  feed(input::Flush{});
  ack(sent().front(), EEXIST);
  drain();
  const auto events = machine.take_events();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(std::get<event::KernelStale>(events[0]).reason, "10.10.10.1 was local already");
}

TEST_F(RoutesMachineTest, WhatCannotBeSentFails) {
  feed(input::Attach{vip(1)});
  feed(input::Flush{});
  sent();
  feed(input::SendFailed{"no buffer space"});
  EXPECT_THAT(effects, IsEmpty());
  ASSERT_TRUE(machine.has_events());
  EXPECT_EQ(std::get<event::AttachFailed>(machine.take_events()[0]).reason, "no buffer space");
}

TEST_F(RoutesMachineTest, LostAnswersEndTheBatchAndAskForAReading) {
  feed(input::Attach{vip(1)});
  feed(input::Flush{});
  sent();
  feed(input::Attach{vip(2)});
  feed(input::AnswersLost{"lost"});
  EXPECT_THAT(sent(), SizeIs(1)) << "the next batch";
  feed(input::AnswersLost{"lost again"});
  const auto events = machine.take_events();
  ASSERT_THAT(events, SizeIs(1)) << "said once";
  EXPECT_EQ(std::get<event::KernelStale>(events[0]).reason, "lost");
}

TEST_F(RoutesMachineTest, ADumpReadsLinksThenBothFamilies) {
  feed(input::Read{{{vip(1), ""}}});
  EXPECT_TRUE(expect<effect::DrainMonitor>());
  drain();
  int requests = 0;
  for (; machine_is_dumping(); ++requests) {
    const auto sequence = sent();
    ASSERT_THAT(sequence, SizeIs(1));
    if (requests == 1) answer(sequence[0], local_route(vip(1)));
    answer(sequence[0], rtnetlink::Done{0, ""});
  }
  EXPECT_EQ(requests, 3);
  EXPECT_TRUE(expect<effect::DrainMonitor>()) << "before the snapshot";
  EXPECT_FALSE(machine.has_events());
  drain();
  const auto events = machine.take_events();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_THAT(std::get<event::KernelSnapshot>(events[0]).vips,
              ElementsAre(KernelVip{vip(1), KernelRoute::ours}));
}

TEST_F(RoutesMachineTest, WhatTheMonitorSaysDuringADumpIsInTheSnapshot) {
  feed(input::Read{{{vip(1), ""}}});
  drain();
  done();                       // links
  change(local_route(vip(1)));  // came
  answer((sent(), last_sequence), local_route(vip(1)));
  done();
  done();
  change(local_route(vip(1), /*removed=*/true));  // read by the drain before the snapshot
  drain();
  EXPECT_THAT(std::get<event::KernelSnapshot>(machine.take_events().at(0)).vips, IsEmpty());
}

TEST_F(RoutesMachineTest, ATableThatChangedWhileItWasReadIsReadAgain) {
  feed(input::Read{{{vip(1), ""}}});
  drain();
  done();
  sent();
  feed(input::Answer{{last_sequence, /*dump_interrupted=*/true, rtnetlink::Done{0, ""}}});
  done();
  EXPECT_TRUE(expect<effect::DrainMonitor>()) << "before the snapshot";
  drain();
  EXPECT_TRUE(expect<effect::DrainMonitor>()) << "before the next attempt";
  EXPECT_FALSE(machine.has_events());
}

TEST_F(RoutesMachineTest, AfterFiveAttemptsItWaitsAndSaysSoOnce) {
  feed(input::Read{{{vip(1), ""}}});
  for (std::uint32_t attempt = 1; attempt <= kEagerDumps; ++attempt) {
    EXPECT_TRUE(expect<effect::DrainMonitor>()) << attempt;
    drain();
    done(EBUSY);
  }
  EXPECT_TRUE(expect<effect::ArmDelay>());
  const auto events = machine.take_events();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(std::get<event::KernelStale>(events[0]).reason,
            "cannot read the links: Device or resource busy");
  answer(last_sequence, rtnetlink::Done{0, ""});
  EXPECT_THAT(effects, IsEmpty()) << "a late answer";

  feed(input::DelayPassed{});
  EXPECT_TRUE(expect<effect::DrainMonitor>());
  drain();
  done(EBUSY);
  EXPECT_TRUE(expect<effect::ArmDelay>());
  EXPECT_FALSE(machine.has_events());
}

TEST_F(RoutesMachineTest, ADumpThatCannotBeAskedForIsTriedAgain) {
  feed(input::Read{{{vip(1), ""}}});
  for (std::uint32_t attempt = 1; attempt <= kEagerDumps; ++attempt) {
    EXPECT_TRUE(expect<effect::DrainMonitor>()) << attempt;
    drain();
    effects.clear();
    feed(input::SendFailed{"no buffer space"});
  }
  EXPECT_TRUE(expect<effect::ArmDelay>());
}

TEST_F(RoutesMachineTest, ReadingsThatWaitAreOne) {
  feed(input::Attach{vip(1)});
  feed(input::Flush{});
  const auto sequences = sent();
  feed(input::Read{{{vip(1), ""}}});
  feed(input::Read{{{vip(2), ""}}});
  ack(sequences[0]);
  EXPECT_TRUE(expect<effect::DrainMonitor>());
  drain();
  while (machine_is_dumping()) done();
  effects.clear();
  drain();
  EXPECT_THAT(effects, IsEmpty());
}

TEST_F(RoutesMachineTest, LoThatGoesDownIsNewsOnce) {
  change(rtnetlink::LinkMessage{false, kLo, IFF_UP, "lo"});
  EXPECT_FALSE(machine.has_events());
  change(rtnetlink::LinkMessage{false, kLo, 0, "lo"});
  change(rtnetlink::LinkMessage{false, kEth0, 0, "eth0"});
  const auto events = machine.take_events();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(std::get<event::KernelStale>(events[0]).reason, "lo went down");
}

TEST_F(RoutesMachineTest, MoreChangesThanFitOneBatchGoOutInSeveral) {
  for (std::size_t count = 0; count < kMostInBatch + 1; ++count) feed(input::Attach{vip(1)});
  feed(input::Flush{});
  const auto sequences = sent();
  ASSERT_THAT(sequences, SizeIs(kMostInBatch));
  for (const std::uint32_t sequence : sequences) ack(sequence);
  EXPECT_THAT(sent(), SizeIs(1));
}

TEST_F(RoutesMachineTest, RoutesAreNotRenewed) {
  EXPECT_EQ(machine.renewal_pace(), std::nullopt);
  feed(input::Renew{TimePoint{} + std::chrono::hours(1)});
  EXPECT_THAT(effects, IsEmpty());
}

TEST_F(AddressesMachineTest, TheMonitorHasTheLastWordBeforeARemoval) {
  hold(1);
  feed(input::Detach{vip(1)});
  feed(input::Flush{});
  EXPECT_TRUE(expect<effect::DrainMonitor>());
  change(leased_address(vip(1), /*removed=*/true));
  drain();
  EXPECT_THAT(sent(), IsEmpty()) << "another program's may be in its place by now";
}

TEST_F(AddressesMachineTest, RenewsInPartsInTurnsOfTheirOwn) {
  hold(1);
  const TimePoint start{};
  feed(input::Renew{start + std::chrono::hours(1)});
  EXPECT_TRUE(expect<effect::NextTurn>());
  feed(input::Renew{start + std::chrono::hours(2)});
  EXPECT_THAT(effects, IsEmpty()) << "one is due already";
  feed(input::TurnCame{});
  EXPECT_TRUE(expect<effect::DrainMonitor>());
  drain();
  ack(sent().at(0));
  drain();
  effects.clear();
  feed(input::Renew{start + std::chrono::hours(1) + std::chrono::seconds(14)});
  EXPECT_THAT(effects, IsEmpty()) << "a quarter of the lease has not passed";
  feed(input::Renew{start + std::chrono::hours(1) + std::chrono::seconds(15)});
  EXPECT_TRUE(expect<effect::NextTurn>());
}

TEST_F(AddressesMachineTest, WhatIsToGoIsNotRenewed) {
  hold(1);
  feed(input::Renew{TimePoint{} + std::chrono::hours(1)});
  effects.clear();
  feed(input::Detach{vip(1)});
  feed(input::TurnCame{});
  EXPECT_THAT(effects, IsEmpty()) << "what was asked for goes first";
  feed(input::Flush{});
  drain();
  const auto sequences = sent();
  ASSERT_THAT(sequences, SizeIs(1));
  ack(sequences[0]);  // not told by the monitor yet
  ASSERT_THAT(effects, SizeIs(2));
  EXPECT_TRUE(std::holds_alternative<effect::NextTurn>(effects[0]));
  EXPECT_TRUE(std::holds_alternative<effect::DrainMonitor>(effects[1]));
  drain();
  feed(input::TurnCame{});
  drain();
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(AddressesMachineTest, ARenewalThatFailsMeansThatTheTableIsStale) {
  hold(1);
  feed(input::Renew{TimePoint{} + std::chrono::hours(1)});
  feed(input::TurnCame{});
  effects.clear();
  drain();
  ack(sent().at(0), ENOBUFS);
  drain();
  const auto events = machine.take_events();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(std::get<event::KernelStale>(events[0]).reason,
            "cannot renew the address of 10.10.10.1: No buffer space available");
}

}  // namespace
}  // namespace vipherd::kernel::machine_test
