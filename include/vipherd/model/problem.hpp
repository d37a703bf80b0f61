// What is not as it should be, and how much that matters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vipherd::model {

enum class Severity : std::uint8_t {
  notice,  ///< planned, or harmless for now: an operator drained the node, the log lost lines
  problem  ///< an operator has to act: a service is down, a VIP is not advertised
};
std::string_view to_string(Severity severity);

struct Problem {
  Severity severity = Severity::problem;
  std::string text;       ///< a sentence that names its subject: "service web is down: …"
  std::string service{};  ///< the one that it concerns; empty: the node
  friend bool operator==(const Problem&, const Problem&) = default;
};

}  // namespace vipherd::model
