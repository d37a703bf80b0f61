#include "vipherd/wire/zapi/dialect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace vipherd::wire::zapi {
namespace {

using Replies = std::vector<ProbeReply>;

constexpr std::uint32_t kEndVrf = 0xfffffff0;

/// What a zebra answers to the probe that refuses `refusals` messages by command `error`.
Replies answers(std::size_t refusals, std::uint16_t error) {
  Replies replies(refusals, ProbeReply{0, error, 2});
  replies.push_back({kEndVrf, error, 1});
  return replies;
}

TEST(ZapiDialect, OfDebian12IsFound) {
  const auto dialect = identify_dialect(answers(2, 118));
  ASSERT_TRUE(dialect && *dialect);
  EXPECT_EQ((*dialect)->versions, "8.2 to 9.0");
  EXPECT_EQ(*confirm_dialect(**dialect, 10), **dialect);
}

TEST(ZapiDialect, IsNotDecidedBeforeTheLastAnswer) {
  EXPECT_EQ(*identify_dialect({}), std::nullopt);
  Replies replies = answers(2, 118);
  replies.pop_back();
  EXPECT_EQ(*identify_dialect(replies), std::nullopt) << "two refusals";
  replies.pop_back();
  EXPECT_EQ(*identify_dialect(replies), std::nullopt) << "one refusal: might still be 10.0";
}

// ---- what each FRR answers to the probe and to HELLO

struct Zebra {
  const char* versions;
  std::size_t refusals;
  std::uint16_t error;
  std::size_t capabilities;
};
class ZapiDialectOf : public testing::TestWithParam<Zebra> {};

TEST_P(ZapiDialectOf, IsFoundByProbeAndCapabilities) {
  const Zebra& zebra = GetParam();
  const auto probed = identify_dialect(answers(zebra.refusals, zebra.error));
  ASSERT_TRUE(probed && *probed);
  const auto confirmed = confirm_dialect(**probed, zebra.capabilities);
  ASSERT_TRUE(confirmed);
  EXPECT_EQ(confirmed->versions, zebra.versions);
  // HELLO goes out before the capabilities are known: rows of one fingerprint must agree on it.
  EXPECT_EQ((*probed)->hello, confirmed->hello);
  EXPECT_EQ((*probed)->capabilities, confirmed->capabilities);
  EXPECT_EQ((*probed)->hello_has_notify, confirmed->hello_has_notify);
  EXPECT_EQ((*probed)->route_notify_request, confirmed->route_notify_request);
  EXPECT_EQ((*probed)->openfabric, confirmed->openfabric);
  EXPECT_EQ((*probed)->babel, confirmed->babel);
}

INSTANTIATE_TEST_SUITE_P(Frr, ZapiDialectOf,
                         testing::Values(Zebra{"7.5", 2, 112, 10}, Zebra{"8.0", 2, 117, 10},
                                         Zebra{"8.1", 2, 121, 10}, Zebra{"8.2 to 9.0", 2, 118, 10},
                                         Zebra{"9.1", 2, 117, 11},
                                         Zebra{"10.0 to 10.1", 1, 118, 11},
                                         Zebra{"10.2 to 10.5", 1, 120, 12},
                                         Zebra{"10.6 to 10.7", 1, 120, 9}));

constexpr const char* kWayOut =
    ": not FRR 7.5 to 10.7; if it is newer, frr.dialect = \"10.7\" speaks to it as to 10.7";

TEST(ZapiDialect, AnUnknownZebraIsRefusedWithTheWayOut) {
  for (const auto& [refusals, error] : {std::pair{2, 99}, {0, 118}, {1, 121}, {1, 119}}) {
    const auto dialect = identify_dialect(
        answers(static_cast<std::size_t>(refusals), static_cast<std::uint16_t>(error)));
    ASSERT_FALSE(dialect) << refusals << " by " << error;
    EXPECT_EQ(dialect.error().what, "zebra refused " + std::to_string(refusals) +
                                        " messages of the ZAPI probe by command " +
                                        std::to_string(error) + kWayOut);
  }
}

// ---- by name

TEST(ZapiDialect, EveryVersionHasExactlyOneRow) {
  std::vector<std::string> listed;
  for (const Dialect& row : dialects()) {
    std::istringstream each{std::string(row.each)};
    for (std::string version; each >> version;) {
      listed.push_back(version);
      EXPECT_EQ(find_dialect(version), row) << version;
    }
    EXPECT_TRUE(row.versions.starts_with(row.each.substr(0, row.each.find(' '))));
    EXPECT_TRUE(row.versions.ends_with(listed.back()));
  }
  EXPECT_THAT(listed, testing::UnorderedElementsAreArray(model::kFrrVersions));
}

TEST(ZapiDialect, OfNoVersionIsNone) {
  for (const char* version : {"", "8", "8.", "8.6", "10.71", "10", " ", "8.2 8.3", "8.2 to 9.0"}) {
    EXPECT_EQ(find_dialect(version), std::nullopt) << version;
  }
}

TEST(ZapiDialect, TheProbeEndsWithTheAnswerForTheUnknownVrf) {
  EXPECT_TRUE(ends_probe({kEndVrf, 4711, 1}));
  EXPECT_FALSE(ends_probe({0, 4711, 2}));
}

TEST(ZapiDialect, RefusesAnswersThatNoZebraGives) {
  EXPECT_FALSE(identify_dialect(Replies{{0, 118, 2}, {0, 117, 2}}));
  EXPECT_FALSE(identify_dialect(Replies{{0, 118, 1}}));
  EXPECT_FALSE(identify_dialect(Replies(3, {0, 118, 2})));
}

TEST(ZapiDialect, IsConfirmedByTheSizeOfCapabilities) {
  const Dialect dialect = **identify_dialect(answers(2, 118));
  const auto confirmed = confirm_dialect(dialect, 11);
  ASSERT_FALSE(confirmed);
  EXPECT_EQ(
      confirmed.error().what,
      std::string("zebra looked like FRR 8.2 to 9.0 but sent 11 bytes of capabilities") + kWayOut);
}

TEST(ZapiDialect, NoTwoRowsLookAlike) {
  for (const Dialect& one : dialects()) {
    for (const Dialect& other : dialects()) {
      if (&one == &other) continue;
      EXPECT_FALSE(one.probe_refusals == other.probe_refusals && one.error == other.error &&
                   one.capabilities_size == other.capabilities_size)
          << one.versions << " and " << other.versions;
    }
  }
}

TEST(ZapiDialect, RouteTypesHaveTheNumbersOfTheRow) {
  const Dialect dialect = **identify_dialect(answers(2, 118));
  EXPECT_EQ(route_type_number(dialect, model::RouteType::openfabric), 26);
  EXPECT_EQ(route_type_number(dialect, model::RouteType::babel), 22);
  // LOCAL was inserted before both in 10.0.
  EXPECT_EQ(route_type_number(*find_dialect("10.0"), model::RouteType::openfabric), 27);
  EXPECT_EQ(route_type_number(*find_dialect("10.7"), model::RouteType::babel), 23);
}

}  // namespace
}  // namespace vipherd::wire::zapi
