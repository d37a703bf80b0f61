// Scripts: an input, the effects expected, the next input.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frr/zapi/session_steps.hpp"
#include "unit/frr/zapi/fake_zebra.hpp"
#include "unit/wire/hex.hpp"

namespace vipherd::frr::zapi {
namespace {

using model::RouteOutcome;
using model::RouteType;
using std::chrono::milliseconds;
using Step = SessionState::Step;
using test::from_hex;
using test::to_hex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// One line for each effect, so that a script compares whole lists.
struct Describe {
  std::string operator()(const effect::Open&) const { return "open"; }
  std::string operator()(const effect::Send& send) const { return "send " + to_hex(send.bytes); }
  std::string operator()(const effect::ReadClients&) const { return "read clients"; }
  std::string operator()(const effect::AskRib& question) const {
    return "ask rib " + question.vip.to_string();
  }
  std::string operator()(const effect::Hangup&) const { return "hang up"; }
  std::string operator()(const effect::ArmDeadline& arm) const {
    // Backoffs are spread by chance; the scripts judge their range elsewhere. A barrier's
    // deadline looks like the longest of them.
    return arm.after <= kLastBackoff ? "back off" : "arm " + format_duration(arm.after);
  }
  std::string operator()(const effect::Disarm&) const { return "disarm"; }
  std::string operator()(const effect::AwaitStaleRemoval&) const { return "await stale removal"; }
  std::string operator()(const effect::Emit& emit) const {
    namespace ev = model::event;
    if (const auto* it = std::get_if<ev::SpeakerUp>(&emit.event)) {
      return "connected " + std::to_string(it->session) + " " + it->version;
    }
    if (const auto* it = std::get_if<ev::SpeakerDown>(&emit.event)) {
      return "lost " + std::to_string(it->session) + " " + it->reason;
    }
    if (const auto* it = std::get_if<ev::SpeakerUnreachable>(&emit.event)) {
      return (it->news ? "unreachable " : "still unreachable ") + it->reason;
    }
    if (const auto* it = std::get_if<ev::RouteStatus>(&emit.event)) {
      return "note " + std::to_string(it->session) + " " + it->vip.to_string() + " " +
             std::string(model::to_string(it->outcome));
    }
    if (const auto* it = std::get_if<ev::RouteInspected>(&emit.event)) {
      return "rib " + it->vip.to_string() + " " + std::string(model::to_string(it->rib));
    }
    return "an event it must not emit";
  }
};

const std::string kProbe = "send 000cfe060000000000110001000afe0600000000fff0000afe06fffffff0fff0";
const std::string kHello = "send 0013fe060000000000121a0000000000000100000bfe0600000000007c01";
const std::string kRefused = "000efe06000000000076 02000000";   // ERROR 2 to a message in VRF 0
const std::string kProbeEnd = "000efe06fffffff00076 01000000";  // ERROR 1 to the last one
const std::string kCapabilities = "0014fe06000000000013 00000000 00 00000100 00";
const std::string kVrfAdd = test::vrf_message(33, 0, "default");
const std::string kSecond =
    "zebra has another client of route type openfabric (a second vipherd, or fabricd): if either "
    "closed, the routes of both would be withdrawn";

class SessionMachine : public testing::Test {
 protected:
  std::vector<std::string> feed(const SessionInput& input) {
    std::vector<std::string> lines;
    backoff_ = {};
    for (const SessionEffect& effect : resume(state_, input)) {
      if (const auto* arm = std::get_if<effect::ArmDeadline>(&effect)) backoff_ = arm->after;
      lines.push_back(std::visit(Describe{}, effect));
    }
    return lines;
  }
  std::vector<std::string> receive(std::string_view hex) {
    const wire::zapi::Bytes bytes = from_hex(hex);
    const auto message = wire::zapi::next_message(bytes);
    if (!message || !*message) return {"not a message: " + std::string(hex)};
    return feed(input::Received{**message});
  }
  std::vector<std::string> clients(const std::vector<wire::vty::Client>& list) {
    return feed(input::ClientsRead{ZebraClients{"8.4.4", list}});
  }

