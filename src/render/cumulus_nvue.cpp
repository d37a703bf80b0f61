// Cumulus Linux 5.3 to 5.14 with NVUE (`nv set`).
#include "render/platforms.hpp"

namespace vipherd::render {
namespace {

constexpr const char* kNvue = R"(
#!/bin/sh
# Cumulus Linux 5.3 to 5.14 with NVUE, in front of the load balancers: run it on the switch.
# Written by `vipherd render router --platform cumulus-nvue`. Nothing is in force before
# `nv config apply`. From 5.15 on BFD has profiles (`nv set router bfd profile`), and on and off are
# enabled and disabled.
set -eu

# A connection is sent by addresses and ports, which the switch chip does as it is. Cumulus VX
# forwards in its kernel, which looks at addresses only, unless it is told otherwise:
#   sudo sysctl -w net.ipv4.fib_multipath_hash_policy=1 net.ipv6.fib_multipath_hash_policy=1
nv set system forwarding ecmp-hash source-port on
nv set system forwarding ecmp-hash destination-port on

%if bgp
# The pool of VIPs: host routes out of it are all that is taken from a load balancer by BGP.
%each families
nv set router policy prefix-list VIPHERD_POOL@family@ type @afi@
%each pool
%if host
nv set router policy prefix-list VIPHERD_POOL@family@ rule @seq@ match @prefix@
%else
nv set router policy prefix-list VIPHERD_POOL@family@ rule @seq@ match @prefix@ min-prefix-len @host_length@
nv set router policy prefix-list VIPHERD_POOL@family@ rule @seq@ match @prefix@ max-prefix-len @host_length@
%end
nv set router policy prefix-list VIPHERD_POOL@family@ rule @seq@ action permit
%end
# What the load balancers are sent: @out_words@.
nv set router policy prefix-list VIPHERD_OUT@family@ type @afi@
nv set router policy prefix-list VIPHERD_OUT@family@ rule 10 match @any@
nv set router policy prefix-list VIPHERD_OUT@family@ rule 10 action @out_action@
%end

nv set router bgp enable on
nv set vrf default router bgp enable on
nv set vrf default router bgp autonomous-system @router_as@
nv set vrf default router bgp router-id @router_id@
# Paths of load balancers in different ASes are equal too, if as long.
nv set vrf default router bgp path-selection multipath aspath-ignore on
%each groups
nv set vrf default router bgp peer-group @group@ remote-as @node_as@
# Do not keep the routes of a load balancer whose session is lost.
nv set vrf default router bgp peer-group @group@ graceful-restart mode off
%if bfd
# End the session, and with it the routes, of a load balancer BFD calls dead: 3 packets of 100 ms.
nv set vrf default router bgp peer-group @group@ bfd enable on
nv set vrf default router bgp peer-group @group@ bfd detect-multiplier 3
nv set vrf default router bgp peer-group @group@ bfd min-rx-interval 100
nv set vrf default router bgp peer-group @group@ bfd min-tx-interval 100
%end
%if tuned
# Keepalive and hold time: the net under BFD.
nv set vrf default router bgp peer-group @group@ timers keepalive 1
nv set vrf default router bgp peer-group @group@ timers hold 3
%end
%end
%if ranges
# All load balancers in these networks are peers: adding one needs no change here.
%end
%each ranges_of
nv set vrf default router bgp dynamic-neighbor listen-range @range@ peer-group @group@
%end
%each members_of
nv set vrf default router bgp neighbor @member@ peer-group @group@
%end
%if unnumbered
# One for each port that leads to a load balancer.
%each uplinks
nv set vrf default router bgp neighbor @name@ peer-group LB
nv set vrf default router bgp neighbor @name@ type unnumbered
%end
%end
# ECMP over up to 64 load balancers; nothing but VIPs in, and @out_words@ out.
%each families
nv set vrf default router bgp address-family @afi_safi@ enable on
nv set vrf default router bgp address-family @afi_safi@ multipaths ebgp 64
nv set vrf default router bgp peer-group @lb_group@ address-family @afi_safi@ enable on
nv set vrf default router bgp peer-group @lb_group@ address-family @afi_safi@ policy inbound prefix-list VIPHERD_POOL@family@
nv set vrf default router bgp peer-group @lb_group@ address-family @afi_safi@ policy outbound prefix-list VIPHERD_OUT@family@
%if default_route
nv set vrf default router bgp peer-group @lb_group@ address-family @afi_safi@ default-route-origination enable on
%end
%end

%end
%if ospf2
# OSPF floods what it is told and filters nothing from a neighbour: that only VIPs are announced is up
# to the load balancers' route-maps.
nv set router ospf enable on
nv set vrf default router ospf enable on
nv set vrf default router ospf router-id @router_id@
%if tuned
# The line that matters most: without it a VIP that changes twice within one second takes 4 to 10 s,
# because the second change is dropped on arrival.
nv set router ospf timers lsa min-arrival 0
nv set router ospf timers lsa throttle 0
# Compute routes at once, the next time after 50 ms, at most 500 ms later.
nv set router ospf timers spf delay 0
nv set router ospf timers spf holdtime 50
nv set router ospf timers spf max-holdtime 500
%end
%each uplinks
nv set interface @name@ router ospf enable on
nv set interface @name@ router ospf area 0
# Be the designated router.
nv set interface @name@ router ospf priority 100
%if tuned subsecond
# Four hellos a second, dead after one second; the same on the load balancers.
nv set interface @name@ router ospf timers dead-interval minimal
nv set interface @name@ router ospf timers hello-multiplier 4
%end
%if tuned !subsecond
# A hello each second, dead after three; the same on the load balancers.
nv set interface @name@ router ospf timers hello-interval 1
nv set interface @name@ router ospf timers dead-interval 3
%end
%if tuned
nv set interface @name@ router ospf timers retransmit-interval 1
%end
%if bfd
nv set interface @name@ router ospf bfd enable on
nv set interface @name@ router ospf bfd detect-multiplier 3
nv set interface @name@ router ospf bfd min-receive-interval 100
nv set interface @name@ router ospf bfd min-transmit-interval 100
%end
%end

%end
nv config apply
%if ospf3

# NVUE knows no OSPFv3, which ospf6d speaks all the same (ospf6d=yes in /etc/frr/daemons). What
# vtysh is told goes with the next `nv config apply`, unless these lines are a flexible snippet for
# /etc/frr/frr.conf: give it the "router ospf6" and "interface" parts of --platform frr.
%end
%if ospf2 default_route

# NVUE has no command to send a default route by OSPF; likewise a snippet for /etc/frr/frr.conf:
#   router ospf
#    default-information originate
%end
)";

}  // namespace

std::string cumulus_nvue(const Subject& subject) { return fill(kNvue, values_of(subject)); }

}  // namespace vipherd::render
