#include "agent/requester.hpp"

#include <gmock/gmock.h>

namespace vipherd::agent {
namespace {

std::string name_of(std::uint32_t user, std::string_view login = "") {
  api::Request request{"POST", "/v1/drain", "", ""};
  request.user = user;
  request.login = login;
  return requester_of(request);
}

TEST(Requester, HasTheNameOfItsUser) {
  EXPECT_EQ(name_of(0), "root");
  EXPECT_EQ(name_of(1), "daemon");
  EXPECT_EQ(name_of(3'999'999'999), "user 3999999999");
}

TEST(Requester, WhoBecameRootIsNamedToo) {
  EXPECT_EQ(name_of(0, "alice"), "root for alice");
  EXPECT_EQ(name_of(0, "root"), "root");
  EXPECT_EQ(name_of(0, "ali\nce"), "root for ali ce");
  EXPECT_LT(name_of(0, std::string(1000, 'x')).size(), 100u);
}

TEST(Requester, IsNotKnownOverTcp) {
  api::Request request{"POST", "/v1/drain", "", ""};
  request.login = "alice";
  EXPECT_EQ(requester_of(request), "");
}

}  // namespace
}  // namespace vipherd::agent
