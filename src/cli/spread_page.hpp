// How requests spread over nodes, as a table with bars. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "cli/page.hpp"
#include "vipherd/spread/meaning.hpp"
#include "vipherd/spread/tally.hpp"

namespace vipherd::cli {

struct SpreadReport {
  std::string target;
  spread::Sent sent;
  spread::Weights weights;
  spread::Tally tally;
  spread::Meaning meaning;
  std::optional<spread::ChiSquare> test;
  std::optional<spread::Moves> moves;  ///< since the round before
};

/// In lines of at most `width` characters. A bar is as long as the node's share of the largest one
/// of all shares and expected shares; '|' marks the expected share.
Page render_spread(const SpreadReport& report, std::size_t width);

}  // namespace vipherd::cli
