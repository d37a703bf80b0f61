// The session over real sockets, against a zebra that is slow, rude or gone.
#include "frr/zapi/announcer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/frr/zapi/fake_zebra.hpp"

namespace vipherd::frr::zapi {
namespace {

namespace ev = model::event;
using model::RibState;
using model::RouteOutcome;
using test::FakeZebra;
using test::Peer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::string_literals;

IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

class ZapiAnnouncerTest : public testing::Test {
 protected:
  ZapiAnnouncerTest() {
    config_.zserv_socket = zebra_.zserv_path();
    config_.zebra_vty_socket = zebra_.vty_path();
    announcer_ = make();
  }

  std::unique_ptr<ZapiAnnouncer> make(bool resuming = false) {
    return std::make_unique<ZapiAnnouncer>(io_, config_, resuming, [this](model::Event event) {
      if (in_flush_) ++events_in_flush_;
      log(event);
      if (on_event_) on_event_(event);
    });
  }
  void flush() {
    in_flush_ = true;
    announcer_->flush();
    in_flush_ = false;
  }
  void log(const model::Event& event) {
    if (const auto* it = std::get_if<ev::SpeakerUp>(&event)) {
      ++connected_;
      session_ = it->session;
      events_.push_back("connected " + it->version);
    } else if (const auto* lost = std::get_if<ev::SpeakerDown>(&event)) {
      ++lost_;
      session_ = 0;
      events_.push_back("lost " + std::to_string(lost->session) + " " + lost->reason);
    } else if (const auto* unreachable = std::get_if<ev::SpeakerUnreachable>(&event)) {
      events_.push_back("unreachable " + unreachable->reason);
    } else if (const auto* note = std::get_if<ev::RouteStatus>(&event)) {
      EXPECT_EQ(note->session, session_);
      events_.push_back("note " + note->vip.to_string() + " " +
                        std::string(model::to_string(note->outcome)));
    } else if (const auto* rib = std::get_if<ev::RouteInspected>(&event)) {
      EXPECT_EQ(rib->session, session_);
      events_.push_back("rib " + rib->vip.to_string() + " " +
                        std::string(model::to_string(rib->rib)) + " " + rib->detail);
    } else {
      ADD_FAILURE() << "an event that is not the announcer's";
    }
  }
  template <class Predicate>
  bool until(Predicate done) {
    return test::run_until(io_, done);
  }
  bool until_events(std::size_t count) {
    return until([&] { return events_.size() >= count; });
  }
  void connect() {
    zebra_.start();
    announcer_->start();
    ASSERT_TRUE(until([&] { return connected_ == 1; })) << testing::PrintToString(events_);
  }

