#include "vipherd/wire/zapi_dialect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace vipherd::wire::zapi {
namespace {

using testing::HasSubstr;
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

struct Refusal {
  std::size_t refusals;
  std::uint16_t error;
  const char* sentence;
};
class ZapiDialectRefused : public testing::TestWithParam<Refusal> {};

TEST_P(ZapiDialectRefused, NamesTheVersions) {
  const auto dialect = identify_dialect(answers(GetParam().refusals, GetParam().error));
  ASSERT_FALSE(dialect);
  EXPECT_EQ(dialect.error().what, GetParam().sentence);
}

INSTANTIATE_TEST_SUITE_P(
    Versions, ZapiDialectRefused,
    testing::Values(
        Refusal{2, 112,
                "this zebra is FRR 7.5, which is not supported; supported is FRR 8.2 to 9.0"},
        Refusal{
            2, 117,
            "this zebra is FRR 8.0 or 9.1, which is not supported; supported is FRR 8.2 to 9.0"},
        Refusal{2, 121,
                "this zebra is FRR 8.1, which is not supported; supported is FRR 8.2 to 9.0"},
        Refusal{
            1, 118,
            "this zebra is FRR 10.0 to 10.1, which is not supported; supported is FRR 8.2 to 9.0"},
        Refusal{1, 120,
                "this zebra is FRR 10.2 to 10.5 or 10.6 to 10.7, which is not supported; supported "
                "is FRR 8.2 to 9.0"},
        Refusal{2, 99,
                "zebra refused 2 messages of the ZAPI probe by command 99: not a known FRR; "
                "supported is FRR 8.2 to 9.0"},
        Refusal{0, 118,
                "zebra refused 0 messages of the ZAPI probe by command 118: not a known FRR; "
                "supported is FRR 8.2 to 9.0"}));

TEST(ZapiDialect, RefusesAnswersThatNoZebraGives) {
  EXPECT_FALSE(identify_dialect(Replies{{0, 118, 2}, {0, 117, 2}}));
  EXPECT_FALSE(identify_dialect(Replies{{0, 118, 1}}));
  EXPECT_FALSE(identify_dialect(Replies(3, {0, 118, 2})));
}

TEST(ZapiDialect, IsConfirmedByTheSizeOfCapabilities) {
  const Dialect dialect = **identify_dialect(answers(2, 118));
  const auto confirmed = confirm_dialect(dialect, 11);
  ASSERT_FALSE(confirmed);
  EXPECT_THAT(confirmed.error().what, HasSubstr("looked like FRR 8.2 to 9.0 but sent 11 octets"));
}

TEST(ZapiDialect, ConfirmationTellsRowsOfOneFingerprintApart) {
  // 8.0 and 9.1 number alike; the larger capabilities are those of 9.1.
  for (const Dialect& row : dialects()) {
    if (row.error != 117) continue;
    const auto confirmed = confirm_dialect(row, 11);
    ASSERT_FALSE(confirmed);
    EXPECT_THAT(confirmed.error().what, HasSubstr("this zebra is FRR 9.1,"));
  }
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
}

}  // namespace
}  // namespace vipherd::wire::zapi
