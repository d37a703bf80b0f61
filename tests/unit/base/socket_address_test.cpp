#include "vipherd/base/socket_address.hpp"

#include <gtest/gtest.h>

namespace vipherd {
namespace {

TEST(SocketAddress, IsParsedAndWrittenAlike) {
  for (const char* text : {"127.0.0.1:80", "[::1]:53", "10.10.10.10:65535"}) {
    const auto parsed = SocketAddress::parse(text);
    ASSERT_TRUE(parsed) << parsed.error().what;
    EXPECT_EQ(parsed->to_string(), text);
  }
  EXPECT_EQ(SocketAddress::parse("[::1]:53").value(),
            (SocketAddress{IpAddress::parse("::1").value(), 53}));
}

TEST(SocketAddress, RefusesWhatIsNoNumericAddressWithAPort) {
  for (const std::string text :
       {"", "127.0.0.1", "localhost:80", "::1:80", "[127.0.0.1]:80", "127.0.0.1:0",
        "127.0.0.1:65536", "127.0.0.1:80x", "127.0.0.1:-1", "127.0.0.1:", "[::1]", ":80"}) {
    const auto parsed = SocketAddress::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().what,
              "expected an address with a port such as \"127.0.0.1:80\" or \"[::1]:80\", got \"" +
                  text + "\"");
  }
}

}  // namespace
}  // namespace vipherd
