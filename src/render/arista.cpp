// Arista EOS.
#include "render/platforms.hpp"

namespace vipherd::render {
namespace {

constexpr const char* kArista = R"(
! Arista EOS 4.2x, in front of the load balancers: to be pasted in `configure session vipherd`.
! Written by `vipherd render router --platform arista`. Nothing is in force before `commit`.
!
! The switch chip divides connections by addresses and ports as it is.
ip routing
%if v6
ipv6 unicast-routing
%end

%if bgp
! The pool of VIPs: host routes out of it are all that is taken from a load balancer by BGP, and
! nothing is sent to it.
%each families
@ip@ prefix-list VIPHERD-POOL@family@
%each pool
   seq @seq@ permit @prefix@@ge@
%end
@ip@ prefix-list NOTHING@family@
   seq 10 deny @any@
%end

router bgp @router_as@
   router-id @router_id@
   ! ECMP over up to 64 load balancers.
   maximum-paths 64 ecmp 64
   ! Do not keep the routes of a load balancer whose session is lost.
   no graceful-restart-helper
%each groups
   neighbor @group@ peer group
   neighbor @group@ remote-as @node_as@
%if bfd
   ! End the session, and with it the routes, of a load balancer BFD calls dead.
   neighbor @group@ bfd
%end
%if tuned
   ! Keepalive and hold time: the net under BFD.
   neighbor @group@ timers 1 3
%end
%end
%if ranges
   ! All load balancers in these networks are peers: adding one needs no change here.
%end
%each ranges_of
   bgp listen range @range@ peer-group @group@ remote-as @node_as@
%end
%each members_of
   neighbor @member@ peer group @group@
%end
%each families
   address-family @afi@
      neighbor @lb_group@ activate
      neighbor @lb_group@ prefix-list VIPHERD-POOL@family@ in
      neighbor @lb_group@ prefix-list NOTHING@family@ out
%end

%end
%if ospf
! OSPF floods what it is told and filters nothing from a neighbour: that only VIPs are announced is up
! to the load balancers' route-maps.
%end
%if ospf tuned
! EOS has no hello interval below one second: the load balancers need
! `vipherd render node --timers seconds`.
%end
%if ospf2
router ospf 1
   router-id @router_id@
   maximum-paths 64
%if tuned
   ! The line that matters most: without it a VIP that changes twice within one second takes longer,
   ! because the second change is dropped on arrival.
   timers lsa rx min interval 0
   timers spf delay initial 0 50 500
%end
%end
%if ospf3
ipv6 router ospf 1
   router-id @router_id@
   maximum-paths 64
%end
%each uplinks
interface @name@
%if bfd
   bfd interval 100 min-rx 100 multiplier 3
%end
%if ospf2
   ip ospf area 0.0.0.0
   ! Be the designated router.
   ip ospf priority 100
%end
%if ospf2 tuned
   ip ospf hello-interval 1
   ip ospf dead-interval 3
   ip ospf retransmit-interval 1
%end
%if ospf2 bfd
   ip ospf neighbor bfd
%end
%if ospf3
   ipv6 ospf 1 area 0.0.0.0
   ipv6 ospf priority 100
%end
%if ospf3 tuned
   ipv6 ospf hello-interval 1
   ipv6 ospf dead-interval 3
   ipv6 ospf retransmit-interval 1
%end
%end
)";

}  // namespace

std::string arista(const Subject& subject) { return fill(kArista, values_of(subject)); }

}  // namespace vipherd::render
