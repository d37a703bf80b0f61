#include "vipherd/kernel/own_addresses.hpp"

#include <gmock/gmock.h>

namespace vipherd::kernel {
namespace {

IpAddress parsed(const char* text) { return IpAddress::parse(text).value(); }

TEST(OwnAddresses, AreThoseThatAreLocalHere) {
  // 192.0.2.0/24 and 2001:db8::/32 are for documentation: no machine has one of them.
  const auto own =
      own_among({parsed("192.0.2.77"), parsed("127.0.0.1"), parsed("2001:db8::77"), parsed("::1")});
  ASSERT_TRUE(own) << own.error().what;
  EXPECT_THAT(*own, ::testing::ElementsAre(parsed("127.0.0.1"), parsed("::1")));
  EXPECT_THAT(own_among({}).value(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace vipherd::kernel
