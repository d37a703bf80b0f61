// frr.conf of a load balancer: BGP.
#include "render/frr_node.hpp"

namespace vipherd::render {
namespace {

// "peers" are the names that settings are given for: a peer group, or the one router.
constexpr const char* kNodeBgp = R"(
! --- BGP -------------------------------------------------------------------

%if vty
! vipherd needs this instance and its address families, and no line for the VIPs:
! it adds the network statements. Its route-maps set the MED, the communities and
! the rest. `bgp network import-check` is FRR's default and may stay: the VIPs are
! addresses on @loopback@.
%end
! The load balancers' own AS, one for all of them: the routers then compare
! their MEDs and see equal AS paths, as ECMP needs it.
router bgp @node_as@@in_vrf@
%if unnumbered
 ! A number of the node's own, different on each load balancer: an address of
 ! another interface, or any that is used nowhere else.
%else
 ! The node's own IPv4 address on an uplink, different on each load balancer.
%end
 bgp router-id @router_id@
 ! Each session carries exactly the address families named below.
 no bgp default ipv4-unicast
 ! Do not ask the routers to keep our routes when this bgpd dies: then they
 ! have to go at once, the other load balancers serve the VIPs.
 bgp graceful-restart-disable
%if default_route
 ! Default routes of routers in different ASes are equal too, if as long.
 bgp bestpath as-path multipath-relax
%end
%if unnumbered
 ! One line for each uplink. "external" would be whatever AS the leaf has, if it
 ! is another than ours. The capability for IPv4 over IPv6 next hops comes with
 ! `interface` by itself, and so do router advertisements on the link.
 neighbor LEAVES peer-group
 neighbor LEAVES remote-as @leaf_as@
%each uplinks
 neighbor @name@ interface peer-group LEAVES
%end
%end
%if grouped !unnumbered
 ! For each router one session for IPv4 and one for IPv6, each from the address of
 ! the uplink that leads to it, so that it ends with that uplink.
%each families
 neighbor ROUTERS@family@ peer-group
 neighbor ROUTERS@family@ remote-as @router_as@
%end
%each routers4
 neighbor @address@ peer-group ROUTERS4
%end
%each routers6
 neighbor @address@ peer-group ROUTERS6
%end
%end
%if !grouped
 ! The router: one session for each address family.
%each peers
 neighbor @peer@ remote-as @router_as@
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
 ! What is known when a session comes up is sent after 50 ms instead of 1 s.
 coalesce-time 50
 ! Try again each second, not each 120 s, when a router does not answer.
%each peers
 neighbor @peer@ timers connect 1
%end
%end
%if bfd
 ! End the session when BFD says the router is unreachable: a link through a
 ! switch may be dead with its carrier up.
%each peers
 neighbor @peer@ bfd profile vipherd
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
%if default_route first
  ! The default routes of all routers, at once.
%end
%if default_route
  maximum-paths @node_paths@
%end
%if zapi first
  ! The VIPs, by tag.
%end
%if zapi
  redistribute @route_type@ route-map VIPHERD@six@
%end
%if connected first
  ! The VIPs: addresses on @loopback@.
%end
%if connected
  redistribute connected route-map VIPHERD-ADDRESS@six@
%end
  neighbor @peer@ activate
%if first
  ! @in_words@ in, and nothing but VIPs out.
%end
  neighbor @peer@ prefix-list @in_list@ in
  neighbor @peer@ prefix-list VIPHERD-POOL out
 exit-address-family
%end
exit
)";

constexpr const char* kNodeAfterword = R"(

! The node's own traffic (updates, the log) needs a source address that the
! leaves know: give it another interface, or one on lo that is outside the pool
! and announced by a `network` line with a prefix list of its own.
)";

}  // namespace

std::string frr_node_bgp(const Values& values) { return fill(kNodeBgp, values); }
std::string frr_node_afterword() { return fill(kNodeAfterword, {}); }

}  // namespace vipherd::render