  boost::asio::io_context io_;
  FakeZebra zebra_{io_};
  model::FrrConfig config_;
  std::vector<std::string> events_;
  std::function<void(const model::Event&)> on_event_;
  std::uint64_t session_ = 0;
  int connected_ = 0;
  int lost_ = 0;
  bool in_flush_ = false;
  int events_in_flush_ = 0;
  std::unique_ptr<ZapiAnnouncer> announcer_;
};

TEST_F(ZapiAnnouncerTest, ConnectsAnnouncesAndWithdraws) {
  connect();
  EXPECT_THAT(events_, ElementsAre("connected FRR 8.4.4 (ZAPI of 8.2 to 9.0)"));
  announcer_->announce(address("10.10.10.10"), "", {.tag = 100, .metric = 0});
  announcer_->announce(address("2001:db8::10"), "", {.tag = 200, .metric = 7});
  announcer_->withdraw(address("10.10.10.11"), "");
  flush();
  ASSERT_TRUE(until([&] { return zebra_.routes.size() == 3; }));
  EXPECT_THAT(
      zebra_.routes,
      ElementsAre("1a0000000000000000000f0102200a0a0a0a000100000000060001010000000000000064",
                  "1a0000000000000000000f010a8020010db800000000000000000000001000010000000006"
                  "00010100000007000000c8",
                  "1a000000000000000000000102200a0a0a0b"));
}

TEST_F(ZapiAnnouncerTest, CompletesAHandOverAndDisarmsItWhenZebraHasSwept) {
  announcer_ = make(/*resuming=*/true);
  connect();
  announcer_->announce(address("10.10.10.10"), "", {});
  announcer_->complete();
  ASSERT_TRUE(until([&] { return zebra_.capabilities.size() == 5; }));
  EXPECT_EQ(zebra_.routes.size(), 1u) << "sent first";
  const std::vector<std::string> told{"000000010000003c00000000",          // GR_CAPABILITIES, 60 s
                                      "00000003000000010000000100000000",  // ROUTE_UPDATE_PENDING
                                      "00000003000000020000000100000000",
                                      "00000002000000010000000100000000",  // ROUTE_UPDATE_COMPLETE
                                      "00000002000000020000000100000000"};
  EXPECT_EQ(zebra_.capabilities, told);
  ASSERT_TRUE(until([&] { return zebra_.capabilities.size() == 6; }));
  EXPECT_EQ(zebra_.capabilities[5], "0000000400000000") << "GR_DISABLE";
  announcer_->complete();
  announcer_->inspect(address("10.10.10.10"), "");
  ASSERT_TRUE(until_events(2));
  EXPECT_EQ(zebra_.capabilities.size(), 6u) << "once";
}

TEST_F(ZapiAnnouncerTest, SendsNothingBeforeFlush) {
  connect();
  announcer_->announce(address("10.10.10.10"), "", {});
  // A notification: something else that goes over the loop.
  zebra_.send(*zebra_.session(), "001afe0600000000000a0200000002200a0a0a0a000000fe0101");
  ASSERT_TRUE(until_events(2));
  EXPECT_THAT(zebra_.routes, IsEmpty());
  flush();
  EXPECT_TRUE(until([&] { return zebra_.routes.size() == 1; }));
}

TEST_F(ZapiAnnouncerTest, AsksOnlyAfterZebraHasComeToEverythingSent) {
  connect();
  zebra_.mute_zapi = true;
  const std::size_t asked = zebra_.commands.size();
  announcer_->withdraw(address("10.10.10.10"), "");
  announcer_->inspect(address("10.10.10.10"), "");
  // The delete and the barrier have arrived; zebra answers neither.
  ASSERT_TRUE(until([&] { return zebra_.session()->received.empty(); }));
  EXPECT_EQ(zebra_.commands.size(), asked);
  zebra_.send(*zebra_.session(),
              "000efe06fffffff00076"
              "01000000");
  ASSERT_TRUE(until_events(2));
  EXPECT_GT(zebra_.commands.size(), asked);
  EXPECT_THAT(events_.back(), HasSubstr("rib 10.10.10.10"));
}

TEST_F(ZapiAnnouncerTest, SendsAStartsAnnouncementsAtOnce) {
  connect();
  for (int i = 0; i < 1000; ++i) announcer_->announce(address("10.10.10.10"), "", {});
  flush();
  // The loop has not turned: all that a socket takes is with the kernel already.
  EXPECT_EQ(zebra_.session()->socket.available(), 1000u * 46u);
}

TEST_F(ZapiAnnouncerTest, TakesMessagesInPieces) {
  zebra_.dribble = true;
  connect();
  zebra_.send(*zebra_.session(), "001afe0600000000000a0200000002200a0a0a0a000000fe0101");
  zebra_.send(*zebra_.session(), "001afe0600000000000a0300000002200a0a0a0a000000fe0101");
  ASSERT_TRUE(until_events(3));
  EXPECT_THAT(events_, ElementsAre(HasSubstr("connected"), "note 10.10.10.10 installed",
                                   "note 10.10.10.10 removed"));
}

TEST_F(ZapiAnnouncerTest, TakesManyMessagesAtOnceAndSkipsUnknownOnes) {
  connect();
  std::string burst;
  for (int i = 0; i < 5000; ++i)
    burst +=
        "000ffe06000000000002"
        "0102030405";
  burst += "001afe0600000000000a0200000002200a0a0a0a000000fe0101";
  zebra_.send(*zebra_.session(), burst);
  ASSERT_TRUE(until_events(2));
  EXPECT_EQ(events_.back(), "note 10.10.10.10 installed");
}

TEST_F(ZapiAnnouncerTest, ConnectsAgainWhenZebraReturns) {
  connect();
  zebra_.stop();
  ASSERT_TRUE(until([&] { return lost_ == 1; }));
  ASSERT_TRUE(until([&] { return events_.size() == 3; }));
  EXPECT_THAT(events_.back(), HasSubstr("unreachable"));
  EXPECT_THAT(events_.back(), HasSubstr("No such file or directory"));
  zebra_.hellos = 0;
  zebra_.start();
  ASSERT_TRUE(until([&] { return connected_ == 2; }));
  EXPECT_EQ(session_, 2u);
  EXPECT_EQ(events_.size(), 4u);
}

TEST_F(ZapiAnnouncerTest, DropsWhatItIsToldWithoutASession) {
  announcer_->announce(address("10.10.10.10"), "", {});
  flush();
  connect();
  announcer_->announce(address("10.10.10.11"), "", {});
  flush();
  ASSERT_TRUE(until([&] { return !zebra_.routes.empty(); }));
  EXPECT_THAT(zebra_.routes, ElementsAre(HasSubstr("0a0a0a0b")));
}

TEST_F(ZapiAnnouncerTest, WhatWasQueuedForALostSessionIsNotSentInTheNext) {
  connect();
  announcer_->announce(address("10.10.10.10"), "", {});
  zebra_.hellos = 0;
  zebra_.session()->close();
  ASSERT_TRUE(until([&] { return connected_ == 2; }));
  announcer_->announce(address("10.10.10.11"), "", {});
  flush();
  ASSERT_TRUE(until([&] { return !zebra_.routes.empty(); }));
  EXPECT_THAT(zebra_.routes, ElementsAre(HasSubstr("0a0a0a0b")));
}

TEST_F(ZapiAnnouncerTest, CorruptHeaderEndsTheSession) {
  connect();
  zebra_.send(*zebra_.session(), "ffffffffffffffffffffffff");
  ASSERT_TRUE(until([&] { return lost_ == 1; }));
  EXPECT_THAT(events_[1], HasSubstr("lost 1 corrupt ZAPI header"));
}

TEST_F(ZapiAnnouncerTest, NotesBehindALossInTheSameReadAreNotTold) {
  connect();
  zebra_.send(*zebra_.session(),
              "000efe0600000000007602000000"                            // ERROR: the session ends
              "001afe0600000000000a0200000002200a0a0a0a000000fe0101");  // a note of the dead
  zebra_.hellos = 0;
  ASSERT_TRUE(until([&] { return connected_ == 2; }));
  EXPECT_THAT(events_, ElementsAre(HasSubstr("connected"), HasSubstr("lost 1 zebra refused"),
                                   HasSubstr("connected")));
}

TEST_F(ZapiAnnouncerTest, RefusesASecondClientOfItsType) {
  zebra_.clients = 1;
  zebra_.start();
  announcer_->start();
  ASSERT_TRUE(until_events(1));
  EXPECT_THAT(events_, ElementsAre(HasSubstr("unreachable zebra has another client of route type "
                                             "openfabric")));
  EXPECT_EQ(zebra_.hellos, 0) << "a HELLO and a close would flush the other's routes";
  zebra_.clients = 0;
  ASSERT_TRUE(until([&] { return connected_ == 1; }));
}

TEST_F(ZapiAnnouncerTest, RefusesAnUnknownFrr) {
  zebra_.error_command = "0099";
  zebra_.start();
  announcer_->start();
  ASSERT_TRUE(until_events(1));
  EXPECT_THAT(events_, ElementsAre(HasSubstr("by command 153: not FRR 7.5 to 10.7")));
  EXPECT_EQ(zebra_.hellos, 0);
}

TEST_F(ZapiAnnouncerTest, GivesUpOnAZebraThatDoesNotAnswer) {
  zebra_.mute_zapi = true;
  zebra_.start();
  announcer_->start();
  ASSERT_TRUE(until_events(1));
  EXPECT_THAT(events_, ElementsAre(HasSubstr("zebra did not answer within 2s to the ZAPI probe")));
  zebra_.mute_zapi = false;
  EXPECT_TRUE(until([&] { return connected_ == 1; }));
}

TEST_F(ZapiAnnouncerTest, GivesUpOnAZebraVtyThatDoesNotAnswer) {
  zebra_.mute_vty = true;
  zebra_.start();
  announcer_->start();
  ASSERT_TRUE(until_events(1));
  EXPECT_THAT(events_, ElementsAre("unreachable zebra.vty did not answer within 2s"));
  EXPECT_EQ(zebra_.hellos, 0);
}

TEST_F(ZapiAnnouncerTest, GoesOnWithoutZebraVty) {
  zebra_.zserv.start();
  announcer_->start();
  ASSERT_TRUE(until([&] { return connected_ == 1; }));
  EXPECT_THAT(events_, ElementsAre(HasSubstr("a second client of type openfabric would not be "
                                             "noticed: " +
                                             zebra_.vty_path())));
}

TEST_F(ZapiAnnouncerTest, GoesOnWhenTheListOfClientsIsNotUnderstood) {
  zebra_.answers["show zebra client summary"] = "Clients: 7\n\0\0\0\0"s;
  connect();
  EXPECT_THAT(events_, ElementsAre(HasSubstr("would not be noticed: the list of zebra's clients "
                                             "has an unknown form")));
}

TEST_F(ZapiAnnouncerTest, APathThatIsTooLongIsToldAsSuch) {
  config_.zserv_socket = std::string(200, 'x');
  announcer_ = make();
  announcer_->start();
  ASSERT_TRUE(until_events(1));
  EXPECT_THAT(events_, ElementsAre(HasSubstr("the path is too long")));
}

TEST_F(ZapiAnnouncerTest, CloseIsFinal) {
  connect();
  announcer_->close(false);
  EXPECT_THAT(events_, ElementsAre(HasSubstr("connected"), "lost 1 closed by the agent"));
  announcer_->announce(address("10.10.10.10"), "", {});
  flush();
  announcer_->start();
  announcer_->close(false);
  ASSERT_TRUE(until([&] { return !zebra_.session()->socket.is_open(); }));
  EXPECT_EQ(events_.size(), 2u);
  EXPECT_THAT(zebra_.routes, IsEmpty());
}

TEST_F(ZapiAnnouncerTest, MayBeDestroyedAtAnyMoment) {
  zebra_.start();
  // After so many turns of the loop, which is amidst every step, until it connects in time.
  constexpr int kMostTurns = 500;
  for (int turns = 0; turns < kMostTurns && connected_ < 5; ++turns) {
    zebra_.hellos = 0;
    announcer_ = make();
    announcer_->start();
    io_.restart();
    for (int turn = 0; turn < turns; ++turn) {
      io_.run_one_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
    }
    if (connected_ > 2) {
      announcer_->announce(address("10.10.10.10"), "", {});
      announcer_->inspect(address("10.10.10.10"), "");
      flush();
    }
    events_.clear();
    announcer_.reset();
    session_ = 0;
    io_.poll();
    EXPECT_THAT(events_, IsEmpty()) << "after " << turns << " turns";
  }
  EXPECT_EQ(connected_, 5);
}

TEST_F(ZapiAnnouncerTest, MayBeDestroyedByItsSink) {
  on_event_ = [this](const model::Event&) { announcer_.reset(); };
  zebra_.start();
  announcer_->start();
  ASSERT_TRUE(until([&] { return announcer_ == nullptr; }));
  io_.poll();
  EXPECT_EQ(events_.size(), 1u);
}

TEST_F(ZapiAnnouncerTest, MayBeClosedByItsSink) {
  on_event_ = [this](const model::Event& event) {
    if (std::holds_alternative<ev::SpeakerUp>(event)) announcer_->close(false);
  };
  connect();
  ASSERT_TRUE(until_events(2));
  EXPECT_THAT(events_, ElementsAre(HasSubstr("connected"), "lost 1 closed by the agent"));
}

TEST_F(ZapiAnnouncerTest, MayAnnounceFromItsSink) {
  on_event_ = [this](const model::Event& event) {
    if (!std::holds_alternative<ev::SpeakerUp>(event)) return;
    announcer_->announce(address("10.10.10.10"), "", {});
    announcer_->flush();
  };
  connect();
  EXPECT_TRUE(until([&] { return zebra_.routes.size() == 1; }));
}

// ---- questions about routes

const std::string kSelected =
    R"({"10.10.10.10/32":[{"protocol":"openfabric","selected":true,"installed":true}]})"
    "\n\0\0\0\0"s;

TEST_F(ZapiAnnouncerTest, Inspects) {
  zebra_.answers["show ip route 10.10.10.10/32 json"] = kSelected;
  zebra_.answers["show ipv6 route 2001:db8::10/128 json"] = "{}\n\0\0\0\1"s;
  connect();
  announcer_->inspect(address("10.10.10.10"), "");
  announcer_->inspect(address("10.10.10.10"), "");
  announcer_->inspect(address("2001:db8::10"), "");
  ASSERT_TRUE(until_events(3));
  EXPECT_THAT(events_, ElementsAre(HasSubstr("connected"), "rib 10.10.10.10 selected ",
                                   "rib 2001:db8::10 absent "))
      << "asked once for each";
  announcer_->inspect(address("10.10.10.10"), "");
  ASSERT_TRUE(until_events(4)) << "and again when it was answered";
}

TEST_F(ZapiAnnouncerTest, InspectionWithoutASessionIsUnknown) {
  announcer_->inspect(address("10.10.10.10"), "");
  EXPECT_THAT(events_, ElementsAre("rib 10.10.10.10 unknown no session with zebra"));
}

TEST_F(ZapiAnnouncerTest, InspectionThatIsNotAnsweredIsUnknownAndHoldsUpNoOther) {
  connect();
  zebra_.mute_vty = true;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 1; i < 100; ++i) announcer_->inspect(address("10.10.10." + std::to_string(i)), "");
  ASSERT_TRUE(until_events(100));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
  EXPECT_THAT(events_.back(), HasSubstr("unknown"));
  EXPECT_THAT(events_.back(), HasSubstr("no answer within 1s"));
  EXPECT_EQ(lost_, 0);
}

TEST_F(ZapiAnnouncerTest, InspectionOverARudeSocketIsUnknown) {
  connect();
  zebra_.answers["show ip route 10.10.10.10/32 json"] = "garbage\0not the end"s;
  announcer_->inspect(address("10.10.10.10"), "");
  ASSERT_TRUE(until_events(2));
  EXPECT_THAT(events_.back(), HasSubstr("rib 10.10.10.10 unknown"));
  zebra_.vty.stop();
  announcer_->inspect(address("10.10.10.10"), "");
  ASSERT_TRUE(until_events(3));
  EXPECT_THAT(events_.back(), HasSubstr("No such file or directory"));
}

TEST_F(ZapiAnnouncerTest, LostSessionAnswersNoInspection) {
  connect();
  zebra_.mute_vty = true;
  const std::size_t asked = zebra_.commands.size();
  announcer_->inspect(address("10.10.10.10"), "");
  ASSERT_TRUE(until([&] { return zebra_.commands.size() > asked; }));
  Peer::Connection& question = *zebra_.vty.connections.back();
  zebra_.zserv.stop();
  ASSERT_TRUE(until([&] { return !question.socket.is_open(); })) << "the question is given up";
  ASSERT_TRUE(until_events(3));
  EXPECT_THAT(events_,
              ElementsAre(HasSubstr("connected"), HasSubstr("lost"), HasSubstr("unreachable")));
}

TEST_F(ZapiAnnouncerTest, AnnouncesInTheVrfOfAVip) {
  zebra_.vrfs = {{"blue", 7}};
  zebra_.answers["show ip route vrf blue 10.10.10.11/32 json"] =
      R"({"10.10.10.11/32":[{"protocol":"openfabric","selected":true,"installed":true}]})"
      "\n\0\0\0\0"s;
  connect();
  announcer_->announce(address("10.10.10.10"), "", {});
  announcer_->announce(address("10.10.10.11"), "blue", {});
  announcer_->announce(address("10.10.10.12"), "red", {});
  flush();
  ASSERT_TRUE(until([&] { return zebra_.routes.size() == 2; }));
  EXPECT_THAT(zebra_.route_vrfs, ElementsAre(0u, 7u));
  EXPECT_EQ(events_.back(), "rib 10.10.10.12 losing FRR knows no VRF red");
  announcer_->inspect(address("10.10.10.11"), "blue");
  ASSERT_TRUE(until_events(3));
  EXPECT_EQ(events_.back(), "rib 10.10.10.11 selected ");
  zebra_.send(*zebra_.session(), test::vrf_message(33, 9, "red"));
  ASSERT_TRUE(until([&] { return zebra_.routes.size() == 3; }));
  EXPECT_EQ(zebra_.route_vrfs.back(), 9u);
  announcer_->withdraw(address("10.10.10.12"), "red");
  flush();
  ASSERT_TRUE(until([&] { return zebra_.routes.size() == 4; }));
  EXPECT_EQ(zebra_.route_vrfs.back(), 9u);
}

}  // namespace
}  // namespace vipherd::frr::zapi
