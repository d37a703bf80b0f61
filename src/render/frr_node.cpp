// frr.conf of a load balancer: what may be announced. Its BGP and OSPF are in files of their own.
#include "render/frr_node.hpp"

namespace vipherd::render {
namespace {

constexpr const char* kNodeHead = R"(
! FRRouting on a load balancer that runs vipherd: /etc/frr/frr.conf.
! Written by `vipherd render node`. In /etc/frr/daemons: @daemons@.
!
%if zapi
! vipherd never changes this configuration. It hands zebra a route of type
! @route_type@ for each VIP that is up, and the lines below let the protocols
! pass those routes on.
%end
%if vty
! vipherd adds to the running configuration, and takes back, over the daemons'
! VTY sockets:
%if bgp
!   bgpd             network VIP/32 route-map VIPHERD-VTY-..., and these route-maps
%end
%if ospf
!   ospfd, ospf6d    entries of the prefix-lists VIPHERD-VTY and VIPHERD-VTY-<tag>
%end
! Nothing else is ever touched. Do not save the running configuration (write
! memory) while vipherd runs: what is saved would be announced from FRR's start
! on, whatever the checks say.
%end
%if connected
! vipherd never changes this configuration. It gives `@loopback@` the address of
! each VIP that is up, and takes it away again. zebra makes a connected route of
! each address by itself, and the lines below pass those on. There is nothing that
! could carry a tag: no drained state, no metric per service.
%end
%if zapi
!
! VIPs must not be addresses of an interface (also not of lo): a connected route
! beats vipherd's, and the VIP would not be announced.
%end
%if default_route !unnumbered
!
! All routers offer the default route: the node's answers leave over all uplinks,
! and over those that are left when one is lost. There is no static default
! route, because nothing would take it back while the carrier stays and the router
! is dead. The kernel needs the settings of deploy/sysctl.d/60-vipherd.conf.
%end
%if unnumbered
!
! The links to the leaf switches have no addresses but the link-local ones of
! IPv6, which the kernel makes by itself. BGP finds the leaf by its router
! advertisements, and one session on each link carries both families: IPv4 VIPs
! are announced with the link-local address as next hop (RFC 8950). Nothing here
! differs between load balancers but the router id. With several uplinks the
! kernel needs the settings of deploy/sysctl.d/60-vipherd.conf.
%end
%if fast
!
! Lines between "<timers>" and "</timers>" only make things faster. Without
! them all works with FRR's defaults, but a failure without an announcement (a
! silent link, a dead node) is noticed after up to 40 s (OSPF) or 180 s (BGP).
%end

! The defaults that the numbers of this project were measured with.
frr defaults traditional
! One file, /etc/frr/frr.conf, for all daemons.
service integrated-vtysh-config

%if default_route
! Routes name their next hops themselves. With nexthop groups, the default, FRR
! 8.4 forgets an uplink that lost its carrier and got it back: the kernel takes
! its next hop out of the default route's group, and zebra never puts it back.
! (FRR 9.0 and later should not: leave the line out there.)
%if unnumbered
! Without groups zebra writes an IPv4 next hop on such a link as 169.254.0.1 and
! computes the leaf's MAC address from its link-local one, which therefore has to
! be made of it (EUI-64, as nearly all switches have it, and not RFC 7217).
%end
no zebra nexthop kernel enable
%end
%if fast
! <timers>
%if tuned
! zebra works on a route at once; by default it collects them for 10 ms.
! (The command is hidden: the help does not list it.)
zebra work-queue 0
%end
%if bfd
! BFD towards the routers: a packet each 100 ms, three missing ones end the
! session. FRR's BFD is an ordinary process: below 50 ms it fails on a busy node.
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
! --- What may be announced -------------------------------------------------

! The pool of `[vips] pool` in vipherd.toml, and only host routes out of it:
! a second guard behind vipherd's own.
%each pool4
ip prefix-list VIPHERD-POOL seq @seq@ permit @prefix@@ge@
%end
%each pool6
ipv6 prefix-list VIPHERD-POOL seq @seq@ permit @prefix@@ge@
%end
%if bgp default_route
! What the routers may tell by BGP: the default route and nothing else, least of
! all the VIPs of the other load balancers.
%if v4
ip prefix-list DEFAULT seq 10 permit 0.0.0.0/0
%end
%if v6
ipv6 prefix-list DEFAULT seq 10 permit ::/0
%end
%end
%if bgp !default_route
! A list that permits no prefix: a load balancer needs no routes from its
! BGP peers, its default route points to them anyway. It also keeps it from
! learning its own VIPs from the other load balancers.
%if v4
ip prefix-list NOTHING seq 10 deny any
%end
%if v6
ipv6 prefix-list NOTHING seq 10 deny any
%end
%end

)";

