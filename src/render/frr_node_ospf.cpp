// frr.conf of a load balancer: OSPFv2 and OSPFv3.
#include "render/frr_node.hpp"

namespace vipherd::render {
namespace {

constexpr const char* kNodeMaps = R"(
! --- OSPFv2 and OSPFv3 -----------------------------------------------------

%if vty ospf2
! Which addresses of @loopback@ OSPFv2 announces. vipherd fills the lists; as long
! as one does not exist it matches nothing. VIPHERD-VTY-100 has the VIPs whose
! service has the tag 100, the normal one, and VIPHERD-VTY-200 those that are
! drained: they stay reachable, as the least preferred.
%each up
route-map VIPHERD-OSPF permit @seq@
 match ip address prefix-list VIPHERD-VTY-@tag@@at_vrf@
exit
%end
%each drained
route-map VIPHERD-OSPF permit @seq@
 match ip address prefix-list VIPHERD-VTY-@tag@@at_vrf@
 ! The highest metric at which a route is still reachable (LSInfinity - 1).
 set metric 16777214
 ! An E2 route loses against every E1 route, whatever both cost.
 set metric-type type-2
exit
%end

%end
)";

constexpr const char* kNodeLinks = R"(
! The uplinks. These blocks have to stand before `router ospf`: an interface
! that starts OSPF with the default timers waits 40 s before it elects a router.
%each uplinks
interface @name@
%if ospf2
%if first
 ! Speak OSPFv2 here, in the backbone area.
%end
 ip ospf area 0
%if first
 ! Never become designated router: the routers are, and the coming and going of
 ! load balancers causes no election.
%end
 ip ospf priority 0
%if several first
 ! The way through this node is the worst: it forwards nothing, and must not
 ! become a way between the routers when their own is lost. It costs the VIPs
 ! nothing, for what counts to them is the router's cost to this segment.
%end
%if several
 ip ospf cost 10000
%end
%end
%if ospf3
%if first
 ! OSPFv3, likewise.
%end
 ipv6 ospf6 area 0
 ipv6 ospf6 priority 0
%if several
 ipv6 ospf6 cost 10000
%end
%end
%if fast
 ! <timers>
%end
%if ospf2 tuned
%if first subsecond
 ! Four hellos a second, dead after one second: how a dead neighbour is noticed
 ! without BFD, and why an adjacency takes 2 s at a start instead of 40.
 ! Must be the same on the routers.
%end
%if first !subsecond
 ! A hello each second, dead after three: as short as other makes of routers
 ! know it. Must be the same on the routers.
%end
%if subsecond
 ip ospf dead-interval minimal hello-multiplier 4
%else
 ip ospf hello-interval 1
 ip ospf dead-interval 3
%end
%if first
 ! Send what was not acknowledged again after 1 s instead of 5 s.
%end
 ip ospf retransmit-interval 1
%end
%if ospf2 bfd
%if first
 ! End the adjacency when BFD says the neighbour is unreachable. (The profile
 ! alone does not switch BFD on.)
%end
 ip ospf bfd
 ip ospf bfd profile vipherd
%end
%if ospf3 tuned
%if first
 ! OSPFv3 counts in whole seconds.
%end
 ipv6 ospf6 hello-interval 1
 ipv6 ospf6 dead-interval 3
 ipv6 ospf6 retransmit-interval 1
%end
%if ospf3 bfd
 ipv6 ospf6 bfd
 ipv6 ospf6 bfd profile vipherd
%end
%if fast
 ! </timers>
%end
exit
%end
%if vty ospf3
! OSPFv3 is told otherwise than OSPFv2: ospf6d would look at a changed list only
! after 5 s if it were that of a redistribution, but does so at once for this
! line. VIPHERD-VTY, without a tag, has all VIPs: they are announced as part of
! the area, with the cost of @loopback@, and know no metric of their own.
interface @loopback@
 ipv6 ospf6 area 0
 ipv6 ospf6 advertise prefix-list VIPHERD-VTY@at_vrf@
exit
%end
)";

constexpr const char* kNodeRouters = R"(
%if ospf2
router ospf@in_vrf@
 ! The node's own IPv4 address on an uplink, different on each load balancer.
 ospf router-id @router_id@
%if default_route
 ! The default routes of all routers, at once.
 maximum-paths @node_paths@
%end
%if !vty
 ! The VIPs, as external routes of type 1 (E1): each is an LSA of its own, so
 ! that a change of one VIP neither waits for nor delays another. Never put
 ! VIPs under `network`: the router LSA is shared by all and throttled.
%end
%if zapi
 redistribute @route_type@ metric 100 metric-type 1 route-map VIPHERD
%end
%if connected
 redistribute connected metric 100 metric-type 1 route-map VIPHERD-ADDRESS
%end
%if vty
 ! vipherd gives this very line again after each change of a list, for ospfd to
 ! act at once.
 redistribute connected metric 100 metric-type 1 route-map VIPHERD-OSPF
%end
%if tuned
 ! <timers>
 ! Originate a changed router LSA at once, not at most one each 5 s. (VIPs are
 ! external LSAs, which are never held back.)
 timers throttle lsa all 0
 ! Accept a new instance of an LSA at any time; by default one that comes
 ! within a second of the last is dropped and sent again much later.
 timers lsa min-arrival 0
 ! Compute routes at once, the next time after 50 ms, at most 500 ms later.
 timers throttle spf 0 50 500
 ! </timers>
%end
exit
%end
%if ospf3
%if ospf2
! The same for OSPFv3.
%end
router ospf6@in_vrf@
 ospf6 router-id @router_id@
%if default_route
 maximum-paths @node_paths@
%end
%if zapi
 redistribute @route_type@ metric 100 metric-type 1 route-map VIPHERD6
%end
%if connected
 redistribute connected metric 100 metric-type 1 route-map VIPHERD-ADDRESS6
%end
%if tuned
 ! <timers>
 timers lsa min-arrival 0
 timers throttle spf 0 50 500
 ! </timers>
%end
exit
%end
)";

}  // namespace

std::string frr_node_ospf(const Values& values) {
  return fill(kNodeMaps, values) + fill(kNodeLinks, values) + fill(kNodeRouters, values);
}

}  // namespace vipherd::render
