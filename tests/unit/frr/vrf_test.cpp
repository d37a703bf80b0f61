// The announcers and the observer beside a real FRR with VRFs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "frr/vty/announcer.hpp"
#include "frr/zapi/announcer.hpp"
#include "unit/frr/real_frr.hpp"
#include "vipherd/frr/flush.hpp"
#include "vipherd/frr/observer.hpp"
#include "vipherd/frr/vty_cleanup.hpp"

namespace vipherd::frr {
namespace {

namespace event = model::event;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const IpAddress kMain = *IpAddress::parse("10.10.10.10");
const IpAddress kBlue = *IpAddress::parse("10.10.10.11");
const IpAddress kGreen = *IpAddress::parse("10.10.10.12");
const std::map<IpAddress, std::string> kVrfs{{kMain, ""}, {kBlue, "blue"}, {kGreen, "green"}};

class RealVrfTest : public testing::Test {
 protected:
  /// Runs the loop until `done` holds. Daemons start, and the machine may be slow.
  template <class Predicate>
  bool until(Predicate done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      io_.restart();
      io_.run_for(std::chrono::milliseconds(20));
    }
    return true;
  }
  void take(const model::Event& event) {
    if (std::holds_alternative<event::SpeakerUp>(event)) {
      connected_ = true;
    } else if (std::holds_alternative<event::SpeakerDown>(event)) {
      connected_ = false;
    } else if (const auto* note = std::get_if<event::RouteStatus>(&event)) {
      events_.push_back(note->vip.to_string() + " " + std::string(model::to_string(note->outcome)));
    } else if (const auto* rib = std::get_if<event::RouteInspected>(&event)) {
      events_.push_back(rib->vip.to_string() + " " + std::string(model::to_string(rib->rib)) + " " +
                        rib->detail);
    } else if (const auto* seen = std::get_if<event::Observed>(&event)) {
      observed_ = *seen;
    }
  }
  bool until_event(const std::string& text) {
    return until([&] { return std::ranges::find(events_, text) != events_.end(); });
  }
  model::EventSink sink() {
    return [this](const model::Event& event) { take(event); };
  }
  /// Until bgpd holds the VIP as its own, in the VIP's VRF.
  bool until_originated(const IpAddress& vip) {
    Observer observer(io_, frr_.config(), sink());
    return until([&] {
      observed_.reset();
      observer.observe(vip, kVrfs.at(vip));
      return until([&] { return observed_.has_value(); }) && !observed_->reach.empty() &&
             observed_->reach[0].value() != nullptr && observed_->reach[0].value()->originated;
    });
  }

