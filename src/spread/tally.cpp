#include "vipherd/spread/tally.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <charconv>
#include <system_error>

namespace vipherd::spread {
namespace {

/// The usual rule for the approximation by the chi-square distribution.
constexpr double kFewestExpected = 5;
constexpr double kLargestWeight = 1e9;

}  // namespace

Tally count(const Round& round) {
  Tally tally;
  for (const Outcome& outcome : round) {
    if (outcome.node.empty()) {
      ++tally.errors[outcome.error];
      ++tally.failed;
    } else {
      ++tally.nodes[outcome.node];
      ++tally.answered;
    }
  }
  return tally;
}

Result<Weights> parse_weights(std::string_view text) {
  const auto wrong = [&] {
    return fail("expected weights as NODE=NUMBER,NODE=NUMBER, each node once, got \"" +
                std::string(text) + "\"");
  };
  Weights weights;
  for (std::string_view rest = text; !rest.empty() || weights.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view item = rest.substr(0, comma);
    const std::size_t equals = item.rfind('=');
    if (equals == item.npos || equals == 0) return wrong();
    const std::string_view number = item.substr(equals + 1);
    double weight = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), weight);
    if (error != std::errc{} || end != number.data() + number.size()) return wrong();
    if (!(weight > 0) || weight > kLargestWeight) return wrong();
    if (!weights.emplace(item.substr(0, equals), weight).second) return wrong();
    if (comma + 1 == rest.size()) return wrong();
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return weights;
}

std::map<std::string, double> expected_shares(const Tally& tally, const Weights& weights) {
  std::map<std::string, double> shares;
  for (const auto& [node, requests] : tally.nodes) shares[node] = weights.empty() ? 1 : 0;
  for (const auto& [node, weight] : weights) shares[node] = weight;
  double sum = 0;
  for (const auto& [node, weight] : shares) sum += weight;
  for (auto& [node, share] : shares) share /= sum;
  return shares;
}

std::optional<ChiSquare> chi_square(const Tally& tally, const Weights& weights) {
  ChiSquare test;
  std::size_t cells = 0;
  for (const auto& [node, share] : expected_shares(tally, weights)) {
    if (share <= 0) continue;  // not expected at all: that is told apart
    const double expected = share * static_cast<double>(tally.answered);
    if (expected < kFewestExpected) return std::nullopt;
    const auto found = tally.nodes.find(node);
    const double seen = found == tally.nodes.end() ? 0 : static_cast<double>(found->second);
    test.statistic += (seen - expected) * (seen - expected) / expected;
    ++cells;
  }
  if (cells < 2) return std::nullopt;
  test.degrees_of_freedom = cells - 1;
  const boost::math::chi_squared distribution(static_cast<double>(test.degrees_of_freedom));
  test.p_value = boost::math::cdf(boost::math::complement(distribution, test.statistic));
  return test;
}

Moves moves_between(const Round& before, const Round& after) {
  Moves moves;
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    if (before[i].node.empty() || after[i].node.empty()) continue;
    ++moves.compared;
    if (before[i].node == after[i].node) continue;
    ++moves.moved;
    ++moves.ways[{before[i].node, after[i].node}];
  }
  return moves;
}

}  // namespace vipherd::spread
