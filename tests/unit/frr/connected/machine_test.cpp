// The machine of the announcer connected alone: what it asks when, and what it makes of answers.
#include "frr/connected/machine.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>

namespace vipherd::frr::connected {
namespace {

using namespace model;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const IpAddress kHome = IpAddress::parse("10.10.10.10").value();
const IpAddress kAway = IpAddress::parse("2001:db8:10::10").value();
constexpr TimePoint kStart{};

std::string in_words(const Event& event) {
  if (const auto* up = std::get_if<event::SpeakerUp>(&event)) {
    return "up " + std::to_string(up->session) + " " + up->version;
  }
  if (const auto* down = std::get_if<event::SpeakerDown>(&event)) return "down " + down->reason;
  if (const auto* none = std::get_if<event::SpeakerUnreachable>(&event)) {
    return std::string(none->news ? "unreachable " : "still unreachable ") + none->reason;
  }
  if (const auto* status = std::get_if<event::RouteStatus>(&event)) {
    return (status->outcome == RouteOutcome::installed ? "installed " : "removed ") +
           status->vip.to_string();
  }
  const auto& told = std::get<event::RouteInspected>(event);
  return std::string(to_string(told.rib)) + " " + told.vip.to_string() +
         (told.detail.empty() ? "" : " " + told.detail);
}

struct InWords {
  std::string operator()(const effect::Open&) const { return "open"; }
  std::string operator()(const effect::Greet&) const { return "greet"; }
  std::string operator()(const effect::Hangup&) const { return "hang up"; }
  std::string operator()(const effect::ArmDeadline&) const { return "arm"; }
  std::string operator()(const effect::Disarm&) const { return "disarm"; }
  std::string operator()(const effect::AskRib& ask) const {
    return "ask " + ask.vip.to_string() + (ask.vrf.empty() ? "" : " in " + ask.vrf);
  }
  std::string operator()(const effect::ArmLook& arm) const {
    return "look after " + format_duration(arm.at - kStart);
  }
  std::string operator()(const effect::Emit& emit) const { return in_words(emit.event); }
};

class ConnectedMachineTest : public ::testing::Test {
 protected:
  std::vector<std::string> feed(const Input& input) {
    std::vector<std::string> words;
    for (const Effect& effect : resume(state_, input))
      words.push_back(std::visit(InWords{}, effect));
    return words;
  }
  void establish() {
    feed(input::Start{});
    feed(input::Opened{});
    feed(input::Greeted{"10.3"});
    ASSERT_TRUE(state_.established());
  }
  std::vector<std::string> answer(RibState rib, Duration after = {}, const std::string& why = "") {
    return feed(input::RibRead{kHome, {rib, why}, kStart + after});
  }

