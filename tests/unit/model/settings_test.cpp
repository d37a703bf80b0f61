// What settings are equal, and what comes out of what was prepared.
#include "vipherd/model/settings.hpp"

#include <gmock/gmock.h>

namespace vipherd::model {
namespace {

TEST(CheckSettings, AreEqualIfTheSameWasGiven) {
  const Settings given{{"port", std::int64_t{80}}};
  const CheckSettings one{given, Prepared::of(80), std::nullopt};
  const CheckSettings other{given, Prepared::of(80), std::nullopt};
  EXPECT_EQ(one, other) << "although each has been prepared by itself";
  EXPECT_NE(one, (CheckSettings{{{"port", std::int64_t{81}}}}));
}

TEST(Prepared, IsSharedByCopies) {
  const Prepared one = Prepared::of(std::string("a value"));
  const Prepared copy = one;
  EXPECT_EQ(*copy.as<std::string>(), "a value");
  EXPECT_EQ(copy.as<std::string>(), one.as<std::string>());
}

TEST(PreparedDeathTest, IsOfTheTypeThatWasPutIn) {
  const Prepared number = Prepared::of(80);
  EXPECT_DEATH(static_cast<void>(number.as<std::string>()), "typeid");
  EXPECT_DEATH(static_cast<void>(Prepared().as<int>()), "type_ != nullptr");
}

}  // namespace
}  // namespace vipherd::model
