// The first vipherd.toml of a node, out of what a person says on the command line. Pure.
#pragma once

#include <string>
#include <vector>

#include "vipherd/setup/draft.hpp"

namespace vipherd::setup {

struct InitAnswers {
  Texts pool{};           ///< prefixes
  Texts vips{};           ///< addresses
  Texts protocols{};      ///< bgp, ospf
  std::string service{};  ///< its name; empty: dns, if nothing but DNS is checked, else web
  Texts urls{};           ///< http:// or https://
  std::string unit{};
  Texts dns_servers{};     ///< ADDRESS:PORT, or an address alone for port 53
  std::string dns_name{};  ///< what is asked for
};

/// A service that all checks decide on. A unit is watched where there are other checks, and is a
/// check of its own where there are none.
Draft draft_of(const InitAnswers& answers);

}  // namespace vipherd::setup
