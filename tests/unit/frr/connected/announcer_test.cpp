// Against a zebra.vty that says what a test wants: what is told to the core, and when.
#include "frr/connected/announcer.hpp"

#include <gmock/gmock.h>

#include "unit/frr/zapi/fake_zebra.hpp"

namespace vipherd::frr::connected {
namespace {

using namespace model;
using namespace std::string_literals;
using ::testing::HasSubstr;

const IpAddress kVip = IpAddress::parse("10.10.10.10").value();
const std::string kQuestion = "show ip route 10.10.10.10/32 json";

std::string rib(const std::string& entries) {
  return "{\"10.10.10.10/32\":[" + entries + "]}\n\0\0\0\0"s;
}
std::string entry(const std::string& protocol, bool selected) {
  return "{\"protocol\":\"" + protocol + "\",\"distance\":0" +
         (selected ? ",\"selected\":true,\"installed\":true" : "") + "}";
}
const std::string kNone = "{}\n\0\0\0\1"s;

class ConnectedAnnouncerTest : public ::testing::Test {
 protected:
  void start() {
    config_.zebra_vty_socket = zebra_.vty_path();
    announcer_ = std::make_unique<ConnectedAnnouncer>(
        io_, config_, [this](Event event) { events_.push_back(std::move(event)); });
    announcer_->start();
  }
  /// The next event of a kind; those before it are dropped.
  template <class Kind>
  std::optional<Kind> next() {
    std::optional<Kind> found;
    EXPECT_TRUE(test::run_until(io_, [&] {
      while (!events_.empty() && !found) {
        if (auto* event = std::get_if<Kind>(&events_.front())) found = std::move(*event);
        events_.erase(events_.begin());
      }
      return found.has_value();
    }));
    return found;
  }
  void connect() {
    zebra_.start();
    start();
    const auto connected = next<event::SpeakerUp>();
    ASSERT_TRUE(connected);
    EXPECT_EQ(connected->session, 1u);
    EXPECT_EQ(connected->version, "FRR 8.4.4, by addresses on lo");
  }
  void announce() {
    zebra_.answers[kQuestion] = rib(entry("connected", true));
    announcer_->announce(kVip, "", {});
    const auto installed = next<event::RouteStatus>();
    ASSERT_TRUE(installed);
    EXPECT_EQ(installed->outcome, RouteOutcome::installed);
  }

  boost::asio::io_context io_;
  test::FakeZebra zebra_{io_};
  FrrConfig config_;
  std::vector<Event> events_;
  std::unique_ptr<ConnectedAnnouncer> announcer_;
};

TEST_F(ConnectedAnnouncerTest, IsInstalledWhenZebraHasSelectedTheConnectedRoute) {
  connect();
  zebra_.answers[kQuestion] = kNone;
  announcer_->announce(kVip, "", {});
  const auto asked = [this] { return std::ranges::count(zebra_.commands, kQuestion); };
  ASSERT_TRUE(test::run_until(io_, [&] { return asked() >= 3; }));
  EXPECT_TRUE(events_.empty());
  zebra_.answers[kQuestion] = rib(entry("ospf", false) + "," + entry("connected", true));
  const auto installed = next<event::RouteStatus>();
  ASSERT_TRUE(installed);
  EXPECT_EQ(installed->session, 1u);
  EXPECT_EQ(installed->vip, kVip);
  EXPECT_EQ(installed->outcome, RouteOutcome::installed);
}

TEST_F(ConnectedAnnouncerTest, TheLocalRouteThatFrr10MakesBesidesIsNotInTheWay) {
  connect();
  zebra_.answers[kQuestion] = rib(entry("local", false) + "," + entry("connected", true));
  announcer_->announce(kVip, "", {});
  const auto installed = next<event::RouteStatus>();
  ASSERT_TRUE(installed);
  EXPECT_EQ(installed->outcome, RouteOutcome::installed);
}

TEST_F(ConnectedAnnouncerTest, AWithdrawalIsConfirmedAtOnce) {
  connect();
  announce();
  announcer_->withdraw(kVip, "");
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(std::get<event::RouteStatus>(events_.front()).outcome, RouteOutcome::removed);
  events_.clear();
  // The address is still there, and so is zebra's route; for the core it is withdrawn.
  announcer_->inspect(kVip, "");
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(std::get<event::RouteInspected>(events_.front()).rib, RibState::absent);
}

TEST_F(ConnectedAnnouncerTest, WhatWasNeverSelectedIsConfirmedAsAbsent) {
  connect();
  zebra_.answers[kQuestion] = kNone;
  announcer_->announce(kVip, "", {});
  announcer_->withdraw(kVip, "");
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(std::get<event::RouteInspected>(events_.front()).rib, RibState::absent);
  // What was never announced needs no word.
  announcer_->withdraw(kVip, "");
  EXPECT_EQ(events_.size(), 1u);
}

TEST_F(ConnectedAnnouncerTest, TellsWhatZebraSaysWhenAsked) {
  connect();
  announce();
  zebra_.answers[kQuestion] = rib(entry("connected", false) + "," + entry("static", true));
  announcer_->inspect(kVip, "");
  const auto losing = next<event::RouteInspected>();
  ASSERT_TRUE(losing);
  EXPECT_EQ(losing->rib, RibState::not_selected);
  EXPECT_THAT(losing->detail, HasSubstr("static route is selected"));
  zebra_.answers[kQuestion] = rib(entry("connected", true));
  announcer_->inspect(kVip, "");
  const auto selected = next<event::RouteInspected>();
  ASSERT_TRUE(selected);
  EXPECT_EQ(selected->rib, RibState::selected);
}

TEST_F(ConnectedAnnouncerTest, AZebraThatEndsIsLostAndFoundAgain) {
  connect();
  announce();
  zebra_.stop();
  const auto lost = next<event::SpeakerDown>();
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->session, 1u);
  const auto unreachable = next<event::SpeakerUnreachable>();
  ASSERT_TRUE(unreachable);
  EXPECT_THAT(unreachable->reason, HasSubstr(zebra_.vty_path()));
  zebra_.start();
  const auto connected = next<event::SpeakerUp>();
  ASSERT_TRUE(connected);
  EXPECT_EQ(connected->session, 2u);
}

TEST_F(ConnectedAnnouncerTest, AZebraThatHangsIsNotConnected) {
  zebra_.mute_vty = true;
  zebra_.start();
  start();
  const auto unreachable = next<event::SpeakerUnreachable>();
  ASSERT_TRUE(unreachable);
  EXPECT_THAT(unreachable->reason, HasSubstr("no answer within 1s"));
}

TEST_F(ConnectedAnnouncerTest, AClosedOneSaysSoAndNothingMore) {
  connect();
  announce();
  announcer_->close(true);
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(std::get<event::SpeakerDown>(events_.front()).reason, "closed by the agent");
  announcer_->announce(kVip, "", {});
  announcer_->withdraw(kVip, "");
  EXPECT_EQ(events_.size(), 1u);
}

TEST_F(ConnectedAnnouncerTest, MayBeDestroyedWhileBusy) {
  connect();
  announcer_->announce(kVip, "", {});
  announcer_.reset();
  events_.clear();
  io_.restart();
  io_.run_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(events_.empty());
}

}  // namespace
}  // namespace vipherd::frr::connected