  void walk_to_checking() {
    EXPECT_THAT(state_.step == Step::idle ? feed(input::Start{}) : feed(input::DeadlinePassed{}),
                ElementsAre("arm 2s", "open"));
    EXPECT_THAT(feed(input::Opened{}), ElementsAre("arm 2s", kProbe));
    EXPECT_THAT(receive(kRefused), IsEmpty());
    EXPECT_THAT(receive(kRefused), IsEmpty());
    EXPECT_THAT(receive(kProbeEnd), ElementsAre("arm 2s", "read clients"));
  }
  void walk_to_verifying() {
    walk_to_checking();
    EXPECT_THAT(clients({{"bgp", 0, 0}, {"system", 0, 0}}), ElementsAre("arm 2s", kHello));
    EXPECT_THAT(receive(kCapabilities), ElementsAre("arm 2s", "read clients"));
    EXPECT_THAT(receive(kVrfAdd), IsEmpty());
  }
  void walk_to_established() {
    walk_to_verifying();
    const std::string connected =
        "connected " + std::to_string(state_.session + 1) + " FRR 8.4.4 (ZAPI of 8.2 to 9.0)";
    EXPECT_THAT(clients({{"bgp", 0, 0}, {"openfabric", 0, 0}}), ElementsAre("arm 5s", connected));
    EXPECT_TRUE(state_.established());
  }