  State state_{"/run/frr/zebra.vty", 1};
};

TEST_F(ConnectedMachineTest, AnAnswerToTheFirstQuestionMakesTheSession) {
  EXPECT_THAT(feed(input::Start{}), ElementsAre("arm", "open"));
  EXPECT_THAT(feed(input::Start{}), IsEmpty());
  EXPECT_THAT(feed(input::Opened{}), ElementsAre("greet"));
  EXPECT_THAT(feed(input::Greeted{""}),
              ElementsAre("disarm", "up 1 FRR of an unknown version, by addresses on lo"));
}

TEST_F(ConnectedMachineTest, AReasonIsNewsOnce) {
  feed(input::Start{});
  EXPECT_THAT(feed(input::Failed{"refused"}), ElementsAre("hang up", "arm", "unreachable refused"));
  EXPECT_THAT(feed(input::Failed{"late"}), IsEmpty());
  EXPECT_THAT(feed(input::DeadlinePassed{}), ElementsAre("arm", "open"));
  EXPECT_THAT(feed(input::Failed{"refused"}),
              ElementsAre("hang up", "arm", "still unreachable refused"));
}

TEST_F(ConnectedMachineTest, AZebraThatHangsIsNotConnected) {
  feed(input::Start{});
  feed(input::Opened{});
  EXPECT_THAT(feed(input::DeadlinePassed{}),
              ElementsAre("hang up", "arm", "unreachable /run/frr/zebra.vty: no answer within 1s"));
}

TEST_F(ConnectedMachineTest, AnAnswerWithoutAQuestionEndsTheSession) {
  establish();
  EXPECT_THAT(
      feed(input::Greeted{"10.3"}),
      ElementsAre("hang up", "arm", "down /run/frr/zebra.vty: an answer without a question"));
}

TEST_F(ConnectedMachineTest, InstalledIsSaidWhenTheRouteIsSelectedAndNotAgain) {
  establish();
  EXPECT_THAT(feed(input::Announce{kHome, "", kStart}), ElementsAre("ask 10.10.10.10"));
  EXPECT_THAT(answer(RibState::selected), ElementsAre("installed 10.10.10.10"));
  EXPECT_THAT(answer(RibState::selected), IsEmpty());
}

TEST_F(ConnectedMachineTest, LooksAgainLessAndLessOftenForASecond) {
  establish();
  feed(input::Announce{kHome, "", kStart});
  Duration at{};
  int looks = 0;
  for (; looks < 20; ++looks) {
    const auto words = answer(RibState::absent, at);
    if (words.empty()) break;
    at += 5ms * (1 << looks);
    EXPECT_THAT(words, ElementsAre("look after " + format_duration(at)));
    EXPECT_THAT(feed(input::LookDue{kStart + at}), ElementsAre("ask 10.10.10.10"));
  }
  EXPECT_EQ(looks, 7) << "5, 15, 35, 75, 155, 315, 635 ms";
}

TEST_F(ConnectedMachineTest, QuestionsOfTheCoreDoNotGrowItsOwnDelay) {
  establish();
  feed(input::Announce{kHome, "", kStart});
  for (int count = 1; count <= 100; ++count) answer(RibState::not_selected, 30s * count);
  EXPECT_EQ(state_.announced.at(kHome).look_again, kLookAgainFirst);
}

TEST_F(ConnectedMachineTest, AskedByTheCoreItTellsWhatZebraSays) {
  establish();
  EXPECT_THAT(feed(input::Inspect{kHome}), ElementsAre("absent 10.10.10.10"));
  feed(input::Announce{kHome, "blue", kStart});
  EXPECT_THAT(feed(input::Inspect{kHome}), ElementsAre("ask 10.10.10.10 in blue"));
  EXPECT_THAT(answer(RibState::not_selected, kLookFor, "static"),
              ElementsAre(std::string(to_string(RibState::not_selected)) + " 10.10.10.10 static"));
}

TEST_F(ConnectedMachineTest, AWithdrawalIsConfirmedAtOnce) {
  establish();
  feed(input::Announce{kHome, "", kStart});
  answer(RibState::selected);
  feed(input::Announce{kAway, "", kStart});
  EXPECT_THAT(feed(input::Withdraw{kHome}), ElementsAre("removed 10.10.10.10"));
  EXPECT_THAT(feed(input::Withdraw{kAway}), ElementsAre("absent 2001:db8:10::10"))
      << "never seen selected";
  EXPECT_THAT(feed(input::Withdraw{kAway}), IsEmpty());
  EXPECT_THAT(answer(RibState::selected), IsEmpty()) << "a late answer";
}

TEST_F(ConnectedMachineTest, WithoutASessionNothingIsAsked) {
  feed(input::Start{});
  EXPECT_THAT(feed(input::Announce{kHome, "", kStart}), IsEmpty());
  EXPECT_THAT(feed(input::Inspect{kHome}),
              ElementsAre("unknown 10.10.10.10 zebra cannot be asked"));
}

TEST_F(ConnectedMachineTest, AfterClosingNothingFollows) {
  establish();
  feed(input::Announce{kHome, "", kStart});
  EXPECT_THAT(feed(input::Close{}), ElementsAre("hang up", "disarm", "down closed by the agent"));
  EXPECT_THAT(feed(input::Close{}), IsEmpty());
  EXPECT_THAT(feed(input::DeadlinePassed{}), IsEmpty());
  EXPECT_THAT(answer(RibState::selected), IsEmpty());
}

}  // namespace
}  // namespace vipherd::frr::connected
