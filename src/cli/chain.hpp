// The chain from a VIP's configuration to FRR's neighbours, from the agent's status. Pure.
#pragma once

#include <string>
#include <vector>

#include "vipherd/model/status.hpp"

namespace vipherd::cli {

enum class LinkState : std::uint8_t {
  holds,
  broken,
  unknown,  ///< who could tell did not
  waits     ///< hangs on a link before it
};

struct Link {
  std::string name;
  LinkState state = LinkState::holds;
  model::Condition<std::string> fact;  ///< `since` may be unset
  WallTime seen{};  ///< when it was read from its holder; unset: the agent's own doing
};

struct Chain {
  std::string vip;
  std::vector<Link> links;
  bool whole = false;  ///< every link holds
};

Chain chain_of(const model::Status& status, const std::string& vip);
/// "path complete", "stops at check web/http"
std::string conclusion_of(const Chain& chain);
/// A table with the first broken link marked.
std::string render(const Chain& chain, const model::Status& status);

}  // namespace vipherd::cli