  SessionState state_{RouteType::openfabric, 1};
  Duration backoff_{};
};

TEST_F(SessionMachine, ReachesASessionAndEndsIt) {
  walk_to_established();
  EXPECT_EQ(state_.session, 1u);
  EXPECT_THAT(feed(input::Close{}), ElementsAre("hang up", "disarm", "lost 1 closed by the agent"));
  EXPECT_THAT(feed(input::Close{}), IsEmpty());
  EXPECT_THAT(feed(input::Start{}), IsEmpty()) << "close is final";
  EXPECT_THAT(feed(input::DeadlinePassed{}), IsEmpty());
}

// Arming, and what follows, in FRR 8.4: the worked examples with 60 s instead of 30.
const std::string kArm = "0016fe06000000000077000000010000003c00000000";
const std::string kPending =
    "001afe0600000000007700000003000000010000000100000000"
    "001afe0600000000007700000003000000020000000100000000";
const std::string kComplete =
    "001afe0600000000007700000002000000010000000100000000"
    "001afe0600000000007700000002000000020000000100000000";
const std::string kBarrierBytes = "000afe06fffffff0fff0";
const std::string kBarrier = "send " + kBarrierBytes;

TEST_F(SessionMachine, HandsOverAndLeavesOnlyWhenZebraHasReadIt) {
  walk_to_established();
  EXPECT_THAT(feed(input::Close{true}), ElementsAre("back off", "send " + kArm + kBarrierBytes));
  EXPECT_FALSE(state_.established()) << "nothing more is announced";
  EXPECT_THAT(feed(input::Inspect{IpAddress::parse("10.10.10.10").value()}),
              ElementsAre("rib 10.10.10.10 unknown"));
  EXPECT_THAT(receive(kProbeEnd), ElementsAre("hang up", "disarm", "lost 1 closed by the agent"));
  EXPECT_EQ(state_.step, Step::closed);
}

TEST_F(SessionMachine, DoesNotWaitForEverForAZebraThatDoesNotReadTheHandOver) {
  const auto leaves = ElementsAre("hang up", "disarm", "lost 1 closed by the agent");
  walk_to_established();
  feed(input::Close{true});
  EXPECT_THAT(feed(input::DeadlinePassed{}), leaves);
  state_ = SessionState(RouteType::openfabric, 1);
  walk_to_established();
  feed(input::Close{true});
  EXPECT_THAT(feed(input::Failed{"connection reset by peer"}), leaves);
  state_ = SessionState(RouteType::openfabric, 1);
  walk_to_established();
  feed(input::Close{true});
  EXPECT_THAT(feed(input::Close{false}), leaves);
}

TEST_F(SessionMachine, TakesUpWhatWasHandedOver) {
  state_.resuming = true;
  walk_to_verifying();
  const auto effects = clients({{"openfabric", 0, 0}});
  ASSERT_EQ(effects.size(), 3u);
  EXPECT_EQ(effects[1], "send " + kArm + kPending);
  EXPECT_THAT(feed(input::Complete{}), ElementsAre("send " + kComplete, "await stale removal"));
  EXPECT_THAT(feed(input::Complete{}), IsEmpty()) << "once";
}

TEST_F(SessionMachine, WhatWasHandedOverGoesWithTheSession) {
  state_.resuming = true;
  walk_to_verifying();
  clients({{"openfabric", 0, 0}});
  feed(input::Failed{"connection reset by peer"});
  EXPECT_FALSE(state_.resuming);
}

TEST_F(SessionMachine, WithoutAHandOverThereIsNothingToComplete) {
  walk_to_established();
  EXPECT_THAT(feed(input::Complete{}), IsEmpty());
}

TEST_F(SessionMachine, TellsOfRoutes) {
  walk_to_established();
  EXPECT_THAT(receive("001afe0600000000000a 02000000 02 20 0a0a0a0a 000000fe 0101"),
              ElementsAre("note 1 10.10.10.10 installed"));
  EXPECT_THAT(receive("0026fe0600000000000a 03000000 0a 80 20010db8000000000000000000000010"
                      "000000fe 0201"),
              ElementsAre("note 1 2001:db8::10 removed"));
}

TEST_F(SessionMachine, IgnoresWhatIsNotForUs) {
  walk_to_established();
  EXPECT_THAT(receive("001afe0600000000000a 02000000 02 18 0a0a0a00 000000fe 0101"), IsEmpty())
      << "not a host route";
  EXPECT_THAT(receive("001afe0600000000000a 09000000 02 20 0a0a0a0a 000000fe 0101"), IsEmpty())
      << "a note that no version has";
  EXPECT_THAT(receive("000afe0600000000ffff"), IsEmpty()) << "a command that no version has";
  EXPECT_TRUE(state_.established());
}

TEST_F(SessionMachine, TellsOfNothingBeforeTheSession) {
  walk_to_verifying();
  EXPECT_THAT(receive("001afe0600000000000a 03000000 02 20 0a0a0a0a 000000fe 0101"), IsEmpty());
}

TEST_F(SessionMachine, AnErrorInTheSessionEndsIt) {
  walk_to_established();
  EXPECT_THAT(receive(kRefused),
              ElementsAre("hang up", "lost 1 zebra refused a message (ZAPI error 2)", "back off"));
}

TEST_F(SessionMachine, ConnectsAgainAfterALoss) {
  walk_to_established();
  EXPECT_THAT(feed(input::Failed{"gone"}), ElementsAre("hang up", "lost 1 gone", "back off"));
  EXPECT_THAT(feed(input::Failed{"gone"}), IsEmpty()) << "late";
  walk_to_established();
  EXPECT_EQ(state_.session, 2u);
}

TEST_F(SessionMachine, AReasonIsNewsOnlyOnce) {
  feed(input::Start{});
  EXPECT_THAT(feed(input::Failed{"refused"}),
              ElementsAre("hang up", "unreachable refused", "back off"));
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_THAT(feed(input::DeadlinePassed{}), ElementsAre("arm 2s", "open"));
    EXPECT_THAT(feed(input::Failed{"refused"}), ElementsAre("hang up", "back off"));
  }
  feed(input::DeadlinePassed{});
  EXPECT_THAT(feed(input::Failed{"missing"}),
              ElementsAre("hang up", "unreachable missing", "back off"));
  feed(input::DeadlinePassed{});
  EXPECT_THAT(feed(input::Failed{"refused"}),
              ElementsAre("hang up", "still unreachable refused", "back off"));
  walk_to_established();
  feed(input::Failed{"gone"});
  feed(input::DeadlinePassed{});
  EXPECT_THAT(feed(input::Failed{"refused"}),
              ElementsAre("hang up", "unreachable refused", "back off"))
      << "after a session it is news again";
}

TEST_F(SessionMachine, RemembersABoundedNumberOfReasons) {
  feed(input::Start{});
  std::size_t told = 0;
  for (int number = 0; number < 100; ++number) {
    const auto lines = feed(input::Failed{std::to_string(number)});
    told += lines.at(1).starts_with("unreachable") ? 1 : 0;
    feed(input::DeadlinePassed{});
  }
  EXPECT_EQ(told, kMostReasons);
}

TEST_F(SessionMachine, BacksOffLongerAndLongerUpToASecond) {
  feed(input::Start{});
  Duration expected = kFirstBackoff;
  for (int attempt = 0; attempt < 12; ++attempt) {
    feed(input::Failed{"refused"});
    EXPECT_GE(backoff_, expected * 3 / 4) << attempt;
    EXPECT_LE(backoff_, std::min(expected * 5 / 4, kLastBackoff)) << attempt;
    expected = std::min(expected * 2, kLastBackoff);
    feed(input::DeadlinePassed{});
  }
}

TEST_F(SessionMachine, BackoffsDifferByChance) {
  SessionState other(RouteType::openfabric, 0x9e3779b9);
  resume(other, input::Start{});
  const SessionEffects effects = resume(other, input::Failed{"refused"});
  feed(input::Start{});
  feed(input::Failed{"refused"});
  EXPECT_NE(std::get<effect::ArmDeadline>(effects.back()).after, backoff_);
}

TEST_F(SessionMachine, OnlyASessionThatLastsResetsTheBackoff) {
  for (int attempt = 0; attempt < 6; ++attempt) {
    walk_to_established();
    feed(input::Failed{"gone"});
  }
  EXPECT_GE(backoff_, milliseconds(700)) << "sessions that die at once are failed attempts";
  walk_to_established();
  EXPECT_THAT(feed(input::DeadlinePassed{}), IsEmpty());
  EXPECT_TRUE(state_.established());
  feed(input::Failed{"gone"});
  EXPECT_LE(backoff_, kFirstBackoff * 5 / 4);
}

// ---- unknown versions

TEST_F(SessionMachine, RefusesAnUnknownFrrBeforeHello) {
  feed(input::Start{});
  feed(input::Opened{});
  receive("000efe06000000000079 02000000");
  EXPECT_THAT(receive("000efe06fffffff00079 01000000"),
              ElementsAre("hang up",
                          "unreachable zebra refused 1 messages of the ZAPI probe by command 121: "
                          "not FRR 7.5 to 10.7; if it is newer, frr.dialect = \"10.7\" speaks to "
                          "it as to 10.7",
                          "back off"));
}

TEST_F(SessionMachine, SpeaksTheDialectThatTheOperatorNamesWhateverZebraAnswers) {
  state_ = SessionState(RouteType::openfabric, 1, wire::zapi::find_dialect("10.7"));
  feed(input::Start{});
  EXPECT_THAT(feed(input::Opened{}), ElementsAre("arm 2s", kProbe));
  EXPECT_THAT(receive("000efe06000000000079 02000000"), IsEmpty());
  EXPECT_THAT(receive("000efe06000000000079 07000000"), IsEmpty());
  EXPECT_THAT(receive("000efe06fffffff00079 01000000"), ElementsAre("arm 2s", "read clients"));
  EXPECT_THAT(clients({}), ElementsAre("arm 2s",
                                       "send 0012fe060000000000131b00000000000000"
                                       "000bfe0600000000007e01"));
  EXPECT_THAT(receive("000efe06000000000014 00000000"), ElementsAre("arm 2s", "read clients"))
      << "capabilities of a size that no row has";
  EXPECT_THAT(clients({{"openfabric", 0, 0}}),
              ElementsAre("arm 5s", "connected 1 FRR 8.4.4 (ZAPI of 10.6 to 10.7, as configured)"));
}

TEST_F(SessionMachine, LearnsFromTheCapabilitiesWhichOfTwoItIs) {
  feed(input::Start{});
  feed(input::Opened{});
  receive("000efe06000000000078 02000000");
  receive("000efe06fffffff00078 01000000");
  EXPECT_EQ(state_.dialect.versions, "10.2 to 10.5");
  clients({});
  EXPECT_THAT(receive("0013fe06000000000014 00 00 00000100 00 00 00"),
              ElementsAre("arm 2s", "read clients"));
  EXPECT_EQ(state_.dialect.versions, "10.6 to 10.7");
}

TEST_F(SessionMachine, WhatZebraTellsEverybodyDoesNotDisturbTheProbe) {
  feed(input::Start{});
  feed(input::Opened{});
  EXPECT_THAT(receive("0011fe0600000000007d 1a 0000 00000000"), IsEmpty()) << "a client closed";
  receive(kRefused);
  receive(kRefused);
  EXPECT_THAT(receive(kProbeEnd), ElementsAre("arm 2s", "read clients"));
}

TEST_F(SessionMachine, RefusesAnAnswerToTheProbeThatNoZebraGives) {
  feed(input::Start{});
  feed(input::Opened{});
  EXPECT_THAT(
      receive("000efe06000000000076 07000000"),
      ElementsAre("hang up", HasSubstr("unreachable zebra answered the ZAPI probe with error 7"),
                  "back off"));
}

TEST_F(SessionMachine, RefusesOtherCapabilitiesThanTheDialectHas) {
  walk_to_checking();
  clients({});
  EXPECT_THAT(receive("0015fe06000000000013 00000000 00 00000100 0000"),
              ElementsAre("hang up", HasSubstr("sent 11 bytes of capabilities"), "back off"));
}

TEST_F(SessionMachine, RefusalOfHelloOrOfTheRequestForNotificationsEndsTheAttempt) {
  walk_to_checking();
  clients({});
  EXPECT_THAT(
      receive(kRefused),
      ElementsAre("hang up", "unreachable zebra refused HELLO of the ZAPI of FRR 8.2 to 9.0",
                  "back off"));
  walk_to_verifying();
  EXPECT_THAT(receive(kRefused), ElementsAre("hang up", "back off"));
}

// ---- a second client of our type

TEST_F(SessionMachine, SecondClientIsRefusedBeforeHelloAndToldWhenItStays) {
  for (std::uint32_t sighting = 1; sighting < kSightingsToReport; ++sighting) {
    walk_to_checking();
    EXPECT_THAT(clients({{"openfabric", 0, 0}}), ElementsAre("hang up", "back off"));
  }
  walk_to_checking();
  EXPECT_THAT(clients({{"openfabric", 0, 0}}),
              ElementsAre("hang up", "unreachable " + kSecond, "back off"));
  walk_to_checking();
  EXPECT_THAT(clients({{"openfabric", 0, 0}}), ElementsAre("hang up", "back off"));
  walk_to_established();
}

TEST_F(SessionMachine, SecondClientOfAnySessionCountsAndOfAnotherInstanceDoesNot) {
  walk_to_checking();
  EXPECT_THAT(clients({{"openfabric", 0, 5}}), ElementsAre("hang up", "back off"));
  walk_to_checking();
  EXPECT_THAT(clients({{"openfabric", 5, 0}, {"babel", 0, 0}}), ElementsAre("arm 2s", kHello));
}

TEST_F(SessionMachine, SecondClientThatCameInTheSameMomentIsFoundBeforeAnyRoute) {
  walk_to_verifying();
  EXPECT_THAT(clients({{"openfabric", 0, 0}, {"openfabric", 0, 0}}),
              ElementsAre("hang up", "back off"));
  walk_to_established();
}

// ---- zebra.vty is of no use

TEST_F(SessionMachine, WithoutTheVtySocketTheSessionSaysWhatItCannotSee) {
  walk_to_checking();
  const input::ClientsRead unreadable{fail("zebra.vty: Permission denied")};
  EXPECT_THAT(feed(unreadable), ElementsAre("arm 2s", kHello));
  receive(kCapabilities);
  EXPECT_THAT(feed(unreadable),
              ElementsAre("arm 5s",
                          "connected 1 FRR 8.2 to 9.0 by its ZAPI; a second client of type "
                          "openfabric would not be noticed: zebra.vty: Permission denied"));
}

TEST_F(SessionMachine, TheVtySocketMayAppearBetweenTheChecks) {
  walk_to_checking();
  EXPECT_THAT(feed(input::ClientsRead{fail("zebra.vty: No such file")}),
              ElementsAre("arm 2s", kHello));
  receive(kCapabilities);
  EXPECT_THAT(clients({{"openfabric", 0, 0}}),
              ElementsAre("arm 5s", "connected 1 FRR 8.4.4 (ZAPI of 8.2 to 9.0)"));
}

TEST_F(SessionMachine, LateListOfClientsIsIgnored) {
  walk_to_checking();
  feed(input::Failed{"gone"});
  EXPECT_THAT(clients({{"openfabric", 0, 0}}), IsEmpty());
  EXPECT_EQ(state_.step, Step::waiting);
}

// ---- zebra's RIB is asked behind a barrier

TEST_F(SessionMachine, AsksTheRibWhenTheBarrierIsAnswered) {
  walk_to_established();
  EXPECT_THAT(feed(input::Inspect{*IpAddress::parse("10.10.10.10")}),
              ElementsAre("back off", kBarrier));
  EXPECT_THAT(receive(kProbeEnd), ElementsAre("arm 5s", "ask rib 10.10.10.10"));
  EXPECT_THAT(receive(kProbeEnd), IsEmpty()) << "answered already";
}

TEST_F(SessionMachine, QuestionsThatComeDuringABarrierShareTheNext) {
  walk_to_established();
  feed(input::Inspect{*IpAddress::parse("10.10.10.10")});
  EXPECT_THAT(feed(input::Inspect{*IpAddress::parse("10.10.10.10")}), IsEmpty());
  EXPECT_THAT(feed(input::Inspect{*IpAddress::parse("10.10.10.11")}), IsEmpty());
  EXPECT_THAT(receive(kProbeEnd),
              ElementsAre("arm 5s", "ask rib 10.10.10.10", "back off", kBarrier));
  EXPECT_THAT(receive(kProbeEnd),
              ElementsAre("arm 5s", "ask rib 10.10.10.10", "ask rib 10.10.10.11"));
}

TEST_F(SessionMachine, AZebraThatHangsLeavesTheAnswerUnknown) {
  walk_to_established();
  feed(input::Inspect{*IpAddress::parse("10.10.10.10")});
  feed(input::Inspect{*IpAddress::parse("10.10.10.11")});
  EXPECT_THAT(feed(input::DeadlinePassed{}),
              ElementsAre("rib 10.10.10.10 unknown", "rib 10.10.10.11 unknown"));
  EXPECT_THAT(feed(input::Inspect{*IpAddress::parse("10.10.10.12")}),
              ElementsAre("back off", kBarrier));
  EXPECT_THAT(receive(kProbeEnd), IsEmpty()) << "of the barrier that was given up";
  EXPECT_THAT(receive(kProbeEnd), ElementsAre("arm 5s", "ask rib 10.10.10.12"));
}

TEST_F(SessionMachine, QuestionsDieWithTheirSession) {
  walk_to_established();
  feed(input::Inspect{*IpAddress::parse("10.10.10.10")});
  feed(input::Failed{"gone"});
  walk_to_established();
  EXPECT_THAT(receive(kProbeEnd), IsEmpty());
  EXPECT_THAT(feed(input::Inspect{*IpAddress::parse("10.10.10.11")}),
              ElementsAre("back off", kBarrier));
}

// ---- every step has a deadline

TEST_F(SessionMachine, EveryStepEndsAtItsDeadline) {
  feed(input::Start{});
  EXPECT_THAT(feed(input::DeadlinePassed{}),
              ElementsAre("hang up", "unreachable zserv.api did not answer within 2s", "back off"));
  feed(input::DeadlinePassed{});
  feed(input::Opened{});
  receive(kRefused);  // half an answer is none
  EXPECT_THAT(feed(input::DeadlinePassed{}),
              ElementsAre("hang up", HasSubstr("within 2s to the ZAPI probe"), "back off"));
  walk_to_checking();
  EXPECT_THAT(feed(input::DeadlinePassed{}),
              ElementsAre("hang up", "unreachable zebra.vty did not answer within 2s", "back off"));
  walk_to_checking();
  clients({});
  EXPECT_THAT(
      feed(input::DeadlinePassed{}),
      ElementsAre("hang up", "unreachable zebra did not answer within 2s to HELLO", "back off"));
  walk_to_verifying();
  EXPECT_THAT(
      feed(input::DeadlinePassed{}),
      ElementsAre("hang up", "still unreachable zebra.vty did not answer within 2s", "back off"));
  EXPECT_EQ(state_.session, 0u);
}

TEST_F(SessionMachine, RepliesOfAnEarlierAttemptAreForgotten) {
  feed(input::Start{});
  feed(input::Opened{});
  receive(kRefused);
  feed(input::Failed{"gone"});
  walk_to_established();
}

TEST_F(SessionMachine, InputsBeforeStartAreIgnored) {
  EXPECT_THAT(feed(input::Opened{}), IsEmpty());
  EXPECT_THAT(feed(input::Failed{"gone"}), IsEmpty());
  EXPECT_THAT(feed(input::DeadlinePassed{}), IsEmpty());
  EXPECT_THAT(receive(kRefused), IsEmpty());
  feed(input::Start{});
  EXPECT_THAT(feed(input::Start{}), IsEmpty());
}

// ------------------------------------------------------------------------------- VRFs

const IpAddress kBlueVip = *IpAddress::parse("10.10.10.11");
const IpAddress kVip = *IpAddress::parse("10.10.10.10");
class SessionMachineVrf : public SessionMachine {
 protected:
  std::vector<std::string> vrf_add(std::uint32_t number, const std::string& name = "blue") {
    return receive(test::vrf_message(33, number, name));
  }
  std::vector<std::string> vrf_delete(std::uint32_t number) {
    return receive(test::vrf_message(34, number, "blue"));
  }
  /// What is sent to announce the VIP in the VRF of this number.
  std::string added_in(std::uint32_t number, const IpAddress& vip = kBlueVip) const {
    wire::zapi::Bytes bytes;
    wire::zapi::encode_route_add(bytes, state_.dialect, RouteType::openfabric, vip, {}, number);
    return "send " + to_hex(bytes);
  }
  std::string removed_in(std::uint32_t number, const IpAddress& vip = kBlueVip) const {
    wire::zapi::Bytes bytes;
    wire::zapi::encode_route_delete(bytes, state_.dialect, RouteType::openfabric, vip, number);
    return "send " + to_hex(bytes);
  }
  std::vector<std::string> announce(const IpAddress& vip = kBlueVip,
                                    const std::string& vrf = "blue") {
    auto lines = feed(input::Announce{vip, vrf, {}});
    for (std::string& line : feed(input::Flush{})) lines.push_back(std::move(line));
    return lines;
  }
  std::vector<std::string> withdraw(const IpAddress& vip = kBlueVip,
                                    const std::string& vrf = "blue") {
    EXPECT_THAT(feed(input::Withdraw{vip, vrf}), IsEmpty());
    return feed(input::Flush{});
  }
};

TEST_F(SessionMachineVrf, KnowsTheVrfsOfTheBeginning) {
  walk_to_verifying();
  EXPECT_THAT(vrf_add(7), IsEmpty());
  EXPECT_THAT(vrf_add(0, "default"), IsEmpty());
  EXPECT_THAT(clients({{"openfabric", 0, 0}}), testing::SizeIs(2));
  EXPECT_THAT(announce(), ElementsAre(added_in(7)));
  EXPECT_THAT(announce(kVip, ""), ElementsAre(added_in(0, kVip)));
  EXPECT_THAT(vrf_add(7), IsEmpty()) << "told again, it is no news";
}

TEST_F(SessionMachineVrf, TellsWhatIsWantedWhenTheVrfAppears) {
  walk_to_established();
  EXPECT_THAT(announce(), ElementsAre("rib 10.10.10.11 losing"));
  const auto told = without_vrf(state_, kBlueVip);
  EXPECT_EQ(told.detail, "FRR knows no VRF blue");
  EXPECT_THAT(feed(input::Inspect{kBlueVip, "blue"}), ElementsAre("rib 10.10.10.11 losing"));
  EXPECT_THAT(vrf_add(5, "red"), IsEmpty());
  EXPECT_THAT(vrf_add(7), ElementsAre(added_in(7)));
  EXPECT_THAT(withdraw(), ElementsAre(removed_in(7)));
}

TEST_F(SessionMachineVrf, WhatIsNotFlushedEndsWithTheSession) {
  EXPECT_THAT(announce(kVip, ""), IsEmpty()) << "no session";
  walk_to_established();
  EXPECT_THAT(feed(input::Announce{kVip, "", {}}), IsEmpty());
  feed(input::Failed{"gone"});
  EXPECT_THAT(feed(input::Flush{}), IsEmpty());
}

TEST_F(SessionMachineVrf, ThousandsOfChangesAreSentWhileMoreAreQueued) {
  walk_to_established();
  std::string all = "send ";
  std::string sent = "send ";
  std::size_t before_flush = 0;
  const auto take = [&](const std::vector<std::string>& lines) {
    for (const std::string& line : lines) sent += line.substr(std::string("send ").size());
  };
  for (int number = 0; number < 1000; ++number) {
    const IpAddress vip = IpAddress::parse("10.20." + std::to_string(number / 256) + "." +
                                           std::to_string(number % 256))
                              .value();
    all += added_in(0, vip).substr(std::string("send ").size());
    const auto lines = feed(input::Announce{vip, "", {}});
    before_flush += lines.size();
    take(lines);
  }
  take(feed(input::Flush{}));
  EXPECT_EQ(sent, all) << "each once, in order";
  EXPECT_GT(before_flush, 1U);
  EXPECT_LT(before_flush, 10U) << "a write for each would cost more than it spares";
}

TEST_F(SessionMachineVrf, AQuestionComesAfterWhatWasQueued) {
  walk_to_established();
  feed(input::Announce{kVip, "", {}});
  const auto lines = feed(input::Inspect{kVip, ""});
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], added_in(0, kVip));
}

