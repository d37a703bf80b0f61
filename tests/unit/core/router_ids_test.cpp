// What the daemons' router ids are compared with, and what is said of them.
#include <gmock/gmock.h>

#include "core/status_view.hpp"
#include "unit/core/script.hpp"

namespace vipherd::core {
namespace {

using namespace model;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class RouterIdsTest : public testing::Test {
 protected:
  explicit RouterIdsTest(Config config = one_service()) : script_(config) { script_.bring_up(); }
  /// What is logged when a daemon says that this is its router id.
  std::vector<std::string> told(const std::string& daemon, const char* id,
                                const std::string& shared = "") {
    Reach reach{.originated = true, .neighbours = {"192.168.100.1"}};
    reach.router_id = RouterId{vip(id), shared};
    return notes(script_.feed(event::Observed{vip(), {SeenReach(daemon, script_.now(), reach)}}));
  }
  std::vector<std::string> problems() {
    std::vector<std::string> texts;
    for (const Problem& problem : make_status(script_.state(), script_.now(), {}).problems) {
      EXPECT_EQ(problem.severity, Severity::problem);
      texts.push_back(problem.text);
    }
    return texts;
  }
  Script script_;
};

TEST_F(RouterIdsTest, OneThatIsAVipIsAProblemUntilItIsNot) {
  const std::string text =
      "ospfd's router id 10.10.10.10 is a VIP: it may change as the VIP comes and goes, and other "
      "nodes that have the VIP may have it too; give each node one of its own: `ospf router-id "
      "A.B.C.D` under `router ospf` and `clear ip ospf process` or a restart (or `ip router-id "
      "A.B.C.D` in zebra, for all daemons that have none configured)";
  EXPECT_THAT(told("ospfd", "10.10.10.10"), ElementsAre(text));
  EXPECT_THAT(problems(), ElementsAre(text));
  script_.wait(1s);
  EXPECT_THAT(told("ospfd", "10.10.10.10"), IsEmpty()) << "it is said once";
  EXPECT_THAT(told("ospfd", "192.168.100.2"),
              ElementsAre("no longer so: ospfd's router id 10.10.10.10 is a VIP"));
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(RouterIdsTest, OneAnswerSeenWithTwoVipsIsOneAnswer) {
  told("ospfd", "10.10.10.10");
  EXPECT_THAT(told("ospfd", "10.10.10.10"), IsEmpty()) << "at the same moment";
  EXPECT_EQ(problems().size(), 1U);
}

TEST_F(RouterIdsTest, OneWithoutFaultIsForgottenInSilence) {
  EXPECT_THAT(told("ospfd", "192.168.100.2"), IsEmpty());
  EXPECT_THAT(notes(script_.wait(10min)), Not(Contains(HasSubstr("router id"))));
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(RouterIdsTest, EachDaemonIsTold) {
  told("bgpd", "10.10.10.10");
  told("ospf6d", "10.10.10.10");
  EXPECT_THAT(problems(),
              ElementsAre(HasSubstr("`bgp router-id A.B.C.D` under `router bgp …` (or"),
                          HasSubstr("`ospf6 router-id A.B.C.D` under `router ospf6` and `clear "
                                    "ipv6 ospf6 process` or a restart (or")));
}

TEST_F(RouterIdsTest, OneThatAnotherRouterUsesIsAProblem) {
  EXPECT_THAT(told("ospfd", "192.168.100.2", "the network LSA names it twice"),
              ElementsAre(StartsWith(
                  "ospfd's router id 192.168.100.2 is used by another router, too: the network LSA "
                  "names it twice; the two count as one, and each one's routes replace the "
                  "other's; give each node one of its own: `ospf router-id")));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("is used by another router, too")));
  script_.wait(1s);
  EXPECT_THAT(told("ospfd", "192.168.100.2"),
              ElementsAre("no longer so: ospfd's router id 192.168.100.2 is used by another "
                          "router, too"));
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(RouterIdsTest, ADaemonThatIsSilentForLongIsNoLongerSpokenFor) {
  told("ospfd", "10.10.10.10");
  script_.wait(1s);
  script_.feed(
      event::Observed{vip(), {SeenReach("ospfd", script_.now(), fail("ospfd did not answer"))}});
  EXPECT_EQ(problems().size(), 1U) << "silence cures nothing";
  EXPECT_THAT(notes(script_.wait(2min)),
              Contains("no longer known whether ospfd's router id 10.10.10.10 is a VIP"));
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(RouterIdsTest, AReloadThatMakesItAVipCounts) {
  told("ospfd", "10.10.10.11");
  EXPECT_THAT(problems(), IsEmpty());
  Config more = one_service();
  more.services[0].vips.push_back(vip("10.10.10.11"));
  script_.apply(more);
  EXPECT_THAT(problems(), ElementsAre(StartsWith("ospfd's router id 10.10.10.11 is a VIP")));
  script_.apply(one_service());
  EXPECT_THAT(problems(), IsEmpty());
}

Config in_blue() {
  Config config = one_service();
  config.services[0].vrf = "blue";
  return config;
}

class RouterIdsInAVrf : public RouterIdsTest {
 protected:
  RouterIdsInAVrf() : RouterIdsTest(in_blue()) {}
};

TEST_F(RouterIdsInAVrf, TheVrfIsNamed) {
  told("ospfd", "10.10.10.10");
  EXPECT_THAT(
      problems(),
      ElementsAre(testing::AllOf(
          StartsWith("ospfd's router id 10.10.10.10 in VRF blue is a VIP: "),
          HasSubstr("under `router ospf vrf blue` and `clear ip ospf process` or a restart (or `ip "
                    "router-id A.B.C.D vrf blue` in zebra"))));
}

}  // namespace
}  // namespace vipherd::core
