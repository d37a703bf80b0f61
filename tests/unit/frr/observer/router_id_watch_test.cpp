// When it is certain that another router uses the id, from what was recorded of FRR 8.4.4, and when
// it only looks so.
#include "frr/observer/router_id_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vipherd::frr {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using wire::vty::AreaKind;
using wire::vty::OspfNeighbour;
using wire::vty::TopologyLsa;

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

const IpAddress kOwn = ip("192.168.100.2");

OspfNeighbour neighbour(seconds stands_for, const char* state = "Full") {
  OspfNeighbour router{"192.168.100.1", "eth1", state};
  router.designated = ip("192.168.100.1");
  router.stands_for = stands_for;
  return router;
}

TopologyLsa network(std::vector<IpAddress> routers) {
  return {.router = ip("192.168.100.1"), .network = true, .age = 69, .routers = std::move(routers)};
}
TopologyLsa own_lsa(std::uint32_t age, const char* content = "to 192.168.100.1",
                    const char* designated = "192.168.100.1") {
  return {.router = kOwn, .age = age, .content = content, .designated = {ip(designated)}};
}

/// Reads the same again and again, every 5 s.
class RouterIdWatchTest : public testing::Test {
 protected:
  void take(const std::vector<TopologyLsa>& own, const std::vector<TopologyLsa>& others,
            const IpAddress& id = kOwn) {
    const std::vector<OspfNeighbour> neighbours{neighbour(stands_for_)};
    watch_.take(id, {.neighbours = neighbours, .own = own, .others = others});
    stands_for_ += seconds(5);
  }
  void take_for(seconds time, const std::vector<TopologyLsa>& own,
                const std::vector<TopologyLsa>& others) {
    for (seconds passed{}; passed <= time; passed += seconds(5)) take(own, others);
  }
  const std::vector<TopologyLsa> doubled_{network({ip("192.168.100.1"), kOwn, kOwn})};
  const std::vector<TopologyLsa> single_{network({ip("192.168.100.1"), kOwn})};
  const std::vector<TopologyLsa> calm_{own_lsa(600)};
  const std::vector<TopologyLsa> young_{own_lsa(2)};
  seconds stands_for_{300};
  RouterIdWatch watch_;
};

TEST_F(RouterIdWatchTest, NothingIsSaidOfWhatIsAsItShouldBe) {
  take_for(seconds(300), calm_, single_);
  EXPECT_THAT(watch_.shared(), IsEmpty());
}

TEST_F(RouterIdWatchTest, ANetworkLsaThatNamesItTwiceForLong) {
  take_for(seconds(40), calm_, doubled_);
  EXPECT_THAT(watch_.shared(), IsEmpty()) << "the router may hold what was";
  take(calm_, doubled_);
  EXPECT_EQ(watch_.shared(),
            "the network LSA of the designated router 192.168.100.1 names it 2 times");
  take(calm_, single_);
  EXPECT_THAT(watch_.shared(), IsEmpty());
}

TEST_F(RouterIdWatchTest, WhatShowsNowAndThenIsNotCertain) {
  for (int turn = 0; turn < 10; ++turn) {
    take_for(seconds(30), calm_, doubled_);
    take(calm_, single_);
    EXPECT_THAT(watch_.shared(), IsEmpty());
  }
  for (int turn = 0; turn < 10; ++turn) {
    take(calm_, doubled_);
    stands_for_ += seconds(60);  // not looked at in between
    EXPECT_THAT(watch_.shared(), IsEmpty());
  }
}

TEST_F(RouterIdWatchTest, AnAdjacencyThatBeginsAnewBeginsTheWhileAnew) {
  take_for(seconds(40), calm_, doubled_);
  stands_for_ = seconds(1);
  take_for(seconds(40), calm_, doubled_);
  EXPECT_THAT(watch_.shared(), IsEmpty());
}

TEST_F(RouterIdWatchTest, AnLsaThatNeverGrowsOldThoughNothingChanges) {
  take_for(seconds(60), young_, single_);
  EXPECT_THAT(watch_.shared(), HasSubstr("is originated anew all the time"));
  take(calm_, single_);
  EXPECT_THAT(watch_.shared(), IsEmpty());
}

TEST_F(RouterIdWatchTest, TheOtherRoutersLsaInBetweenIsPartOfIt) {
  const std::vector<TopologyLsa> strange{own_lsa(4, "to 192.168.101.1", "192.168.101.1")};
  for (int turn = 0; turn < 8; ++turn) {
    take(young_, single_);
    take(strange, single_);
  }
  EXPECT_THAT(watch_.shared(), HasSubstr("is originated anew all the time"));
}

TEST_F(RouterIdWatchTest, AnLsaThatChangesHasItsReason) {
  for (int turn = 0; turn < 12; ++turn) {
    take({own_lsa(2, "eth9 is up")}, single_);
    take({own_lsa(2, "eth9 is down")}, single_);
  }
  EXPECT_THAT(watch_.shared(), IsEmpty());
}

TEST_F(RouterIdWatchTest, AnAdjacencyThatIsYoungIsAReason) {
  for (int turn = 0; turn < 12; ++turn) {
    stands_for_ = seconds(turn % 2);
    take(young_, single_);
    EXPECT_THAT(watch_.shared(), IsEmpty());
  }
}

TEST_F(RouterIdWatchTest, PointToPointLinksOfOthersAreCounted) {
  const auto with_links = [](std::size_t count) {
    return std::vector<TopologyLsa>{
        {.router = ip("192.168.100.1"), .age = 69, .routers = std::vector<IpAddress>(count, kOwn)}};
  };
  take_for(seconds(60), calm_, with_links(1));
  EXPECT_THAT(watch_.shared(), IsEmpty());
  take_for(seconds(60), calm_, with_links(2));
  EXPECT_EQ(watch_.shared(),
            "the router LSA of 192.168.100.1 has 2 point-to-point links to it, of which this node "
            "has 1");
}

TEST_F(RouterIdWatchTest, AnotherIdBeginsAnew) {
  take_for(seconds(60), calm_, doubled_);
  EXPECT_THAT(watch_.shared(), Not(IsEmpty()));
  take(calm_, doubled_, ip("192.168.100.9"));
  EXPECT_THAT(watch_.shared(), IsEmpty());
}

TEST_F(RouterIdWatchTest, WithoutAFullAdjacencyNothingIsKnown) {
  take_for(seconds(60), calm_, doubled_);
  const std::vector<OspfNeighbour> loading{neighbour(seconds(400), "ExStart")};
  watch_.take(kOwn, {.neighbours = loading, .own = calm_, .others = doubled_});
  EXPECT_THAT(watch_.shared(), IsEmpty());
}

}  // namespace
}  // namespace vipherd::frr
