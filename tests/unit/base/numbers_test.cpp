#include "vipherd/base/numbers.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace vipherd {
namespace {

TEST(Numbers, AreTheWholeText) {
  EXPECT_EQ(parse_number<std::uint8_t>("255"), 255);
  EXPECT_EQ(parse_number<std::int64_t>("-5"), -5);
  EXPECT_EQ(parse_number<std::uint8_t>("2f", 16), 0x2f);
  for (const char* text :
       {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "1e3", "256", "one", "99999999999999999999999"}) {
    EXPECT_FALSE(parse_number<std::uint8_t>(text)) << text;
  }
}

TEST(Numbers, ThatDoNotFitCutNothingOff) {
  std::string_view text = "12 of 300";
  EXPECT_EQ(take_number<std::uint8_t>(text), 12);
  EXPECT_EQ(text, " of 300");
  text.remove_prefix(4);
  EXPECT_FALSE(take_number<std::uint8_t>(text));
  EXPECT_EQ(text, "300");
}

}  // namespace
}  // namespace vipherd
