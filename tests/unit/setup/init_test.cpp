// vipherd init: what it prints is a configuration that is right, and is what was reviewed
// (tests/golden/setup). With VIPHERD_UPDATE=1 the golden files are written anew.
#include <gmock/gmock.h>

#include "unit/cli/run_command.hpp"
#include "unit/setup/golden.hpp"
#include "vipherd/config/load.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::setup {
namespace {

using Arguments = std::vector<std::string>;

struct InitCase {
  std::string file;
  Arguments arguments;
};

const InitCase kInitCases[] = {
    {"init_web.toml",
     {"--pool", "10.10.10.0/24,2001:db8:10::/64", "--vip", "10.10.10.10", "--vip",
      "2001:db8:10::10", "--http", "http://127.0.0.1/", "--unit", "nginx.service"}},
    {"init_https.toml",
     {"--pool", "10.10.10.0/24", "--vip", "10.10.10.10", "--http",
      "https://127.0.0.1/,http://127.0.0.1:8080/health", "--protocol", "ospf", "--service",
      "shop"}},
    {"init_dns.toml",
     {"--pool", "10.10.10.0/24", "--vip", "10.10.10.53", "--dns", "127.0.0.1", "--dns", "::1",
      "--dns-name", "example.com", "--unit", "nsd.service"}},
    {"init_unit.toml",
     {"--pool", "10.10.10.0/24", "--vip", "10.10.10.53", "--unit", "unbound.service", "--protocol",
      "bgp"}},
};

cli::Outcome run_init(Arguments arguments) {
  arguments.insert(arguments.begin(), "init");
  return cli::run(std::move(arguments));
}

TEST(Init, PrintsWhatWasReviewedAndIsRight) {
  for (const InitCase& each : kInitCases) {
    const cli::Outcome outcome = run_init(each.arguments);
    EXPECT_EQ(outcome.code, 0) << each.file << outcome.err;
    EXPECT_EQ(outcome.out, golden(each.file, outcome.out));
    const std::vector<config::Source> sources{{each.file, outcome.out}};
    const auto loaded = config::parse(sources, probe::check_schemas(), "lb1");
    EXPECT_TRUE(loaded.config.has_value()) << each.file;
  }
}

TEST(Init, SaysAllThatWouldBeWrongWithIt) {
  const cli::Outcome outcome =
      run_init({"--pool", "10.10.10.1/24", "--vip", "10.10.11.10", "--http", "ftp://127.0.0.1/"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, testing::HasSubstr("vips.pool"));
  EXPECT_THAT(outcome.err, testing::HasSubstr("url"));
}

TEST(Init, RefusesAVipOutsideThePool) {
  const cli::Outcome outcome =
      run_init({"--pool", "10.10.10.0/24", "--vip", "10.10.11.10", "--http", "http://127.0.0.1/"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err,
              testing::HasSubstr("expected an address of the pool (vips.pool), got 10.10.11.10"));
}

TEST(Init, AsksForWhatIsMissing) {
  const Arguments vip{"--pool", "10.10.10.0/24", "--vip", "10.10.10.10"};
  const auto with = [&](Arguments more) {
    more.insert(more.begin(), vip.begin(), vip.end());
    const cli::Outcome outcome = run_init(more);
    EXPECT_EQ(outcome.code, 2);
    return outcome.err;
  };
  EXPECT_THAT(with({}), testing::HasSubstr("what is to be checked?"));
  EXPECT_THAT(with({"--dns", "127.0.0.1"}), testing::HasSubstr("--dns-name NAME"));
  EXPECT_THAT(with({"--dns-name", "example.com", "--unit", "nsd.service"}),
              testing::HasSubstr("which server"));
  EXPECT_EQ(run_init({"--http", "http://127.0.0.1/"}).code, 2);
}

}  // namespace
}  // namespace vipherd::setup
