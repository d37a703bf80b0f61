#include "vipherd/core/siblings.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace vipherd::core {
namespace {

using model::Heartbeat;
using model::SiblingState;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

IpAddress node(int number) { return IpAddress::parse("192.0.2." + std::to_string(number)).value(); }

/// Two nodes with a wire between them that this test is.
class SiblingsTest : public ::testing::Test {
 protected:
  SiblingsTest() {
    one_.set({node(2)}, now_);
    two_.set({node(1)}, now_);
  }

  static Heartbeat first_of(std::vector<Siblings::Outgoing> sent) {
    return sent.empty() ? Heartbeat{} : sent.front().heartbeat;
  }
  Heartbeat beat_of_one() { return first_of(one_.heartbeats(Heartbeat::Kind::alive, now_)); }
  Heartbeat beat_of_two(Heartbeat::Kind kind = Heartbeat::Kind::alive) {
    return first_of(two_.heartbeats(kind, now_));
  }
  void one_hears(const Heartbeat& heartbeat) {
    if (auto answer = one_.hear(node(2), heartbeat, now_)) two_hears(answer->heartbeat);
    one_.look(now_);
  }
  void two_hears(const Heartbeat& heartbeat) {
    if (auto answer = two_.hear(node(1), heartbeat, now_)) one_hears(answer->heartbeat);
    two_.look(now_);
  }
  void beat(Duration lasting) {
    for (const TimePoint end = now_ + lasting; now_ < end; now_ += kHeartbeatEvery) {
      two_hears(beat_of_one());
      one_hears(beat_of_two());
    }
  }
  /// Nothing comes, and node 1 looks at its usual pace.
  void quiet(Duration lasting) {
    for (const TimePoint end = now_ + lasting; now_ < end;) {
      now_ += std::min(kHeartbeatEvery, Duration(end - now_));
      one_.look(now_);
    }
  }
  SiblingState state_of_two() { return one_.known().at(node(2)).state; }

  TimePoint now_{1000s};
  Siblings one_{111};
  Siblings two_{222};
};

TEST_F(SiblingsTest, AreTakenForAliveUntilTheyOughtToHaveBeenHeard) {
  EXPECT_EQ(state_of_two(), SiblingState::unknown);
  EXPECT_THAT(one_.ring(node(1)), ElementsAre(node(2)));
  quiet(kSilentAfter);
  EXPECT_EQ(state_of_two(), SiblingState::silent);
  EXPECT_THAT(one_.ring(node(1)), IsEmpty());
  const auto changes = one_.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].reason, "no heartbeat from it");
}

TEST_F(SiblingsTest, TheFirstHeartbeatIsAnsweredAtOnceSoThatBothKnow) {
  two_hears(beat_of_one());
  EXPECT_EQ(two_.known().at(node(1)).state, SiblingState::unknown);
  EXPECT_EQ(state_of_two(), SiblingState::alive);
  one_hears(beat_of_two());
  two_hears(beat_of_one());
  EXPECT_EQ(two_.known().at(node(1)).state, SiblingState::alive);
}

TEST_F(SiblingsTest, IsSilentAfterThreeMissedHeartbeats) {
  beat(1s);
  quiet(200ms - kHeartbeatEvery);
  EXPECT_EQ(state_of_two(), SiblingState::alive);
  quiet(kSilentAfter);
  EXPECT_EQ(state_of_two(), SiblingState::silent);
}

TEST_F(SiblingsTest, WhoDoesNotHearThisNodeIsNotAlive) {
  beat(1s);
  for (int round = 0; round < 5; ++round, now_ += kHeartbeatEvery) {
    static_cast<void>(beat_of_one());  // lost
    one_.hear(node(2), beat_of_two(), now_);
    one_.look(now_);
  }
  EXPECT_EQ(state_of_two(), SiblingState::silent);
  EXPECT_EQ(one_.known().at(node(2)).reason, "it is heard, but does not hear this node");
}

