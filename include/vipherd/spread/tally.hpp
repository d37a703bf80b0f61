// How requests spread over nodes: counted, compared with what was expected, and from one round to
// the next. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vipherd/base/result.hpp"

namespace vipherd::spread {

/// Of one request: which node answered, or why none did.
struct Outcome {
  std::string node;   ///< empty: there was no answer
  std::string error;  ///< then not empty
  friend bool operator==(const Outcome&, const Outcome&) = default;
};
/// In the order of the requests: what has the same place came from the same source port, if the
/// ports were kept.
using Round = std::vector<Outcome>;

struct Tally {
  std::map<std::string, std::size_t> nodes;
  std::map<std::string, std::size_t> errors;
  std::size_t answered = 0;
  std::size_t failed = 0;
};
Tally count(const Round& round);

/// Node -> its weight; empty: all that answer are equal.
using Weights = std::map<std::string, double>;
/// "a=1,b=2"; of positive numbers, each name once.
Result<Weights> parse_weights(std::string_view text);

/// Node -> its expected share of the answers, of 0 to 1. Nodes that answer and have no weight have
/// the share 0, nodes that have a weight and do not answer are there, too.
std::map<std::string, double> expected_shares(const Tally& tally, const Weights& weights);

/// Pearson's test of goodness of fit.
struct ChiSquare {
  double statistic = 0;
  std::size_t degrees_of_freedom = 0;
  /// How likely chance alone makes a spread that is at least as uneven.
  double p_value = 1;
};
/// Nothing if there are fewer than two nodes to compare, or if one is expected to answer so rarely
/// (less than five times) that the test does not hold.
std::optional<ChiSquare> chi_square(const Tally& tally, const Weights& weights);

/// What another node answers than in the round before, of what was answered in both.
struct Moves {
  std::size_t compared = 0;
  std::size_t moved = 0;
  std::map<std::pair<std::string, std::string>, std::size_t> ways;  ///< from, to
};
Moves moves_between(const Round& before, const Round& after);

}  // namespace vipherd::spread
