// Which VIPs a policy of FRR's does not let through, and why.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "doctor/read/frr_policy.hpp"
#include "doctor/rules/frr_tools.hpp"

namespace vipherd::doctor {

/// The VIPs that are not permitted, by why.
using Denied = std::map<PolicyResult, std::vector<std::string>>;

template <class Apply>
Denied denied_of(const std::vector<AnnouncedVip>& vips, Apply apply) {
  Denied denied;
  for (const AnnouncedVip& vip : vips) {
    const PolicyResult result = apply(vip);
    if (!result.permitted()) {
      denied[result].push_back(vip.vip.to_string());
    }
  }
  return denied;
}

}  // namespace vipherd::doctor