TEST_F(SiblingsTest, TheRoundTripIsWithoutTheTimeThatAHeartbeatWasHeld) {
  beat(300ms);
  const Heartbeat question = beat_of_one();
  now_ += 3ms;
  two_.hear(node(1), question, now_);
  now_ += 50ms;
  const Heartbeat answer = beat_of_two();
  EXPECT_EQ(answer.held, 50ms);
  now_ += 4ms;
  one_hears(answer);
  EXPECT_EQ(one_.known().at(node(2)).round_trip, 7ms);
}

TEST_F(SiblingsTest, WhoSaysThatItLeavesIsOutAtOnceAndItsOldHeartbeatsDoNotBringItBack) {
  beat(1s);
  const Heartbeat late = beat_of_two();
  one_hears(beat_of_two(Heartbeat::Kind::leaving));
  EXPECT_EQ(state_of_two(), SiblingState::left);
  EXPECT_THAT(one_.ring(node(1)), IsEmpty());
  one_hears(late);
  EXPECT_EQ(state_of_two(), SiblingState::left);
  EXPECT_EQ(one_.rejected(), 1u);
}

TEST_F(SiblingsTest, OneThatHandsOverIsAwaited) {
  beat(1s);
  one_hears(beat_of_two(Heartbeat::Kind::handing_over));
  quiet(5s);
  EXPECT_EQ(state_of_two(), SiblingState::alive);
  // Its successor is another run, which both know within a round.
  two_ = Siblings(223);
  two_.set({node(1)}, now_);
  beat(200ms);
  EXPECT_EQ(state_of_two(), SiblingState::alive);
  EXPECT_EQ(two_.known().at(node(1)).state, SiblingState::alive);
  quiet(kSilentAfter);
  EXPECT_EQ(state_of_two(), SiblingState::silent);
}

TEST_F(SiblingsTest, NoSuccessorIsAwaitedForEver) {
  beat(1s);
  one_hears(beat_of_two(Heartbeat::Kind::handing_over));
  quiet(kSuccessorPatience);
  EXPECT_EQ(state_of_two(), SiblingState::silent);
}

TEST_F(SiblingsTest, AHeartbeatSentAgainProvesNothing) {
  beat(1s);
  const Heartbeat recorded = beat_of_two();
  one_hears(recorded);
  quiet(kSilentAfter);
  ASSERT_EQ(state_of_two(), SiblingState::silent);
  one_hears(recorded);
  EXPECT_EQ(state_of_two(), SiblingState::silent);
  // Nor does a goodbye of an earlier run, to a sibling that is alive.
  Heartbeat goodbye = recorded;
  goodbye.mark = {9, 9};
  goodbye.kind = Heartbeat::Kind::leaving;
  beat(500ms);
  ASSERT_EQ(state_of_two(), SiblingState::alive);
  one_hears(goodbye);
  EXPECT_EQ(state_of_two(), SiblingState::alive);
}

TEST_F(SiblingsTest, AreNotBlamedForAStallOfThisNode) {
  beat(1s);
  now_ += 700ms;
  one_.look(now_);
  EXPECT_EQ(state_of_two(), SiblingState::alive);
  beat(300ms);
  EXPECT_EQ(state_of_two(), SiblingState::alive);
  now_ += 700ms;
  one_.look(now_);
  quiet(kSilentAfter);
  EXPECT_EQ(state_of_two(), SiblingState::silent);
}

TEST_F(SiblingsTest, TheReasonOfASilentOneFollowsWhatIsHeard) {
  beat(1s);
  quiet(kSilentAfter);
  EXPECT_EQ(one_.known().at(node(2)).reason, "no heartbeat from it");
  static_cast<void>(one_.take_changes());
  one_.hear(node(2), beat_of_two(), now_ + 1s);
  one_.look(now_ + 1s);
  EXPECT_EQ(one_.known().at(node(2)).reason, "it is heard, but does not hear this node");
  EXPECT_THAT(one_.take_changes(), IsEmpty());
}

