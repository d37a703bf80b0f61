// What a spread means, in plain words. A client sees only which node answers: causes on the way are
// likely, never certain, and said so. Pure.
#pragma once

#include <string>
#include <vector>

#include "vipherd/spread/tally.hpp"

namespace vipherd::spread {

enum class Finding {
  as_expected,
  uneven,      ///< chance alone hardly makes such a spread
  one_node,    ///< all answers are of one node
  unexpected,  ///< a node answers that has no weight
  too_few,     ///< answers for a test
  no_answer
};

struct Meaning {
  Finding finding = Finding::no_answer;
  std::vector<std::string> sentences;
};

/// How the requests differed, which is what a router can tell them apart by.
struct Sent {
  std::size_t requests = 0;
  bool ipv6 = false;
  bool udp = false;
};

Meaning meaning_of(const Tally& tally, const Weights& weights, const Sent& sent);

/// "1,000"
std::string with_commas(std::size_t number);
/// "12.5 %"
std::string percent_of(double part, double whole);

}  // namespace vipherd::spread
