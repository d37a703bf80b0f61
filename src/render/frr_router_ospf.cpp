// frr.conf of a router in front of the load balancers: OSPFv2 and OSPFv3.
#include "render/platforms.hpp"

namespace vipherd::render {
namespace {

constexpr const char* kRouterOspf = R"(
! --- OSPFv2 and OSPFv3 -----------------------------------------------------

! OSPF floods what it is told and can filter nothing from a neighbour: that only
! VIPs are announced is up to the load balancers' route-maps.
!
! The segments of the load balancers; before `router ospf`, since an interface
! that starts OSPF with the default timers waits 40 s before it elects a router.
%each uplinks
interface @name@
%if ospf2
%if first
 ! Speak OSPFv2 here, in the backbone area.
%end
 ip ospf area 0
%if first
 ! Be the designated router.
%end
 ip ospf priority 100
%end
%if ospf3
%if first
 ! OSPFv3, likewise.
%end
 ipv6 ospf6 area 0
 ipv6 ospf6 priority 100
%end
%if fast
 ! <timers>
%end
%if ospf2 tuned
%if first subsecond
 ! Four hellos a second, dead after one second; the same on the load balancers.
%end
%if first !subsecond
 ! A hello each second, dead after three; the same on the load balancers.
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
 ! End the adjacency with a load balancer that BFD calls dead.
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
%if ospf2
router ospf
 ! The router's own IPv4 address.
 ospf router-id @router_id@
 ! ECMP over up to 64 load balancers.
 maximum-paths 64
%if default_route
 ! The way back for what the load balancers send, as long as this router has one.
 default-information originate
%end
%if tuned
 ! <timers>
 ! The line that matters most: without it a VIP that changes twice within one
 ! second takes 4 to 10 s, because the second change is dropped on arrival.
 timers lsa min-arrival 0
 ! Originate a changed router or network LSA at once.
 timers throttle lsa all 0
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
router ospf6
 ospf6 router-id @router_id@
 maximum-paths 64
%if default_route
 default-information originate
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

std::string frr_router_ospf(const Values& values) { return fill(kRouterOspf, values); }

}  // namespace vipherd::render
