// MikroTik RouterOS 7.16.
#include "render/platforms.hpp"

namespace vipherd::render {
namespace {

constexpr const char* kRouteros = R"(
# MikroTik RouterOS 7.16, in front of the load balancers: /import file-name=vipherd.rsc
# Written by `vipherd render router --platform routeros`.

# A connection is sent by addresses and ports. By addresses alone (l3, the default) all connections of
# one client reach one node.
%if v4
/ip/settings/set ipv4-multipath-hash-policy=l4
%end
%if v6
/ipv6/settings/set multipath-hash-policy=l4
%end

# The pool of VIPs: host routes out of it are all that is taken from a load balancer. A route that no
# rule accepts is rejected.
%each families
%each pool
/routing/filter/rule/add chain=vipherd-in@family@ rule="if (dst in @prefix@ && dst-len==@host_length@) { accept }"
%end
/routing/filter/rule/add chain=vipherd-in@family@ rule="reject"
%if default_route
/routing/filter/rule/add chain=vipherd-out@family@ rule="if (dst==@any@) { accept }"
%end
/routing/filter/rule/add chain=vipherd-out@family@ rule="reject"
%end

%if bfd
# BFD with the load balancers: a packet each 100 ms, three missing ones end the session. The firewall
# has to let UDP port 3784 in. A BGP session waits for its BFD session, so the load balancers need BFD.
%each uplinks
/routing/bfd/configuration/add interfaces=@name@ min-rx=100ms min-tx=100ms multiplier=3
%end

%end
%if bgp
# --- BGP
# MikroTik's manual says that BGP's multipath is not supported: one load balancer gets all that comes
# by BGP, and another one only if that fails. For ECMP use OSPF.
# (This is the syntax of 7.16. Later releases have an instance for `as` and `router-id`, which may have
# `multipath`, and `afi` for `address-families`: change these lines there.)
%each ranges_of
# All load balancers in this network are peers; they connect to the router.
/routing/bgp/connection/add name=@name@ as=@router_as@ router-id=@router_id@ address-families=@afi_ros@ local.role=ebgp local.address=@own@ remote.address=@range@ remote.as=@node_as@ connect=no listen=yes@ros_bgp_timers@@ros_bfd@ input.filter=vipherd-in@family@ output.filter-chain=vipherd-out@family@@ros_originate@
%end
%each members_of
/routing/bgp/connection/add name=@name@ as=@router_as@ router-id=@router_id@ address-families=@afi_ros@ local.role=ebgp local.address=@own@ remote.address=@member@ remote.as=@node_as@ connect=no listen=yes@ros_bgp_timers@@ros_bfd@ input.filter=vipherd-in@family@ output.filter-chain=vipherd-out@family@@ros_originate@
%end

%end
%if ospf
# --- OSPFv2 and OSPFv3
%if tuned
# RouterOS has no hello interval below one second: the load balancers need
# `vipherd render node --timers seconds`.
%end
%each families
/routing/ospf/instance/add name=vipherd-@ospf_version@ version=@ospf_number@ router-id=@router_id@ in-filter-chain=vipherd-in@family@@ros_ospf_default@
/routing/ospf/area/add name=vipherd-backbone-@ospf_version@ instance=vipherd-@ospf_version@ area-id=0.0.0.0
%each uplinks
# Be the designated router.
/routing/ospf/interface-template/add area=vipherd-backbone-@ospf_version@ interfaces=@name@ type=broadcast priority=100@ros_ospf_timers@@ros_bfd@
%end
%end
%end
)";

}  // namespace

std::string routeros(const Subject& subject) { return fill(kRouteros, values_of(subject)); }

}  // namespace vipherd::render
