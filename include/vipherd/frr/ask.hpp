// Asks one daemon a few questions over its VTY socket and waits for the answers: for commands that
// look at a host from outside the agent. Only `enable` and `show` commands are ever given here.
#pragma once

#include <string>
#include <vector>

#include "vipherd/base/duration.hpp"
#include "vipherd/base/result.hpp"

namespace vipherd::frr {

struct Answers {
  /// Of each command, in order; an answer of any status but success is a failure.
  std::vector<Result<std::string>> texts;
  bool absent = false;  ///< nothing listens there
};

/// `limit` is for each answer. Once a question was not answered the rest fail for the same reason.
/// Where nothing listens at `socket` that of a numbered instance beside it is asked (ospfd-1.vty).
Answers ask(const std::string& socket, const std::vector<std::string>& commands, Duration limit);

}  // namespace vipherd::frr
