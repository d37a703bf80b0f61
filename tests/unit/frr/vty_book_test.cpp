// What the core is told of several daemons together.
#include "frr/vty_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vipherd::frr {
namespace {

namespace event = model::event;
using model::RibState;
using model::RouteOutcome;
using testing::HasSubstr;
using testing::IsEmpty;
using wire::vty::Holding;

const IpAddress kFour = *IpAddress::parse("10.10.10.10");
const IpAddress kSix = *IpAddress::parse("2001:db8:10::10");
const Holding kHeld{Holding::State::held, ""};
const Holding kAbsent{Holding::State::absent, ""};

template <class Wanted>
Wanted only(const VtyBook::Events& events) {
  EXPECT_EQ(events.size(), 1u);
  if (events.size() != 1 || !std::holds_alternative<Wanted>(events[0])) {
    ADD_FAILURE() << "another event";
    return {};
  }
  return std::get<Wanted>(events[0]);
}

VtyBook both() { return VtyBook(vty_daemons({model::Protocol::bgp, model::Protocol::ospf})); }

TEST(VtyBook, ASessionLastsFromTheFirstDaemonToTheLast) {
  VtyBook book = both();
  EXPECT_EQ(only<event::SpeakerUnreachable>(book.down(VtyDaemon::bgpd, "no such file")).reason,
            "no such file");
  EXPECT_THAT(book.down(VtyDaemon::bgpd, "no such file"), IsEmpty());
  const auto connected =
      only<event::SpeakerUp>(book.ready(VtyDaemon::ospfd, {"ospfd", true}, "saved"));
  EXPECT_EQ(connected.session, 1u);
  EXPECT_EQ(connected.warning, "saved");
  EXPECT_FALSE(connected.resumed);
  EXPECT_THAT(book.ready(VtyDaemon::bgpd, {"bgpd"}, ""), IsEmpty());
  EXPECT_THAT(book.down(VtyDaemon::ospfd, "gone"), IsEmpty());
  EXPECT_EQ(only<event::SpeakerDown>(book.down(VtyDaemon::bgpd, "gone, too")).reason, "gone, too");
  EXPECT_EQ(only<event::SpeakerUp>(book.ready(VtyDaemon::bgpd, {"bgpd"}, "")).session, 2u);
}

TEST(VtyBook, WhatIsThereAtTheFirstMeetingIsAPredecessors) {
  VtyBook book(vty_daemons({model::Protocol::bgp}));
  EXPECT_TRUE(only<event::SpeakerUp>(book.ready(VtyDaemon::bgpd, {"", true}, "")).resumed);
  book.down(VtyDaemon::bgpd, "gone");
  // Of a daemon that is met again they are our own, and the core has counted them as withdrawn.
  EXPECT_FALSE(only<event::SpeakerUp>(book.ready(VtyDaemon::bgpd, {"", true}, "")).resumed);
  VtyBook fresh(vty_daemons({model::Protocol::bgp}));
  EXPECT_FALSE(only<event::SpeakerUp>(fresh.ready(VtyDaemon::bgpd, {"", false}, "")).resumed);
  VtyBook saved(vty_daemons({model::Protocol::bgp}));
  EXPECT_FALSE(only<event::SpeakerUp>(saved.ready(VtyDaemon::bgpd, {"", true}, "x")).resumed);
}

TEST(VtyBook, IsInstalledWhenEveryDaemonOfItsFamilyHoldsIt) {
  VtyBook book = both();
  for (const auto daemon : {VtyDaemon::bgpd, VtyDaemon::ospfd, VtyDaemon::ospf6d}) {
    book.ready(daemon, {""}, "");
  }
  book.announce(kFour, "", {});
  EXPECT_THAT(book.found(VtyDaemon::bgpd, kFour, kHeld), IsEmpty());
  EXPECT_EQ(only<event::RouteStatus>(book.found(VtyDaemon::ospfd, kFour, kHeld)).outcome,
            RouteOutcome::installed);
  EXPECT_THAT(book.found(VtyDaemon::ospfd, kFour, kHeld), IsEmpty());  // told once
  book.withdraw(kFour, "");
  EXPECT_THAT(book.found(VtyDaemon::bgpd, kFour, kHeld), IsEmpty());
  EXPECT_THAT(book.found(VtyDaemon::bgpd, kFour, kAbsent), IsEmpty());
  EXPECT_EQ(only<event::RouteStatus>(book.found(VtyDaemon::ospfd, kFour, kAbsent)).outcome,
            RouteOutcome::removed);
}

TEST(VtyBook, ADaemonThatDiesTakesOnlyWhatItCarries) {
  VtyBook book = both();
  for (const auto daemon : {VtyDaemon::bgpd, VtyDaemon::ospfd, VtyDaemon::ospf6d}) {
    book.ready(daemon, {""}, "");
  }
  book.announce(kFour, "", {});
  book.announce(kSix, "", {});
  book.found(VtyDaemon::bgpd, kFour, kHeld);
  book.found(VtyDaemon::ospfd, kFour, kHeld);
  book.found(VtyDaemon::bgpd, kSix, kHeld);
  book.found(VtyDaemon::ospf6d, kSix, kHeld);
  const auto told = only<event::RouteStatus>(book.down(VtyDaemon::ospfd, "refused"));
  EXPECT_EQ(told.vip, kFour);
  EXPECT_EQ(told.outcome, RouteOutcome::removed);
  // It is still wished of the others, and of the one that returns.
  EXPECT_TRUE(book.wishes().vips.at(kFour).has_value());
  EXPECT_THAT(book.inspect(kFour, ""), IsEmpty());
  const auto inspected = only<event::RouteInspected>(book.found(VtyDaemon::bgpd, kFour, kHeld));
  EXPECT_EQ(inspected.rib, RibState::losing);
  EXPECT_THAT(inspected.detail, HasSubstr("ospfd: refused"));
  book.ready(VtyDaemon::ospfd, {""}, "");
  EXPECT_EQ(only<event::RouteStatus>(book.found(VtyDaemon::ospfd, kFour, kHeld)).outcome,
            RouteOutcome::installed);
}

TEST(VtyBook, AnswersTheCoreOnceForAllDaemons) {
  VtyBook book = both();
  EXPECT_EQ(only<event::RouteInspected>(book.inspect(kFour, "")).session, 0u);
  book.ready(VtyDaemon::bgpd, {""}, "");
  book.ready(VtyDaemon::ospfd, {""}, "");
  book.announce(kFour, "", {});
  book.inspect(kFour, "");
  EXPECT_THAT(book.found(VtyDaemon::bgpd, kFour, kAbsent), IsEmpty());
  EXPECT_EQ(only<event::RouteInspected>(book.found(VtyDaemon::ospfd, kFour, kAbsent)).rib,
            RibState::absent);
  book.inspect(kFour, "");
  book.found(VtyDaemon::bgpd, kFour, {Holding::State::unknown, "what?"});
  const auto unknown = only<event::RouteInspected>(book.found(VtyDaemon::ospfd, kFour, kHeld));
  EXPECT_EQ(unknown.rib, RibState::unknown);
  EXPECT_THAT(unknown.detail, HasSubstr("bgpd: what?"));
}

TEST(VtyBook, AQuestionToADaemonThatDiesIsAnswered) {
  VtyBook book = both();
  book.ready(VtyDaemon::bgpd, {""}, "");
  book.ready(VtyDaemon::ospfd, {""}, "");
  book.announce(kFour, "", {});
  book.inspect(kFour, "");
  book.found(VtyDaemon::ospfd, kFour, kHeld);
  const auto events = book.down(VtyDaemon::bgpd, "hung");
  const auto inspected = only<event::RouteInspected>(events);
  EXPECT_EQ(inspected.rib, RibState::losing);
  EXPECT_THAT(inspected.detail, HasSubstr("bgpd: hung"));
}

TEST(VtyBook, WhatIsToGoIsThereAsLongAsOneDaemonHasIt) {
  VtyBook book = both();
  book.ready(VtyDaemon::bgpd, {""}, "");
  book.withdraw(kSix, "");
  book.inspect(kSix, "");
  EXPECT_EQ(only<event::RouteInspected>(book.found(VtyDaemon::bgpd, kSix, kHeld)).rib,
            RibState::selected);
  book.inspect(kSix, "");
  EXPECT_EQ(only<event::RouteInspected>(book.found(VtyDaemon::bgpd, kSix, kAbsent)).rib,
            RibState::absent);
}

TEST(VtyBook, RemembersNothingOverALostSession) {
  VtyBook book = both();
  book.announce(kFour, "", {});
  EXPECT_THAT(book.wishes().vips, IsEmpty());
  book.ready(VtyDaemon::bgpd, {""}, "");
  book.announce(kFour, "", {});
  book.complete();
  EXPECT_TRUE(book.wishes().complete);
  only<event::SpeakerDown>(book.end("closed by the agent"));
  EXPECT_THAT(book.wishes().vips, IsEmpty());
  EXPECT_FALSE(book.wishes().complete);
  EXPECT_THAT(book.end("again"), IsEmpty());
}

TEST(VtyBook, AVipConcernsTheDaemonsOfItsVrf) {
  VtyBook book(vty_daemons({model::Protocol::bgp}));
  const VtyPlace blue(VtyDaemon::bgpd, "blue");
  book.add(blue);
  book.ready(VtyDaemon::bgpd, {""}, "");
  book.announce(kFour, "blue", {});
  const auto missing = only<event::RouteInspected>(book.inspect(kFour, "blue"));
  EXPECT_EQ(missing.rib, RibState::losing);
  EXPECT_THAT(missing.detail, HasSubstr("bgpd in VRF blue: not connected yet"));
  EXPECT_THAT(book.found(VtyDaemon::bgpd, kFour, kHeld), IsEmpty()) << "not its place";
  book.ready(blue, {""}, "");
  EXPECT_EQ(only<event::RouteStatus>(book.found(blue, kFour, kHeld)).outcome,
            RouteOutcome::installed);
  EXPECT_EQ(only<event::RouteStatus>(book.down(blue, "gone")).outcome, RouteOutcome::removed);
}

}  // namespace
}  // namespace vipherd::frr
