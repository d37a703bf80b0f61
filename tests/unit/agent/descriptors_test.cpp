#include "vipherd/agent/descriptors.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "vipherd/config/descriptors.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::agent {
namespace {

TEST(DescriptorLimit, IsRaisedAsFarAsAllowed) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 200;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_descriptor_limit(), before.rlim_max);
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(DescriptorShortage, NamesBothNumbersAndTheRemedy) {
  model::Config config;
  config.services.resize(1);
  config.services[0].checks.resize(1000);
  for (model::CheckConfig& check : config.services[0].checks) check.type = "tcp";
  const std::uint64_t needed = config::descriptors_needed(config, probe::check_schemas());
  EXPECT_GT(needed, 1000u);
  EXPECT_EQ(descriptor_shortage(config, needed), "");
  EXPECT_EQ(descriptor_shortage(config, 1024),
            "the configuration may need " + std::to_string(needed) +
                " file descriptors at once and the limit is 1024: checks will fail to run; raise "
                "LimitNOFILE= of the unit");
}

}  // namespace
}  // namespace vipherd::agent
