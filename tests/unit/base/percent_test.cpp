#include "vipherd/base/percent.hpp"

#include <gtest/gtest.h>

namespace vipherd {
namespace {

TEST(Percent, LeavesOneSegment) {
  EXPECT_EQ(percent_encode("web.1-a_~"), "web.1-a_~");
  EXPECT_EQ(percent_encode("2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(percent_encode("web/drain?force=1#%"), "web%2Fdrain%3Fforce%3D1%23%25");
  EXPECT_EQ(percent_encode(std::string_view("\0\xff\n", 3)), "%00%FF%0A");
}

TEST(Percent, IsDecodedOnce) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_decode("%252f%2f"), "%2f/");
  for (const char* text : {"%", "%4", "%zz", "a%-1", "a%+1", "% 1", "%4g"}) {
    EXPECT_EQ(percent_decode(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace vipherd