TEST_F(SessionMachineVrf, WhatIsNotWantedAnyMoreIsNotTold) {
  walk_to_established();
  announce();
  EXPECT_THAT(withdraw(), IsEmpty());
  EXPECT_THAT(feed(input::Inspect{kBlueVip, "blue"}), ElementsAre("rib 10.10.10.11 absent"));
  EXPECT_THAT(vrf_add(7), IsEmpty());
}

TEST_F(SessionMachineVrf, AVrfThatGoesTakesItsRoutesAlongAndIsToldAnew) {
  walk_to_established();
  vrf_add(7);
  ASSERT_THAT(announce(), ElementsAre(added_in(7)));
  EXPECT_THAT(vrf_delete(6), IsEmpty()) << "another one";
  EXPECT_THAT(vrf_delete(7), ElementsAre("note 1 10.10.10.11 removed", "rib 10.10.10.11 losing"));
  // What had been sent before the news came.
  EXPECT_THAT(receive("000efe06000000070076 01000000"), IsEmpty());
  EXPECT_TRUE(state_.established());
  EXPECT_THAT(vrf_add(9), ElementsAre(added_in(9)));
}

TEST_F(SessionMachineVrf, NothingOutlivesTheSession) {
  walk_to_established();
  vrf_add(7);
  announce();
  feed(input::Failed{"gone"});
  walk_to_established();
  EXPECT_THAT(withdraw(kVip, ""), ElementsAre(removed_in(0, kVip)));
  EXPECT_THAT(vrf_add(7), IsEmpty()) << "the core has not announced it again";
}

