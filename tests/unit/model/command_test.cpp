#include "vipherd/model/command.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace vipherd::model {
namespace {

const scope::Service kWeb{"web"};

template <std::size_t... Index>
std::set<std::string_view> names_of_all(std::index_sequence<Index...>) {
  return {std::variant_alternative_t<Index, Command>::kName...};
}

TEST(Command, HasANameOfItsOwn) {
  constexpr std::size_t kCommands = std::variant_size_v<Command>;
  EXPECT_EQ(names_of_all(std::make_index_sequence<kCommands>{}).size(), kCommands);
  EXPECT_EQ(name_of(command::ClearDamping{kWeb}), "clear-damping");
}

TEST(Command, SaysWhatItIsAbout) {
  EXPECT_EQ(scope_of(command::Disable{kWeb}), Scope(kWeb));
  EXPECT_EQ(scope_of(command::Probe{kWeb}), Scope(kWeb));
  EXPECT_EQ(scope_of(command::Probe{scope::Node{}}), Scope(scope::Node{}));
  const scope::Vip vip{IpAddress::parse("10.10.10.10").value()};
  EXPECT_EQ(scope_of(command::Drain{vip}), Scope(vip));
}

/// Only what makes sense can be built.
TEST(Command, IsAboutWhatHasIt) {
  static_assert(!std::is_constructible_v<scope::Service, scope::Node>);
  static_assert(!std::is_constructible_v<decltype(command::Weight::scope), scope::Vip>);
  static_assert(!std::is_constructible_v<decltype(command::Disable::scope), scope::Vip>);
  static_assert(std::is_constructible_v<decltype(command::Resume::scope), scope::Vip>);
}

TEST(Command, IsRememberedIfItLastsUntilItsOpposite) {
  EXPECT_TRUE(is_remembered(command::Drain{kWeb}));
  EXPECT_TRUE(is_remembered(command::Weight{kWeb}));
  EXPECT_FALSE(is_remembered(command::Probe{kWeb}));
  EXPECT_FALSE(is_remembered(command::ClearDamping{kWeb}));
}

}  // namespace
}  // namespace vipherd::model