constexpr const char* kNodeByTag = R"(
%each families
%if first
! Tag 100: the VIP is up. Nothing is set, so that the service's `metric` arrives
! as the MED in BGP, and OSPF uses the metric of its redistribute line.
%else
! The same for IPv6, which needs a map of its own because of the prefix list.
%end
%each up
%if own
! Tag @tag@, which vipherd.toml has: announced as tag 100 is.
%end
route-map VIPHERD@six@ permit @seq@
 match @ip@ address prefix-list VIPHERD-POOL
 match tag @tag@
exit
%end
%if first_family
! Tag 200: the VIP is drained. It stays reachable, as the least preferred of all.
%end
%each drained
%if own
! Tag @tag@, which vipherd.toml has for draining: as tag 200.
%end
route-map VIPHERD@six@ permit @seq@
 match @ip@ address prefix-list VIPHERD-POOL
 match tag @tag@
%if bgp first_family first
 ! BGP: GRACEFUL_SHUTDOWN (RFC 8326), which FRR and other receivers that
 ! honour it turn into local preference 0.
%end
%if bgp
 set community graceful-shutdown additive
%end
%if first_family first
 ! BGP: the MED, for peers that ignore the community. OSPF: the highest
 ! metric at which a route is still reachable (LSInfinity - 1).
%end
 set metric 16777214
%if ospf first_family first
 ! OSPF: an E2 route loses against every E1 route, whatever both cost.
%end
%if ospf
 set metric-type type-2
%end
exit
%end
%if first_family bgp
! Tags 101 to 110: up, with a weight of 10 % to 100 %. BGP: a link bandwidth, by
! which the router divides the connections among the nodes, if all nodes that
! announce the VIP have one: so none of them may use tag 100. The unit is Mbit/s,
! but only the ratio counts. OSPF knows no weights and takes them all for 100.
%end
%if first_family !bgp
! Tags 101 to 110: up, with a weight, of which OSPF knows nothing: as tag 100.
%end
%if !first_family
! The weights, for IPv6.
%end
%each weights
route-map VIPHERD@six@ permit @seq@
 match @ip@ address prefix-list VIPHERD-POOL
 match tag @tag@
%if bgp
 set extcommunity bandwidth @bandwidth@
%end
exit
%end
%if first_family
! Any other tag ends at the implicit deny and is not announced.
%end

%end
)";

constexpr const char* kNodeAddresses = R"(
! Host routes out of the pool, and no other address of this node. Set every router
! id, as below: without one zebra takes the highest address of `@loopback@` for it,
! which would be a VIP, and the same one on each load balancer.
%each families
route-map VIPHERD-ADDRESS@six@ permit 10
 match @ip@ address prefix-list VIPHERD-POOL
exit
%end

)";

}  // namespace

std::string frr_node(const Values& values) {
  const auto has = [&](const char* flag) { return *values.flag(flag); };
  std::string text = fill(kNodeHead, values);
  if (has("zapi")) text += fill(kNodeByTag, values);
  if (has("connected")) text += fill(kNodeAddresses, values);
  if (has("bgp")) text += frr_node_bgp(values);
  if (has("bgp") && has("ospf")) text += "\n";
  if (has("ospf")) text += frr_node_ospf(values);
  if (has("unnumbered")) text += frr_node_afterword();
  return text;
}

}  // namespace vipherd::render