TEST_F(SessionMachineVrf, NotesFromAnotherVrfAreNotOurs) {
  walk_to_established();
  vrf_add(7);
  announce();
  const std::string note = "000a 02000000 02200a0a0a0b 000000fe 0101";
  EXPECT_THAT(receive("001afe0600000007" + note), ElementsAre("note 1 10.10.10.11 installed"));
  EXPECT_THAT(receive("001afe0600000000" + note), IsEmpty());
}

TEST_F(SessionMachineVrf, RestartsAreArmedAndEndedInEveryVrf) {
  state_.resuming = true;
  walk_to_verifying();
  vrf_add(7);
  const auto in_vrf = [](std::string hex, char number) {
    for (std::size_t end = 8; end <= hex.size(); ++end) {
      if (end == hex.size() || hex.compare(end, 4, "001a") == 0 || hex.compare(end, 4, "0012") == 0)
        hex[end - 1] = number;
    }
    return hex;
  };
  const auto effects = clients({{"openfabric", 0, 0}});
  ASSERT_EQ(effects.size(), 3u);
  EXPECT_EQ(effects[1], "send " + kArm + kPending + in_vrf(kArm, '7') + in_vrf(kPending, '7'));
  const auto completed = feed(input::Complete{});
  ASSERT_EQ(completed.size(), 2u);
  EXPECT_EQ(completed[0], "send " + kComplete + in_vrf(kComplete, '7'));
  EXPECT_THAT(feed(input::EndAllWithTheSession{}),
              ElementsAre("send 0012fe060000000000770000000400000000"
                          "0012fe060000000000770000000400000007"));
  const auto leaving = feed(input::Close{.keep = true});
  ASSERT_EQ(leaving.size(), 2u);
  EXPECT_THAT(leaving[1], testing::StartsWith("send " + kArm + in_vrf(kArm, '7')));
}

}  // namespace
}  // namespace vipherd::frr::zapi
