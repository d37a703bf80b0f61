// What the core is told of several daemons together.
#include "frr/vty/holdings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vipherd::frr::vty {
namespace {

namespace event = model::event;
using model::RibState;
using model::RouteOutcome;
using testing::HasSubstr;
using testing::IsEmpty;
using wire::vty::Holding;

const IpAddress kVip4 = *IpAddress::parse("10.10.10.10");
const IpAddress kVip6 = *IpAddress::parse("2001:db8:10::10");
const Holding kHeld{Holding::State::held, ""};
const Holding kAbsent{Holding::State::absent, ""};

template <class Wanted>
Wanted only(const Holdings::Events& events) {
  EXPECT_EQ(events.size(), 1u);
  if (events.size() != 1 || !std::holds_alternative<Wanted>(events[0])) {
    ADD_FAILURE() << "another event";
    return {};
  }
  return std::get<Wanted>(events[0]);
}

Holdings both() { return Holdings(instances({model::Protocol::bgp, model::Protocol::ospf})); }

TEST(Holdings, ASessionLastsFromTheFirstDaemonToTheLast) {
  Holdings book = both();
  EXPECT_EQ(only<event::SpeakerUnreachable>(book.down(Daemon::bgpd, "no such file")).reason,
            "no such file");
  EXPECT_THAT(book.down(Daemon::bgpd, "no such file"), IsEmpty());
  const auto connected =
      only<event::SpeakerUp>(book.ready(Daemon::ospfd, {"ospfd", true}, "saved"));
  EXPECT_EQ(connected.session, 1u);
  EXPECT_EQ(connected.warning, "saved");
  EXPECT_FALSE(connected.resumed);
  EXPECT_THAT(book.ready(Daemon::bgpd, {"bgpd"}, ""), IsEmpty());
  EXPECT_THAT(book.down(Daemon::ospfd, "gone"), IsEmpty());
  EXPECT_EQ(only<event::SpeakerDown>(book.down(Daemon::bgpd, "gone, too")).reason, "gone, too");
  EXPECT_EQ(only<event::SpeakerUp>(book.ready(Daemon::bgpd, {"bgpd"}, "")).session, 2u);
}

TEST(Holdings, WhatIsThereAtTheFirstMeetingIsAPredecessors) {
  Holdings book(instances({model::Protocol::bgp}));
  EXPECT_TRUE(only<event::SpeakerUp>(book.ready(Daemon::bgpd, {"", true}, "")).resumed);
  book.down(Daemon::bgpd, "gone");
  // Of a daemon that is met again they are our own, and the core has counted them as withdrawn.
  EXPECT_FALSE(only<event::SpeakerUp>(book.ready(Daemon::bgpd, {"", true}, "")).resumed);
  Holdings fresh(instances({model::Protocol::bgp}));
  EXPECT_FALSE(only<event::SpeakerUp>(fresh.ready(Daemon::bgpd, {"", false}, "")).resumed);
  Holdings saved(instances({model::Protocol::bgp}));
  EXPECT_FALSE(only<event::SpeakerUp>(saved.ready(Daemon::bgpd, {"", true}, "x")).resumed);
}

TEST(Holdings, IsInstalledWhenEveryDaemonOfItsFamilyHoldsIt) {
  Holdings book = both();
  for (const auto daemon : {Daemon::bgpd, Daemon::ospfd, Daemon::ospf6d}) {
    book.ready(daemon, {""}, "");
  }
  book.announce(kVip4, "", {});
  EXPECT_THAT(book.found(Daemon::bgpd, kVip4, kHeld), IsEmpty());
  EXPECT_EQ(only<event::RouteStatus>(book.found(Daemon::ospfd, kVip4, kHeld)).outcome,
            RouteOutcome::installed);
  EXPECT_THAT(book.found(Daemon::ospfd, kVip4, kHeld), IsEmpty());  // told once
  book.withdraw(kVip4, "");
  EXPECT_THAT(book.found(Daemon::bgpd, kVip4, kHeld), IsEmpty());
  EXPECT_THAT(book.found(Daemon::bgpd, kVip4, kAbsent), IsEmpty());
  EXPECT_EQ(only<event::RouteStatus>(book.found(Daemon::ospfd, kVip4, kAbsent)).outcome,
            RouteOutcome::removed);
}

TEST(Holdings, ADaemonThatDiesTakesOnlyWhatItCarries) {
  Holdings book = both();
  for (const auto daemon : {Daemon::bgpd, Daemon::ospfd, Daemon::ospf6d}) {
    book.ready(daemon, {""}, "");
  }
  book.announce(kVip4, "", {});
  book.announce(kVip6, "", {});
  book.found(Daemon::bgpd, kVip4, kHeld);
  book.found(Daemon::ospfd, kVip4, kHeld);
  book.found(Daemon::bgpd, kVip6, kHeld);
  book.found(Daemon::ospf6d, kVip6, kHeld);
  const auto told = only<event::RouteStatus>(book.down(Daemon::ospfd, "refused"));
  EXPECT_EQ(told.vip, kVip4);
  EXPECT_EQ(told.outcome, RouteOutcome::removed);
  // It is still wanted of the others, and of the one that returns.
  EXPECT_TRUE(book.desired().vips.at(kVip4).has_value());
  EXPECT_THAT(book.inspect(kVip4, ""), IsEmpty());
  const auto inspected = only<event::RouteInspected>(book.found(Daemon::bgpd, kVip4, kHeld));
  EXPECT_EQ(inspected.rib, RibState::not_selected);
  EXPECT_THAT(inspected.detail, HasSubstr("ospfd: refused"));
  book.ready(Daemon::ospfd, {""}, "");
  EXPECT_EQ(only<event::RouteStatus>(book.found(Daemon::ospfd, kVip4, kHeld)).outcome,
            RouteOutcome::installed);
}

TEST(Holdings, AnswersTheCoreOnceForAllDaemons) {
  Holdings book = both();
  EXPECT_EQ(only<event::RouteInspected>(book.inspect(kVip4, "")).session, 0u);
  book.ready(Daemon::bgpd, {""}, "");
  book.ready(Daemon::ospfd, {""}, "");
  book.announce(kVip4, "", {});
  book.inspect(kVip4, "");
  EXPECT_THAT(book.found(Daemon::bgpd, kVip4, kAbsent), IsEmpty());
  EXPECT_EQ(only<event::RouteInspected>(book.found(Daemon::ospfd, kVip4, kAbsent)).rib,
            RibState::absent);
  book.inspect(kVip4, "");
  book.found(Daemon::bgpd, kVip4, {Holding::State::unknown, "what?"});
  const auto unknown = only<event::RouteInspected>(book.found(Daemon::ospfd, kVip4, kHeld));
  EXPECT_EQ(unknown.rib, RibState::unknown);
  EXPECT_THAT(unknown.detail, HasSubstr("bgpd: what?"));
}

TEST(Holdings, AQuestionToADaemonThatDiesIsAnswered) {
  Holdings book = both();
  book.ready(Daemon::bgpd, {""}, "");
  book.ready(Daemon::ospfd, {""}, "");
  book.announce(kVip4, "", {});
  book.inspect(kVip4, "");
  book.found(Daemon::ospfd, kVip4, kHeld);
  const auto events = book.down(Daemon::bgpd, "hung");
  const auto inspected = only<event::RouteInspected>(events);
  EXPECT_EQ(inspected.rib, RibState::not_selected);
  EXPECT_THAT(inspected.detail, HasSubstr("bgpd: hung"));
}

TEST(Holdings, WhatIsToGoIsThereAsLongAsOneDaemonHasIt) {
  Holdings book = both();
  book.ready(Daemon::bgpd, {""}, "");
  book.withdraw(kVip6, "");
  book.inspect(kVip6, "");
  EXPECT_EQ(only<event::RouteInspected>(book.found(Daemon::bgpd, kVip6, kHeld)).rib,
            RibState::selected);
  book.inspect(kVip6, "");
  EXPECT_EQ(only<event::RouteInspected>(book.found(Daemon::bgpd, kVip6, kAbsent)).rib,
            RibState::absent);
}

TEST(Holdings, RemembersNothingOverALostSession) {
  Holdings book = both();
  book.announce(kVip4, "", {});
  EXPECT_THAT(book.desired().vips, IsEmpty());
  book.ready(Daemon::bgpd, {""}, "");
  book.announce(kVip4, "", {});
  book.complete();
  EXPECT_TRUE(book.desired().complete);
  only<event::SpeakerDown>(book.end("closed by the agent"));
  EXPECT_THAT(book.desired().vips, IsEmpty());
  EXPECT_FALSE(book.desired().complete);
  EXPECT_THAT(book.end("again"), IsEmpty());
}

TEST(Holdings, AVipConcernsTheDaemonsOfItsVrf) {
  Holdings book(instances({model::Protocol::bgp}));
  const Instance blue(Daemon::bgpd, "blue");
  book.add(blue);
  book.ready(Daemon::bgpd, {""}, "");
  book.announce(kVip4, "blue", {});
  const auto missing = only<event::RouteInspected>(book.inspect(kVip4, "blue"));
  EXPECT_EQ(missing.rib, RibState::not_selected);
  EXPECT_THAT(missing.detail, HasSubstr("bgpd in VRF blue: not connected yet"));
  EXPECT_THAT(book.found(Daemon::bgpd, kVip4, kHeld), IsEmpty()) << "not its place";
  book.ready(blue, {""}, "");
  EXPECT_EQ(only<event::RouteStatus>(book.found(blue, kVip4, kHeld)).outcome,
            RouteOutcome::installed);
  EXPECT_EQ(only<event::RouteStatus>(book.down(blue, "gone")).outcome, RouteOutcome::removed);
}

}  // namespace
}  // namespace vipherd::frr::vty
