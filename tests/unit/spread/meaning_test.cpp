#include "vipherd/spread/meaning.hpp"

#include <gmock/gmock.h>

namespace vipherd::spread {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::SizeIs;

Meaning of(const std::map<std::string, std::size_t>& nodes, const Weights& weights = {},
           std::size_t refused = 0, bool ipv6 = false) {
  Round round(refused, Outcome{"", "refused"});
  for (const auto& [node, times] : nodes) round.insert(round.end(), times, Outcome{node, ""});
  return meaning_of(count(round), weights, {round.size(), ipv6, false});
}

TEST(SpreadMeaning, OfOneNodeNamesTheLikelyCause) {
  const Meaning meaning = of({{"lb1", 1000}});
  EXPECT_EQ(meaning.finding, Finding::one_node);
  EXPECT_EQ(meaning.sentences[0], "all 1,000 answers are of one node, lb1");
  EXPECT_THAT(meaning.sentences[1], HasSubstr("net.ipv4.fib_multipath_hash_policy=1"));
  EXPECT_THAT(of({{"lb1", 1000}}, {}, 0, true).sentences,
              Contains(HasSubstr("net.ipv6.fib_multipath_hash_policy=1")));
  EXPECT_EQ(of({{"lb1", 1000}}, {{"lb1", 1}, {"lb2", 1}}).sentences[0],
            "all 1,000 answers are of one node, lb1, of 2 that were expected");
  EXPECT_EQ(of({{"lb1", 1000}}, {{"lb1", 1}}).finding, Finding::as_expected);
}

TEST(SpreadMeaning, OfAnEvenSpread) {
  const Meaning meaning = of({{"lb1", 501}, {"lb2", 499}});
  EXPECT_EQ(meaning.finding, Finding::as_expected);
  EXPECT_THAT(meaning.sentences, SizeIs(1));
  EXPECT_EQ(meaning.sentences[0],
            "even: chance alone makes such a spread or a less even one in 95 of 100 cases");
}

TEST(SpreadMeaning, OfAnUnevenSpreadTellsHowFarItIs) {
  const Meaning meaning = of({{"lb1", 600}, {"lb2", 400}});
  EXPECT_EQ(meaning.finding, Finding::uneven);
  EXPECT_THAT(meaning.sentences[0], HasSubstr("20.0 % "));
  EXPECT_THAT(meaning.sentences[0], HasSubstr("less than once in a million times"));
  EXPECT_EQ(of({{"lb1", 600}, {"lb2", 400}}, {{"lb1", 3}, {"lb2", 2}}).finding,
            Finding::as_expected);
}

TEST(SpreadMeaning, OfNodesThatNobodyExpected) {
  const Meaning meaning = of({{"lb1", 500}, {"lb3", 500}}, {{"lb1", 1}, {"lb2", 1}});
  EXPECT_EQ(meaning.finding, Finding::unexpected);
  EXPECT_EQ(meaning.sentences[0], "answered although no weight is given for it: lb3");
}

TEST(SpreadMeaning, OfFewAnswersAndOfNone) {
  EXPECT_EQ(of({{"lb1", 3}, {"lb2", 3}}).finding, Finding::too_few);
  const Meaning meaning = of({}, {}, 1200);
  EXPECT_EQ(meaning.finding, Finding::no_answer);
  EXPECT_EQ(meaning.sentences[0], "nothing answers");
  EXPECT_EQ(meaning.sentences[1], "1,200 of 1,200 requests were not answered: refused (1,200)");
}

TEST(SpreadMeaning, WritesNumbersForPeople) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1'234'567), "1,234,567");
  EXPECT_EQ(percent_of(1, 8), "12.5 %");
  EXPECT_EQ(percent_of(0, 0), "0.0 %");
}

}  // namespace
}  // namespace vipherd::spread
