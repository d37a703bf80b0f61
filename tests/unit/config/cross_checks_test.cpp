// Values that are right alone and wrong together, with the real kinds of checks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vipherd/config/load.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::config {
namespace {

std::vector<std::string> faults(const std::string& attach, const std::string& check) {
  const std::vector<Source> sources{
      {"f", "vips.pool = [\"10.10.10.0/24\", \"2001:db8::/64\"]\n[services.web]\n" + attach +
                "\nvips = [\"10.10.10.10\", \"2001:db8::10\"]\n[services.web.checks.c]\n" + check}};
  std::vector<std::string> texts;
  for (const Fault& fault : parse(sources, probe::check_schemas(), "host").faults) {
    texts.push_back(to_string(fault));
  }
  return texts;
}

TEST(Target, ADetachedVipWouldBeAnsweredByAnotherNode) {
  EXPECT_THAT(faults("", "type = \"tcp\"\naddress = \"10.10.10.10:80\"\n"),
              testing::ElementsAre("f:5:22: services.web.checks.c: connects to the VIP 10.10.10.10, "
                                   "which other nodes answer while it is detached here: expected "
                                   "attach = \"always\" in services.web"));
  for (const char* check : {"type = \"http\"\nurl = \"http://[2001:db8::10]/\"\n",
                            "type = \"http\"\nurl = \"http://web.example/\"\n"
                            "connect_to = \"10.10.10.10:80\"\n"}) {
    EXPECT_EQ(faults("attach = \"when-up\"", check).size(), 1U) << check;
  }
}

TEST(Target, ElsewhereOrAlwaysAttachedIsFine) {
  EXPECT_THAT(faults("attach = \"always\"", "type = \"tcp\"\naddress = \"10.10.10.10:80\"\n"),
              testing::IsEmpty());
  for (const char* check : {"type = \"tcp\"\naddress = \"127.0.0.1:80\"\n",
                            "type = \"http\"\nurl = \"http://10.10.10.11/\"\n",
                            "type = \"http\"\nurl = \"http://10.10.10.10/\"\n"
                            "connect_to = \"127.0.0.1:80\"\n"}) {
    EXPECT_THAT(faults("", check), testing::IsEmpty()) << check;
  }
}

TEST(Target, IsNotJudgedWhenTheCheckIsFaulty) {
  EXPECT_EQ(faults("", "type = \"tcp\"\naddress = \"10.10.10.10\"\n").size(), 1U);
  EXPECT_EQ(faults("", "type = \"tcp\"\n").size(), 1U);
  EXPECT_EQ(faults("", "type = \"nonsense\"\naddress = \"10.10.10.10:80\"\n").size(), 1U);
}

TEST(TimeToStop, IsLongerThanTheDelayBeforeDetaching) {
  const auto faults_of = [](const std::string& head) {
    const std::vector<Source> sources{
        {"f", head + "[services.web]\nvips = [\"10.10.10.10\"]\n[services.web.checks.c]\n"
                     "type = \"tcp\"\naddress = \"127.0.0.1:80\"\n"}};
    std::vector<std::string> texts;
    for (const Fault& fault : parse(sources, probe::check_schemas(), "host").faults) {
      texts.push_back(to_string(fault));
    }
    return texts;
  };
  EXPECT_THAT(faults_of("node.shutdown_timeout = \"1s\"\nvips.pool = [\"10.10.10.0/24\"]\n"),
              testing::ElementsAre("f:1:25: node.shutdown_timeout: expected more than "
                                   "vips.detach_delay (1s)"));
  EXPECT_THAT(faults_of("vips.detach_delay = \"20s\"\nvips.pool = [\"10.10.10.0/24\"]\n"),
              testing::ElementsAre("f:1:21: vips.detach_delay: expected less than "
                                   "node.shutdown_timeout (10s)"));
}

}  // namespace
}  // namespace vipherd::config
