// Juniper Junos.
#include "render/platforms.hpp"

namespace vipherd::render {
namespace {

constexpr const char* kJunos = R"(
# Juniper Junos 20 or later, in front of the load balancers: for `load set terminal` in `configure`.
# Written by `vipherd render router --platform junos`. Nothing is in force before `commit`.

# Over all load balancers that are equally good; "per-packet" is the old name of a choice for each
# connection, which most chips take by addresses and ports (others: `set forwarding-options hash-key`).
set policy-options policy-statement VIPHERD-ECMP then load-balance per-packet
set routing-options forwarding-table export VIPHERD-ECMP
set chassis maximum-ecmp 64
set routing-options router-id @router_id@

%if bgp
# The pool of VIPs: host routes out of it are all that is taken from a load balancer by BGP, and
# nothing is sent to it.
%each families
%each pool
%if host
set policy-options policy-statement VIPHERD-IN@family@ term vips from route-filter @prefix@ exact
%else
set policy-options policy-statement VIPHERD-IN@family@ term vips from route-filter @prefix@ prefix-length-range /@host_length@-/@host_length@
%end
%end
set policy-options policy-statement VIPHERD-IN@family@ term vips then accept
set policy-options policy-statement VIPHERD-IN@family@ term rest then reject
%end
set policy-options policy-statement VIPHERD-OUT then reject

set routing-options autonomous-system @router_as@
%each groups
set protocols bgp group @group@ type external
set protocols bgp group @group@ peer-as @node_as@
%if is4
set protocols bgp group @group@ family inet unicast
%else
set protocols bgp group @group@ family inet6 unicast
%end
set protocols bgp group @group@ multipath multiple-as
set protocols bgp group @group@ import VIPHERD-IN@family@
set protocols bgp group @group@ export VIPHERD-OUT
%if tuned
# The hold time is the net under BFD; a keepalive goes out each third of it.
set protocols bgp group @group@ hold-time 3
%end
%if bfd
# End the session, and with it the routes, of a load balancer BFD calls dead: 3 packets of 100 ms.
set protocols bgp group @group@ bfd-liveness-detection minimum-interval 100
set protocols bgp group @group@ bfd-liveness-detection multiplier 3
%end
%end
%if ranges
# All load balancers in these networks are peers: adding one needs no change here.
%end
%each ranges_of
set protocols bgp group @group@ allow @range@
%end
%each members_of
set protocols bgp group @group@ neighbor @member@
%end

%end
%if ospf
# OSPF floods what it is told and filters nothing from a neighbour: that only VIPs are announced is up
# to the load balancers' route-maps.
%end
%if ospf tuned
# Junos has no hello interval below one second: the load balancers need
# `vipherd render node --timers seconds`.
%end
%if ospf2
%if tuned
set protocols ospf spf-options delay 50
%end
%each uplinks
# Be the designated router.
set protocols ospf area 0.0.0.0 interface @name@ priority 100
%if tuned
set protocols ospf area 0.0.0.0 interface @name@ hello-interval 1
set protocols ospf area 0.0.0.0 interface @name@ dead-interval 3
set protocols ospf area 0.0.0.0 interface @name@ retransmit-interval 1
%end
%if bfd
set protocols ospf area 0.0.0.0 interface @name@ bfd-liveness-detection minimum-interval 100
set protocols ospf area 0.0.0.0 interface @name@ bfd-liveness-detection multiplier 3
%end
%end
%end
%if ospf3
%if tuned
set protocols ospf3 spf-options delay 50
%end
%each uplinks
set protocols ospf3 area 0.0.0.0 interface @name@ priority 100
%if tuned
set protocols ospf3 area 0.0.0.0 interface @name@ hello-interval 1
set protocols ospf3 area 0.0.0.0 interface @name@ dead-interval 3
set protocols ospf3 area 0.0.0.0 interface @name@ retransmit-interval 1
%end
%if bfd
set protocols ospf3 area 0.0.0.0 interface @name@ bfd-liveness-detection minimum-interval 100
set protocols ospf3 area 0.0.0.0 interface @name@ bfd-liveness-detection multiplier 3
%end
%end
%end
)";

}  // namespace

std::string junos(const Subject& subject) { return fill(kJunos, values_of(subject)); }

}  // namespace vipherd::render
