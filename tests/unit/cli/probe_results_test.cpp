#include "cli/probe_results.hpp"

#include <gmock/gmock.h>

namespace vipherd::cli {
namespace {

using namespace std::chrono_literals;

const WallTime kAsked{1769860800s};

/// A check whose last probe began so long after it was asked for.
model::CheckStatus check(const std::string& name, Duration begun, bool pass,
                         const std::string& reason) {
  model::CheckStatus status;
  status.name = name;
  status.last = model::CheckStatus::Last{pass, reason, 40ms, kAsked + begun + 40ms};
  return status;
}

model::Status status(std::vector<model::CheckStatus> checks) {
  model::Status status;
  status.services.resize(2);
  status.services[0].name = "dns";
  status.services[0].checks = {check("udp", -5s, false, "no answer within 300 ms")};
  status.services[1].name = "web";
  status.services[1].checks = std::move(checks);
  return status;
}

ProbeResults of_web(std::vector<model::CheckStatus> checks) {
  const std::vector<std::string> services{"web"};
  return probe_results(status(std::move(checks)), services, kAsked);
}

TEST(ProbeResults, PassIfEveryCheckDid) {
  auto warned = check("tls", 3ms, true, "certificate sound");
  warned.last->warning = "certificate of web.example expires in 2 days";
  warned.advisory = true;
  const ProbeResults results = of_web({check("http", 2ms, true, "status 200"), warned});
  EXPECT_TRUE(results.complete);
  EXPECT_TRUE(results.passed);
  EXPECT_EQ(render(results),
            "CHECK               RESULT  IN    WHY\n"
            "web/http            pass    40ms  status 200\n"
            "web/tls (advisory)  pass    40ms  certificate sound; WARNING: certificate of "
            "web.example expires in 2 days\n");
}

TEST(ProbeResults, FailIfOneFailed) {
  const ProbeResults results =
      of_web({check("http", 2ms, true, "status 200"), check("tcp", 2ms, false, "refused\x1b[31m")});
  EXPECT_TRUE(results.complete);
  EXPECT_FALSE(results.passed);
  EXPECT_THAT(render(results),
              testing::HasSubstr("web/tcp   FAIL    40ms  refused\xEF\xBF\xBD[31m\n"));
}

TEST(ProbeResults, AreNotThereOfAProbeThatWasUnderWay) {
  const ProbeResults results = of_web({check("http", -10ms, true, "status 200")});
  EXPECT_FALSE(results.complete);
  EXPECT_FALSE(results.passed);
  EXPECT_THAT(render(results), testing::HasSubstr("web/http  -       -   no result yet\n"));
}

TEST(ProbeResults, AllowForTimesThatWereCutOff) {
  EXPECT_TRUE(of_web({check("http", -999us, true, "status 200")}).complete);
}

TEST(ProbeResults, SayThatAServiceHasNoChecks) {
  const ProbeResults results = of_web({});
  EXPECT_TRUE(results.complete);
  EXPECT_TRUE(results.passed);
  EXPECT_THAT(render(results), testing::HasSubstr("no check runs"));
}

}  // namespace
}  // namespace vipherd::cli
