// Cumulus Linux 3.7 to 4.4 with NCLU (`net add`).
#include "render/platforms.hpp"

namespace vipherd::render {
namespace {

constexpr const char* kNclu = R"(
#!/bin/sh
# Cumulus Linux 3.7 to 4.4 with NCLU, in front of the load balancers: run it on the switch.
# Written by `vipherd render router --platform cumulus-nclu`. Nothing is in force before `net commit`.
#
# The switch chip divides connections by addresses and ports. Cumulus VX forwards in its kernel, which
# looks at addresses only, so that one client reaches one node, unless it is told otherwise:
#   sudo sysctl -w net.ipv4.fib_multipath_hash_policy=1 net.ipv6.fib_multipath_hash_policy=1
set -eu

%if bgp
# The pool of VIPs: host routes out of it are all that is taken from a load balancer by BGP.
%each pool4
net add routing prefix-list ipv4 VIPHERD-POOL seq @seq@ permit @prefix@@ge@
%end
%each pool6
net add routing prefix-list ipv6 VIPHERD-POOL seq @seq@ permit @prefix@@ge@
%end
# What the load balancers are sent: @out_words@.
%each families
%if default_route
net add routing prefix-list @afi@ DEFAULT seq 10 permit @any@
%else
net add routing prefix-list @afi@ NOTHING seq 10 deny any
%end
%end

net add bgp autonomous-system @router_as@
net add bgp router-id @router_id@
# Paths of load balancers in different ASes are equal too, if as long. Up to 64 are used as it is.
net add bgp bestpath as-path multipath-relax
%each groups
net add bgp neighbor @group@ peer-group
net add bgp neighbor @group@ remote-as @node_as@
%if bfd
# End the session, and with it the routes, of a load balancer BFD calls dead: 3 packets of 100 ms.
net add bgp neighbor @group@ bfd 3 100 100
%end
%if tuned
# Keepalive and hold time: the net under BFD.
net add bgp neighbor @group@ timers 1 3
%end
%end
%if ranges
# All load balancers in these networks are peers: adding one needs no change here.
%end
%each ranges_of
net add bgp listen range @range@ peer-group @group@
%end
%each members_of
net add bgp neighbor @member@ peer-group @group@
%end
%if unnumbered
# One line for each port that leads to a load balancer.
%each uplinks
net add bgp neighbor @name@ interface peer-group LB
%end
%end
# Nothing but VIPs in, and @out_words@ out.
%each families
net add bgp @afi@ unicast neighbor @lb_group@ activate
net add bgp @afi@ unicast neighbor @lb_group@ prefix-list VIPHERD-POOL in
net add bgp @afi@ unicast neighbor @lb_group@ prefix-list @out_list@ out
%if default_route
net add bgp @afi@ unicast neighbor @lb_group@ default-originate
%end
%end

%end
%if ospf
# OSPF floods what it is told and filters nothing from a neighbour: that only VIPs are announced is up
# to the load balancers' route-maps.
%if tuned
# Hellos each second, dead after three; the load balancers need `vipherd render node --timers seconds`.
%end
%if ospf2
net add ospf router-id @router_id@
%if default_route
net add ospf default-information originate
%end
%if tuned
# Compute routes at once, the next time after 50 ms, at most 500 ms later.
net add ospf timers throttle spf 0 50 500
%end
%each uplinks
net add interface @name@ ospf area 0
# Be the designated router.
net add interface @name@ ospf priority 100
%if tuned
net add interface @name@ ospf hello-interval 1
net add interface @name@ ospf dead-interval 3
%end
%if bfd
net add interface @name@ ospf bfd 3 100 100
%end
%end
%end
%if ospf3
net add ospf6 router-id @router_id@
%each uplinks
net add ospf6 interface @name@ area 0.0.0.0
net add interface @name@ ospf6 priority 100
%if tuned
net add interface @name@ ospf6 hello-interval 1
net add interface @name@ ospf6 dead-interval 3
%end
%if bfd
net add interface @name@ ospf6 bfd 3 100 100
%end
%end
%end

%end
net pending
net commit
%if ospf tuned

# NCLU has no command for these. They matter most: without them a VIP that changes twice within one
# second takes 4 to 10 s, because the second change is dropped on arrival. FRR keeps them.
sudo vtysh -c 'configure terminal' \
%if ospf2
  -c 'router ospf' -c 'timers lsa min-arrival 0' -c 'timers throttle lsa all 0' \
%end
%if ospf3
  -c 'router ospf6' -c 'timers lsa min-arrival 0' \
%end
  -c 'end' -c 'write memory'
%end
)";

}  // namespace

std::string cumulus_nclu(const Subject& subject) { return fill(kNclu, values_of(subject)); }

}  // namespace vipherd::render
