#include "cli/spread_page.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace vipherd::cli {
namespace {

SpreadReport report(const std::map<std::string, std::size_t>& nodes,
                    const spread::Weights& weights = {}) {
  spread::Round round;
  for (const auto& [node, times] : nodes) {
    round.insert(round.end(), times, spread::Outcome{node, ""});
  }
  SpreadReport made;
  made.target = "http://10.10.10.10/";
  made.sent.requests = round.size();
  made.weights = weights;
  made.tally = spread::count(round);
  made.meaning = spread::meaning_of(made.tally, weights, made.sent);
  made.test = spread::chi_square(made.tally, weights);
  return made;
}

TEST(SpreadPage, IsThisText) {
  EXPECT_EQ(plain(render_spread(report({{"lb1", 600}, {"lb2", 400}}), 60)),
            "http://10.10.10.10/: 1,000 of 1,000 requests answered by 2\n"
            "  nodes\n"
            "\n"
            "NODE  REQUESTS  SHARE   EXPECTED\n"
            "lb1   600       60.0 %  50.0 %    #####################|####\n"
            "lb2   400       40.0 %  50.0 %    #################    |\n"
            "\n"
            "chi-square 40.0, 1 degree of freedom, p < 0.0001\n"
            "\n"
            "not even: lb2 has 20.0 % less than its share; chance alone\n"
            "  makes such a spread or a less even one less than once in a\n"
            "  million times\n"
            "likely: routes with weights (unequal-cost multipath,\n"
            "  bandwidth communities), a hash with few buckets (resilient\n"
            "  groups share them out unevenly after a change), or two\n"
            "  routers in a row that hash alike\n");
}

TEST(SpreadPage, FitsTheTerminal) {
  SpreadReport wide = report({{std::string(90, 'n'), 10}, {"lb2", 1'000}, {"lb3", 3}},
                             {{"lb2", 1}, {"lb3", 2}, {std::string(90, 'n'), 3}});
  wide.moves = spread::Moves{1'000, 12, {{{"lb1", "lb2"}, 12}}};
  for (const std::size_t width : {80u, 60u, 200u}) {
    std::istringstream lines(plain(render_spread(wide, width)));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), width) << line;
  }
  EXPECT_THAT(
      plain(render_spread(wide, 80)),
      testing::HasSubstr("since the round before 12 of 1,000 moved to another node (1.2 %): "
                         "lb1 to lb2\n  12\n"));
}

}  // namespace
}  // namespace vipherd::cli