TEST_F(SiblingsTest, NoRunThatHasEndedReturnsHoweverManyThereWere) {
  beat(300ms);
  std::vector<Heartbeat> recorded{beat_of_two()};
  for (std::uint64_t run = 300; run < 305; ++run) {
    two_ = Siblings(run);
    two_.set({node(1)}, now_);
    beat(500ms);
    ASSERT_EQ(state_of_two(), SiblingState::alive);
    recorded.push_back(beat_of_two());
  }
  recorded.pop_back();
  quiet(kSilentAfter);
  const std::uint64_t before = one_.rejected();
  for (const Heartbeat& old : recorded) EXPECT_FALSE(one_.hear(node(2), old, now_));
  EXPECT_EQ(one_.rejected(), before + recorded.size());
}

TEST_F(SiblingsTest, OneThatWasRestartedManyTimesIsAliveEachTime) {
  for (std::uint64_t run = 300; run < 320; ++run) {
    two_ = Siblings(run);
    two_.set({node(1)}, now_);
    beat(500ms);
    ASSERT_EQ(state_of_two(), SiblingState::alive) << run;
  }
}

TEST_F(SiblingsTest, StrangersAndUnprovenHeartbeatsGetLittleOutOfANode) {
  EXPECT_FALSE(one_.hear(node(9), {.mark = {5, 1}}, now_));
  EXPECT_FALSE(one_.hear(node(2), {.mark = {0, 1}}, now_)) << "of no run";
  EXPECT_EQ(one_.rejected(), 2u);
  int answers = 0;
  for (std::uint64_t number = 1; number <= 1000; ++number) {
    answers += one_.hear(node(2), {.mark = {5, number}}, now_).has_value() ? 1 : 0;
  }
  EXPECT_EQ(answers, 1);
}

TEST_F(SiblingsTest, OneThatIsSilentBecauseItIsNotBelievedIsShownSo) {
  beat(1s);
  EXPECT_FALSE(one_.is_alone());
  for (int round = 0; round < 5; ++round) {
    one_.reject(node(2), "its HMAC is of another key", now_);
    quiet(kHeartbeatEvery);
  }
  EXPECT_EQ(state_of_two(), SiblingState::silent);
  EXPECT_TRUE(one_.is_alone());
  EXPECT_EQ(one_.known().at(node(2)).reason,
            "what comes from it is not believed: its HMAC is of another key");
  EXPECT_EQ(one_.rejected(), 5u);
  quiet(2s);
  EXPECT_EQ(one_.known().at(node(2)).reason, "no heartbeat from it");
  one_.reject(node(9), "a stranger", now_);
  EXPECT_EQ(one_.rejected(), 6u);
}

TEST(RelayPlace, IsOneAddressOfEachFamilyAtMost) {
  const IpAddress v6 = IpAddress::parse("2001:db8::1").value();
  EXPECT_EQ(place_among({node(1), v6, node(2)}, {node(1), v6}).value(),
            (RelayPlace{{node(1), v6}, {node(2)}}));
  EXPECT_EQ(place_among({node(1)}, {}).error().what,
            "none of relay.siblings is an address of this node");
  EXPECT_EQ(place_among({node(1), node(2), node(3)}, {node(1), node(3)}).error().what,
            "relay.siblings has two addresses of this node, 192.0.2.1 and 192.0.2.3, expected one "
            "of each family at most");
}

TEST(SiblingsRing, BeginsWithTheNodeAfterThisOneAndHasOneFamily) {
  Siblings siblings(1);
  const IpAddress v6 = IpAddress::parse("2001:db8::7").value();
  siblings.set({node(9), node(2), node(4), v6}, TimePoint{1000s});
  EXPECT_THAT(siblings.ring(node(3)), ElementsAre(node(4), node(9), node(2)));
  EXPECT_THAT(siblings.ring(node(10)), ElementsAre(node(2), node(4), node(9)));
  EXPECT_THAT(siblings.ring(IpAddress::parse("2001:db8::3").value()), ElementsAre(v6));
  siblings.set({node(9)}, TimePoint{1001s});
  EXPECT_THAT(siblings.ring(node(3)), ElementsAre(node(9)));
}

}  // namespace
}  // namespace vipherd::core
