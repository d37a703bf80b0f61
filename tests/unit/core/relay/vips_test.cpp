// Which VIPs the relay is told of, and when; tests/sim holds the rules over all histories.
#include <gmock/gmock.h>

#include "unit/core/script.hpp"

namespace vipherd::core {
namespace {

using model::KernelRoute;
using testing::ElementsAre;
using testing::IsEmpty;

model::Config with_relay() {
  model::Config config = one_service();
  config.relay = model::RelayConfig{.siblings = {vip("192.0.2.1"), vip("192.0.2.2")}};
  return config;
}

/// What the relay was told; nothing: not a word.
std::optional<std::vector<IpAddress>> told_relay(const model::Actions& actions) {
  for (const model::Action& action : actions) {
    if (const auto* relay = std::get_if<model::action::Relay>(&action)) return relay->vips;
  }
  return std::nullopt;
}

TEST(RelayedVips, AreNoneOnceTheKernelIsKnown) {
  Script script(with_relay());
  EXPECT_THAT(told_relay(script.snapshot()), testing::Optional(IsEmpty()));
}

TEST(RelayedVips, ArePartOfNothingWithoutARelay) {
  Script script(one_service());
  EXPECT_EQ(told_relay(script.snapshot({{vip(), KernelRoute::ours}})), std::nullopt);
}

TEST(RelayedVips, AreThoseThatAPredecessorLeft) {
  Script script(with_relay());
  const auto actions = script.snapshot({{vip(), KernelRoute::ours}});
  EXPECT_THAT(told_relay(actions), testing::Optional(ElementsAre(vip())));
}

TEST(RelayedVips, AreToldFirstAndOnlyWhenTheyChange) {
  Script script(with_relay());
  script.snapshot();
  const auto attached = script.feed(model::event::KernelChanged{{vip(), KernelRoute::ours}});
  ASSERT_FALSE(attached.empty());
  EXPECT_TRUE(std::holds_alternative<model::action::Relay>(attached.front()));
  EXPECT_EQ(told_relay(script.feed(model::event::KernelChanged{{vip(), KernelRoute::ours}})),
            std::nullopt);
  EXPECT_THAT(told_relay(script.feed(model::event::KernelChanged{{vip(), KernelRoute::absent}})),
              testing::Optional(IsEmpty()));
}

TEST(RelayedVips, AreToldAnewOfARelayThatAReloadBrings) {
  Script script(one_service());
  script.snapshot({{vip(), KernelRoute::ours}});
  EXPECT_THAT(told_relay(script.apply(with_relay())), testing::Optional(ElementsAre(vip())));
  EXPECT_EQ(told_relay(script.apply(one_service())), std::nullopt);
  EXPECT_THAT(told_relay(script.apply(with_relay())), testing::Optional(ElementsAre(vip())));
}

}  // namespace
}  // namespace vipherd::core
