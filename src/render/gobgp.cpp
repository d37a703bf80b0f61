// gobgpd.toml of GoBGP.
#include "render/platforms.hpp"

namespace vipherd::render {
namespace {

constexpr const char* kGobgp = R"(
# GoBGP in front of the load balancers: /etc/gobgp/gobgpd.toml, as a route server or a controller
# that wants to know which VIPs are where. It puts no routes into the kernel by itself (for that it
# needs FRR's zebra, which then does what --platform frr says), so there is no hash policy to set;
# it keeps every load balancer's path, which is its ECMP.
# Written by `vipherd render router --platform gobgp`. GoBGP speaks no OSPF, and no BFD by itself: a
# dead load balancer is found by the hold time.

[global.config]
  as = @router_as@
  router-id = "@router_id@"

# Take host routes out of the pool and nothing else.
%each families
[[defined-sets.prefix-sets]]
  prefix-set-name = "vips@family@"
%each pool
  [[defined-sets.prefix-sets.prefix-list]]
    ip-prefix = "@prefix@"
    masklength-range = "@host_length@..@host_length@"
%end
%end
[[policy-definitions]]
  name = "vips"
%each families
  [[policy-definitions.statements]]
    [policy-definitions.statements.conditions.match-prefix-set]
      prefix-set = "vips@family@"
    [policy-definitions.statements.actions]
      route-disposition = "accept-route"
%end
[global.apply-policy.config]
  import-policy-list = ["vips"]
  default-import-policy = "reject-route"
  default-export-policy = "reject-route"

# The load balancers connect to GoBGP.
%each groups
[[peer-groups]]
  [peer-groups.config]
    peer-group-name = "@group@"
    peer-as = @node_as@
%if tuned
  # Keepalive and hold time.
  [peer-groups.timers.config]
    hold-time = 3
    keepalive-interval = 1
%end
  [[peer-groups.afi-safis]]
    [peer-groups.afi-safis.config]
      afi-safi-name = "@afi_safi@"
%end
%if ranges
# All load balancers in these networks are peers: adding one needs no change here.
%end
%each ranges_of
[[dynamic-neighbors]]
  [dynamic-neighbors.config]
    prefix = "@range@"
    peer-group = "@group@"
%end
%each members_of
[[neighbors]]
  [neighbors.config]
    neighbor-address = "@member@"
    peer-group = "@group@"
  [neighbors.transport.config]
    passive-mode = true
%end
)";

}  // namespace

std::string gobgp(const Subject& subject) { return fill(kGobgp, values_of(subject)); }

}  // namespace vipherd::render
