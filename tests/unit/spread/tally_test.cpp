#include "vipherd/spread/tally.hpp"

#include <gmock/gmock.h>

namespace vipherd::spread {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::Pair;

Tally answers(const std::map<std::string, std::size_t>& nodes) {
  Round round;
  for (const auto& [node, times] : nodes) round.insert(round.end(), times, Outcome{node, ""});
  return count(round);
}

TEST(SpreadTally, CountsNodesAndErrors) {
  const Tally tally = count({{"a", ""}, {"", "refused"}, {"b", ""}, {"a", ""}, {"", "refused"}});
  EXPECT_THAT(tally.nodes, ElementsAre(Pair("a", 2), Pair("b", 1)));
  EXPECT_THAT(tally.errors, ElementsAre(Pair("refused", 2)));
  EXPECT_EQ(tally.answered, 3u);
  EXPECT_EQ(tally.failed, 2u);
}

TEST(SpreadTally, ReadsWeights) {
  EXPECT_THAT(parse_weights("lb1=1,lb=2=2.5").value(),
              ElementsAre(Pair("lb1", 1.0), Pair("lb=2", 2.5)));
  for (const char* bad : {"", "a", "a=", "=1", "a=0", "a=-1", "a=x", "a=1,", ",a=1", "a=1,a=2",
                          "a=1 ", "a=inf", "a=nan", "a=1e99"}) {
    EXPECT_TRUE(parse_weights(bad).has_error()) << bad;
  }
}

/// The values are those of R: pchisq(x, df, lower.tail = FALSE).
TEST(SpreadTally, TestsForEqualShares) {
  const auto test = chi_square(answers({{"a", 60}, {"b", 40}}), {});
  ASSERT_TRUE(test);
  EXPECT_THAT(test->statistic, DoubleNear(4, 1e-9));
  EXPECT_EQ(test->degrees_of_freedom, 1u);
  EXPECT_THAT(test->p_value, DoubleNear(0.04550026, 1e-7));
  const auto three = chi_square(answers({{"a", 30}, {"b", 30}, {"c", 60}}), {});
  ASSERT_TRUE(three);
  EXPECT_THAT(three->statistic, DoubleNear(15, 1e-9));
  EXPECT_THAT(three->p_value, DoubleNear(0.0005530844, 1e-9));
}

TEST(SpreadTally, TestsForWeights) {
  const auto test = chi_square(answers({{"a", 60}, {"b", 40}}), {{"a", 3}, {"b", 2}});
  ASSERT_TRUE(test);
  EXPECT_THAT(test->statistic, DoubleNear(0, 1e-9));
  EXPECT_THAT(test->p_value, DoubleNear(1, 1e-9));
  const auto silent = chi_square(answers({{"a", 100}}), {{"a", 1}, {"b", 1}});
  ASSERT_TRUE(silent);
  EXPECT_THAT(silent->statistic, DoubleNear(100, 1e-9));
  EXPECT_LT(silent->p_value, 1e-20);
}

TEST(SpreadTally, TestsNothingWhereTheTestDoesNotHold) {
  EXPECT_FALSE(chi_square(answers({{"a", 100}}), {}));
  EXPECT_FALSE(chi_square(answers({{"a", 4}, {"b", 5}}), {}));
  EXPECT_FALSE(chi_square(answers({{"a", 100}}), {{"a", 100}, {"b", 1}}));
  EXPECT_FALSE(chi_square({}, {}));
}

TEST(SpreadTally, ComparesRoundsByTheirPlaces) {
  const Round before{{"a", ""}, {"b", ""}, {"", "refused"}, {"b", ""}};
  const Round after{{"a", ""}, {"a", ""}, {"a", ""}, {"", "refused"}};
  const Moves moves = moves_between(before, after);
  EXPECT_EQ(moves.compared, 2u);
  EXPECT_EQ(moves.moved, 1u);
  EXPECT_THAT(moves.ways, ElementsAre(Pair(Pair("b", "a"), 1)));
}

}  // namespace
}  // namespace vipherd::spread
