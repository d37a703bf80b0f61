// Cisco IOS XE.
#include "render/platforms.hpp"

namespace vipherd::render {
namespace {

constexpr const char* kCisco = R"(
! Cisco IOS XE 17, in front of the load balancers: to be pasted in `configure terminal`.
! Written by `vipherd render router --platform cisco-iosxe`.
!
! A connection is sent by addresses and ports. By addresses alone (the default) all connections of one
! client reach one node.
%if v4
ip cef load-sharing algorithm include-ports source destination
%end
%if v6
ipv6 unicast-routing
ipv6 cef load-sharing algorithm include-ports source destination
%end

%if bgp
! The pool of VIPs: host routes out of it are all that is taken from a load balancer by BGP, and
! nothing is sent to it.
%each families
%each pool
@ip@ prefix-list VIPHERD-POOL@family@ seq @seq@ permit @prefix@@ge@
%end
@ip@ prefix-list NOTHING@family@ seq 10 deny @any@ le @host_length@
%end

router bgp @router_as@
 bgp router-id @router_id@
 ! Each session carries exactly the address families named below.
 no bgp default ipv4-unicast
 ! Paths of load balancers in different ASes are equal too, if as long.
 bgp bestpath as-path multipath-relax
%each groups
 neighbor @group@ peer-group
 neighbor @group@ remote-as @node_as@
%if bfd
 ! End the session, and with it the routes, of a load balancer BFD calls dead.
 neighbor @group@ fall-over bfd
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
 bgp listen range @range@ peer-group @group@
%end
%each members_of
 neighbor @member@ peer-group @group@
%end
%each families
 address-family @afi@ unicast
  ! ECMP over up to 32 load balancers, which is all it can.
  maximum-paths 32
  neighbor @lb_group@ activate
  neighbor @lb_group@ prefix-list VIPHERD-POOL@family@ in
  neighbor @lb_group@ prefix-list NOTHING@family@ out
 exit-address-family
%end

%end
%if ospf
! OSPF floods what it is told and filters nothing from a neighbour: that only VIPs are announced is up
! to the load balancers' route-maps.
%end
%if ospf2
router ospf 1
 router-id @router_id@
 maximum-paths 32
%if tuned
 ! The line that matters most: without it a VIP that changes twice within one second takes longer,
 ! because the second change is dropped on arrival.
 timers lsa arrival 0
 timers throttle spf 1 50 500
%end
%end
%if ospf3
ipv6 router ospf 1
 router-id @router_id@
 maximum-paths 32
%end
%if ospf3 tuned
 timers lsa arrival 0
 timers throttle spf 1 50 500
%end
%each uplinks
interface @name@
%if bfd
 bfd interval 100 min_rx 100 multiplier 3
%end
%if ospf2
 ip ospf 1 area 0
 ! Be the designated router.
 ip ospf priority 100
%end
%if ospf2 tuned subsecond
 ! Four hellos a second, dead after one second; the same on the load balancers.
 ip ospf dead-interval minimal hello-multiplier 4
%end
%if ospf2 tuned !subsecond
 ip ospf hello-interval 1
 ip ospf dead-interval 3
%end
%if ospf2 tuned
 ip ospf retransmit-interval 1
%end
%if ospf2 bfd
 ip ospf bfd
%end
%if ospf3
 ipv6 ospf 1 area 0
 ipv6 ospf priority 100
%end
%if ospf3 tuned
 ipv6 ospf hello-interval 1
 ipv6 ospf dead-interval 3
 ipv6 ospf retransmit-interval 1
%end
%if ospf3 bfd
 ipv6 ospf bfd
%end
%end
)";

}  // namespace

std::string cisco_iosxe(const Subject& subject) { return fill(kCisco, values_of(subject)); }

}  // namespace vipherd::render