  test::RealFrr frr_;
  boost::asio::io_context io_;
  std::vector<std::string> events_;
  std::optional<event::Observed> observed_;
  bool connected_ = false;
};

TEST_F(RealVrfTest, ZapiAnnouncesInTheVrfOfAVipAsSoonAsThereIsOne) {
  zapi::ZapiAnnouncer announcer(io_, frr_.config(), /*resuming=*/false, sink());
  announcer.start();
  ASSERT_TRUE(until([&] { return connected_; }));
  for (const IpAddress& vip : {kMain, kBlue, kGreen}) announcer.announce(vip, kVrfs.at(vip), {});
  announcer.flush();
  EXPECT_THAT(events_, Contains("10.10.10.12 losing FRR knows no VRF green"));
  EXPECT_TRUE(until_event("10.10.10.10 installed"));
  EXPECT_TRUE(until_event("10.10.10.11 installed"));
  EXPECT_TRUE(until_originated(kBlue)) << frr_.ask("bgpd", "show bgp vrf blue ipv4 unicast");
  EXPECT_THAT(frr_.ask("zebra", "show ip route"), Not(HasSubstr("10.10.10.11")));

  // zebra 10.3 may die of the end of such a VRF with a route (docs/frr.md).
  const bool dies = frr_.ask("zebra", "show version").find("FRRouting 10.3 ") != std::string::npos;
  for (int round = 0; round < 2; ++round) {
    events_.clear();
    frr_.shell("ip netns add green");
    EXPECT_TRUE(until_event("10.10.10.12 installed"));
    announcer.inspect(kGreen, "green");
    EXPECT_TRUE(until_event("10.10.10.12 selected "));
    if (dies) break;
    frr_.shell("ip netns del green");
    EXPECT_TRUE(until_event("10.10.10.12 losing FRR knows no VRF green"));
    EXPECT_THAT(events_, Contains("10.10.10.12 removed"));
  }
  events_.clear();
  announcer.withdraw(kBlue, "blue");
  announcer.flush();
  EXPECT_TRUE(until_event("10.10.10.11 removed"));
  EXPECT_TRUE(connected_);
}

TEST_F(RealVrfTest, WhatZapiHandedOverStaysInEveryVrfUntilItIsFlushed) {
  zapi::ZapiAnnouncer announcer(io_, frr_.config(), /*resuming=*/false, sink());
  announcer.start();
  ASSERT_TRUE(until([&] { return connected_; }));
  for (const IpAddress& vip : {kMain, kBlue}) announcer.announce(vip, kVrfs.at(vip), {});
  announcer.flush();
  ASSERT_TRUE(until_event("10.10.10.11 installed"));
  announcer.close(/*keep=*/true);
  ASSERT_TRUE(until([&] { return !connected_; }));
  const auto held = [&] { return frr_.ask("zebra", "show ip route vrf all"); };
  EXPECT_THAT(held(), testing::AllOf(HasSubstr("10.10.10.10"), HasSubstr("10.10.10.11")));
  // Its predecessor is in zebra's list of clients for a moment.
  ASSERT_TRUE(until([&] { return flush_routes(frr_.config()).has_value(); }));
  EXPECT_TRUE(until([&] { return held().find("10.10.10.1") == std::string::npos; })) << held();
}

class RealVrfVtyTest : public RealVrfTest {
 protected:
  RealVrfVtyTest() { config_.announcer = model::Announcer::vty; }
  std::string running() const { return frr_.ask("bgpd", "show running-config"); }
  void connect(vty::VtyAnnouncer& announcer) {
    announcer.start();
    ASSERT_TRUE(until([&] { return connected_; }));
  }
  /// The announcer is destroyed, and leaves what it wrote.
  void announce_blue() {
    vty::VtyAnnouncer announcer(io_, config_, sink());
    connect(announcer);
    frr_.shell("ip -n blue address add 10.10.10.11/32 dev lo");
    announcer.announce(kBlue, "blue", {});
    announcer.flush();
    EXPECT_TRUE(until_event("10.10.10.11 installed")) << running();
    connected_ = false;
  }

  model::FrrConfig config_ = frr_.config();
};

TEST_F(RealVrfVtyTest, WritesIntoTheInstanceOfTheVrfAndIsCleanedUp) {
  announce_blue();
  const std::string text = running();
  const std::size_t blue = text.find("router bgp 65002 vrf blue");
  const std::size_t network = text.find("network 10.10.10.11/32 route-map VIPHERD-VTY-");
  EXPECT_TRUE(blue < network && network < text.size()) << text;
  EXPECT_TRUE(until_originated(kBlue));
  // The clean-up knows of no VRF.
  const VtyCleanup cleanup = remove_vty_lines(config_, std::chrono::seconds(30));
  EXPECT_EQ(cleanup.problem, "");
  EXPECT_EQ(cleanup.removed, 2u) << "the statement and its route-map";
  EXPECT_THAT(running(), Not(HasSubstr("VIPHERD-VTY")));
}

TEST_F(RealVrfVtyTest, WhatASuccessorDoesNotWantGoesAlsoInAVrfThatItDoesNotUse) {
  announce_blue();
  vty::VtyAnnouncer announcer(io_, config_, sink());
  connect(announcer);
  EXPECT_THAT(running(), HasSubstr("VIPHERD-VTY"));
  announcer.complete();
  EXPECT_TRUE(until([&] { return running().find("VIPHERD-VTY") == std::string::npos; }));
}

}  // namespace
}  // namespace vipherd::frr
