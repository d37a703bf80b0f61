// frr.conf of a router in front of the load balancers.
#include "render/platforms.hpp"

namespace vipherd::render {
namespace {

constexpr const char* kRouterHead = R"(
! FRRouting on a router in front of the load balancers: /etc/frr/frr.conf.
! Written by `vipherd render router --platform frr`. In /etc/frr/daemons:
! @daemons@.
%if fast
!
! Lines between "<timers>" and "</timers>" only make things faster; what the
! load balancers run (`vipherd render node`) explains them at more length.
%end
!
! The kernel divides connections among the load balancers. By default it looks at
! addresses only, so that one client reaches one node. In /etc/sysctl.d:
!   net.ipv4.fib_multipath_hash_policy = 1
!   net.ipv6.fib_multipath_hash_policy = 1

! The defaults that the numbers of this project were measured with.
frr defaults traditional
! One file, /etc/frr/frr.conf, for all daemons.
service integrated-vtysh-config

%if fast
! <timers>
%if tuned
! zebra works on a route at once; by default it collects them for 10 ms.
zebra work-queue 0
%end
%if bfd
! BFD towards the load balancers: three missing packets of 100 ms.
bfd
 profile vipherd
  transmit-interval 100
  receive-interval 100
  detect-multiplier 3
 exit
exit
%end
! </timers>

%end
%if bgp
! The pool of VIPs: host routes out of it are all that is taken from a load
! balancer by BGP, so that a mistake there cannot draw other traffic.
%each pool4
ip prefix-list VIPHERD-POOL seq @seq@ permit @prefix@@ge@
%end
%each pool6
ipv6 prefix-list VIPHERD-POOL seq @seq@ permit @prefix@@ge@
%end
%if default_route
! What the load balancers are sent.
%if v4
ip prefix-list DEFAULT seq 10 permit 0.0.0.0/0
%end
%if v6
ipv6 prefix-list DEFAULT seq 10 permit ::/0
%end
%else
! A list that permits no prefix: the load balancers are sent no routes.
%if v4
ip prefix-list NOTHING seq 10 deny any
%end
%if v6
ipv6 prefix-list NOTHING seq 10 deny any
%end
%end

%end
)";

constexpr const char* kRouterBgp = R"(
! --- BGP -------------------------------------------------------------------

! The router's AS.
router bgp @router_as@
 ! The router's own IPv4 address.
 bgp router-id @router_id@
 ! Each session carries exactly the address families named below.
 no bgp default ipv4-unicast
 ! Do not keep the routes of a load balancer whose session is lost.
 bgp graceful-restart-disable
 ! Paths of load balancers in different ASes are equal too, if as long.
 bgp bestpath as-path multipath-relax
%if ranges
 ! All load balancers in these networks are peers: adding one needs no change
 ! here. They connect to the router, never the other way round.
%end
%if ranges bfd
 ! (Not with FRR 10.2.0 to 10.3.0 on them: it opens no session before BFD is up,
 ! which for a neighbour of a listen range begins with the session. There name them, by
 ! `--nodes ADDRESS`.)
%end
%if unnumbered
 ! One line for each port that leads to a load balancer.
%end
%each groups
 neighbor @group@ peer-group
 neighbor @group@ remote-as @node_as@
%end
%each groups
%if named
 ! These load balancers connect to the router, never the other way round.
 neighbor @group@ passive
%each members
 neighbor @member@ peer-group @group@
%end
%end
%end
%each ranges_of
 bgp listen range @range@ peer-group @group@
%end
%if unnumbered
%each uplinks
 neighbor @name@ interface peer-group LB
%end
%end
%if fast
 ! <timers>
%end
%if tuned
 ! Keepalive and hold time: the net under BFD.
 timers bgp 1 3
 ! A changed route-map is applied at once instead of after 5 s.
 bgp route-map delay-timer 0
%if default_route
 ! What is known when a session comes up is sent after 50 ms instead of 1 s.
 coalesce-time 50
%end
%if unnumbered
 ! Try again each second, not each 120 s, when a load balancer does not answer.
 neighbor LB timers connect 1
%end
%end
%if bfd
 ! End the session, and with it the routes, of a load balancer BFD calls dead.
%each groups
 neighbor @group@ bfd profile vipherd
%end
%end
%if fast
 ! </timers>
%end
%each families
%if !first
 ! The same for IPv6.
%end
 address-family @afi@ unicast
%if first
  ! ECMP over up to 64 load balancers.
%end
  maximum-paths 64
  neighbor @lb_group@ activate
%if default_route first
  ! The way back for what the load balancers send. Sent as long as this router
  ! runs: one that has its own default route by BGP passes that on instead, and
  ! does without this line, so that it is withdrawn when that is lost.
%end
%if default_route
  neighbor @lb_group@ default-originate
%end
%if first
  ! Nothing but VIPs in, and @out_words@ out.
%end
  neighbor @lb_group@ prefix-list VIPHERD-POOL in
  neighbor @lb_group@ prefix-list @out_list@ out
 exit-address-family
%end
exit
)";

}  // namespace

std::string frr_router(const Subject& subject) {
  const Values values = values_of(subject);
  std::string text = fill(kRouterHead, values);
  if (subject.bgp) text += fill(kRouterBgp, values);
  if (subject.bgp && subject.ospf) text += "\n";
  if (subject.ospf) text += frr_router_ospf(values);
  return text;
}

}  // namespace vipherd::render
