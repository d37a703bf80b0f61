#include "agent/requester.hpp"

#include <gmock/gmock.h>

namespace vipherd::agent {
namespace {

constexpr const char* kUsers =
    "root:x:0:0:root:/root:/bin/bash\n\nbroken\nalice:x:1000:1000::/home/alice:/bin/bash\n"
    "bob:x:1001:1001::/home/bob:/bin/bash";

TEST(Requester, HasTheNameOfItsUser) {
  EXPECT_EQ(name_of(1000, "", kUsers), "alice");
  EXPECT_EQ(name_of(1001, "", kUsers), "bob") << "in the last line";
  EXPECT_EQ(name_of(1042, "", kUsers), "user 1042");
  EXPECT_EQ(name_of(0, "", ""), "user 0");
}

TEST(Requester, WhoBecameRootIsNamedToo) {
  EXPECT_EQ(name_of(0, "alice", kUsers), "root for alice");
  EXPECT_EQ(name_of(1000, "alice", kUsers), "alice");
  EXPECT_EQ(name_of(0, "ali\nce", kUsers), "root for ali ce");
  EXPECT_LT(name_of(0, std::string(1000, 'x'), kUsers).size(), 100u);
}

TEST(Requester, IsLookedUp) {
  api::Request request{"POST", "/v1/drain", "", ""};
  EXPECT_EQ(requester_of(request), "") << "over TCP";
  request.user = 0;
  EXPECT_EQ(requester_of(request), "root");
}

}  // namespace
}  // namespace vipherd::agent
