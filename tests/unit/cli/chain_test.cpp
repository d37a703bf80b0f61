#include "cli/chain.hpp"

#include <gmock/gmock.h>

namespace vipherd::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr WallTime kSeen{std::chrono::seconds(1'000'000)};

model::Status healthy() {
  model::Status status;
  status.node = "lb1";
  status.zebra.state = model::ZebraConnection::connected;
  model::ServiceStatus web;
  web.name = "web";
  web.health = {model::ServiceHealth::up, {}, "1 of 1 checks up"};
  model::CheckStatus http;
  http.name = "http";
  http.health = {model::CheckHealth::up, {}, "status 200"};
  web.checks = {http};
  status.services = {web};
  model::VipStatus vip;
  vip.vip = "10.10.10.10";
  vip.service = "web";
  vip.attached.state = model::AttachStep::attached;
  vip.announced.state = model::RouteStep::announced;
  vip.daemons = {{"bgpd", kSeen, model::Reach{true, {"192.168.100.1"}, std::nullopt, ""}},
                 {"ospfd", kSeen, model::Reach{true, {"1.1.1.1"}, 1, ""}}};
  status.vips = {vip};
  return status;
}

TEST(ExplainRelay, IsALinkThatBreaksNothing) {
  model::Status status = healthy();
  status.relay = model::RelayStatus{.state = {model::RelayState::working, {}, ""}};
  status.relay->siblings = {{"192.0.2.2", {model::SiblingState::alive, {}, ""}},
                            {"192.0.2.3", {model::SiblingState::silent, {}, ""}},
                            {"2001:db8::2", {model::SiblingState::alive, {}, ""}}};
  Chain chain = chain_of(status, "10.10.10.10");
  EXPECT_EQ(chain.links.back().name, "relay");
  EXPECT_EQ(chain.links.back().fact.reason,
            "1 of 2 siblings alive: what they have of its connections is passed on to them");
  EXPECT_TRUE(chain.whole);
  status.relay->state = {model::RelayState::failed, {}, "no rights"};
  chain = chain_of(status, "10.10.10.10");
  EXPECT_EQ(chain.links.back().fact.reason, "no rights");
  EXPECT_TRUE(chain.whole);
}

std::vector<std::string> broken(const Chain& chain) {
  std::vector<std::string> names;
  for (const Link& link : chain.links) {
    if (link.state == LinkState::broken) names.push_back(link.name);
  }
  return names;
}

TEST(Chain, GoesFromTheConfigurationToTheNeighbours) {
  const model::Status status = healthy();
  const Chain chain = chain_of(status, "10.10.10.10");
  EXPECT_TRUE(chain.whole);
  std::vector<std::string> names;
  for (const Link& link : chain.links) names.push_back(link.name);
  EXPECT_THAT(names, ElementsAre("configuration", "check web/http", "service web",
                                 "local on this node", "FRR", "route in zebra", "bgpd", "ospfd"));
  const std::string text = render(chain, status);
  EXPECT_THAT(text, HasSubstr("10.10.10.10 on lb1: path complete\n"));
  EXPECT_THAT(text, HasSubstr("1.1.1.1; announced by 1 other node\n"));
  EXPECT_THAT(text, HasSubstr("SEEN"));
}

TEST(Chain, MarksTheFirstBrokenLinkAlone) {
  model::Status status = healthy();
  status.services[0].checks[0].health = {model::CheckHealth::down, {}, "connect refused"};
  status.services[0].health = {model::ServiceHealth::down, {}, "check http: connect refused"};
  status.vips[0].attached.state = model::AttachStep::detached;
  status.vips[0].announced.state = model::RouteStep::withdrawn;
  const Chain chain = chain_of(status, "10.10.10.10");
  EXPECT_FALSE(chain.whole);
  EXPECT_THAT(broken(chain), ElementsAre("check web/http"));
  EXPECT_THAT(render(chain, status), HasSubstr("stops at check web/http"));
}

TEST(Chain, IsNotBrokenByAnAdvisoryCheck) {
  model::Status status = healthy();
  status.services[0].checks[0].advisory = true;
  status.services[0].checks[0].health.state = model::CheckHealth::down;
  EXPECT_TRUE(chain_of(status, "10.10.10.10").whole);
}

TEST(Chain, BreaksWhereADaemonAdvertisesItToNobody) {
  model::Status status = healthy();
  status.vips[0].daemons[0] = {
      "bgpd", kSeen,
      model::Reach{true, {}, std::nullopt, "no BGP session is established (192.168.100.1 Active)"}};
  EXPECT_THAT(broken(chain_of(status, "10.10.10.10")), ElementsAre("bgpd"));
}

TEST(Chain, IsNeitherWholeNorBrokenWhereADaemonDoesNotAnswer) {
  model::Status status = healthy();
  status.vips[0].daemons[0] = {"bgpd", kSeen, fail("bgpd did not answer within 1s")};
  const Chain chain = chain_of(status, "10.10.10.10");
  EXPECT_FALSE(chain.whole);
  EXPECT_THAT(broken(chain), testing::IsEmpty());
  EXPECT_THAT(render(chain, status), HasSubstr("10.10.10.10 on lb1: not known at bgpd\n"));
}

TEST(Chain, BreaksAtADrain) {
  model::Status status = healthy();
  status.vips[0].drain =
      model::DrainStatus{{model::DrainStep::leaving, {}, "the operator drains it"}, 3};
  const Chain chain = chain_of(status, "10.10.10.10");
  EXPECT_THAT(broken(chain), ElementsAre("drain"));
  EXPECT_THAT(render(chain, status), HasSubstr("connections left: 3"));
}

TEST(Chain, OfAnUnknownVipEndsAtOnce) {
  EXPECT_THAT(broken(chain_of(healthy(), "10.10.10.99")), ElementsAre("configuration"));
}

}  // namespace
}  // namespace vipherd::cli
