// What the kernel drops, and what keeps large packets from arriving.
#include <algorithm>
#include <array>

#include "doctor/rules/findings.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kStrict{"rp-filter", Severity::problem, Roles::node,
                       "Strict reverse-path filtering drops what comes in over one link while the "
                       "route back to the sender "
                       "leads over another.",
                       "Accept what has any route back: net.ipv4.conf.all.rp_filter = 2 (the "
                       "higher value of all and of "
                       "the interface counts)."};
constexpr Rule kMtuProbing{
    "tcp-mtu-probing", Severity::notice, Roles::node,
    "The ICMP error that says \"too big\" may reach another node than the connection it is about: "
    "where "
    "the path to a client is narrower than the node's link, large answers never arrive.",
    "Let TCP find out by itself when a path swallows large packets: net.ipv4.tcp_mtu_probing = 1 "
    "(both "
    "families)."};

constexpr std::array kFilterRules{&kStrict, &kMtuProbing};
constexpr std::string_view kReversePath = "net/ipv4/conf/%/rp_filter";

void look_at_reverse_path(const KernelFacts& kernel, Findings& found) {
  std::vector<std::string> strict;
  bool bites = false;
  bool certain = false;
  const auto links = uplinks(*kernel.interfaces);
  for (const Interface* uplink : links) {
    const auto mode = effective(kernel.sysctls, kReversePath, uplink->name);
    if (!mode) return found.cannot_tell(kStrict, mode.error().what);
    if (*mode != 1) continue;
    strict.push_back(uplink->name);
    const auto alone = std::ranges::count(links, uplink->vrf, &Interface::vrf) == 1;
    // With one link only what no route leads back to is dropped, which could not be answered
    // anyway.
    bites = bites || !alone;
    certain = certain || (!alone && uplink->default_v4 == false);
  }
  if (!bites) return;
  std::string seen = "strict on " + listed(strict) + ", of " + std::to_string(links.size()) +
                     " interfaces with addresses";
  if (certain) seen += "; the default route does not leave by all of them";
  found.add(kStrict, std::move(seen), certain ? Certainty::looked_up : Certainty::likely)
      .sysctls = {{"net.ipv4.conf.all.rp_filter", "2"}};
}

}  // namespace

const Topic kFilterTopic{"Filters and path MTU", kFilterRules};

void look_at_filters(const Facts& facts, Findings& found) {
  if (facts.role != Role::node) return;
  const KernelFacts& kernel = facts.kernel;
  if (kernel.interfaces) {
    look_at_reverse_path(kernel, found);
  } else {
    found.cannot_tell(kStrict, kernel.interfaces.error().what);
  }
  const auto probing = number_of(kernel.sysctls, "net/ipv4/tcp_mtu_probing");
  if (!probing) return found.cannot_tell(kMtuProbing, probing.error().what);
  if (*probing && **probing == 0) {
    found.add(kMtuProbing, "net.ipv4.tcp_mtu_probing = 0").sysctls = {
        {"net.ipv4.tcp_mtu_probing", "1"}};
  }
}

}  // namespace vipherd::doctor
