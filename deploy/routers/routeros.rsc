# MikroTik RouterOS 7.16, in front of the load balancers: /import file-name=vipherd.rsc
# Written by `vipherd render router --platform routeros`.

# A connection is sent by addresses and ports. By addresses alone (l3, the default) all connections of
# one client reach one node.
/ip/settings/set ipv4-multipath-hash-policy=l4
/ipv6/settings/set multipath-hash-policy=l4

# The pool of VIPs: host routes out of it are all that is taken from a load balancer. A route that no
# rule accepts is rejected.
/routing/filter/rule/add chain=vipherd-in4 rule="if (dst in 10.10.10.0/24 && dst-len==32) { accept }"
/routing/filter/rule/add chain=vipherd-in4 rule="reject"
/routing/filter/rule/add chain=vipherd-out4 rule="reject"
/routing/filter/rule/add chain=vipherd-in6 rule="if (dst in 2001:db8:10::/64 && dst-len==128) { accept }"
/routing/filter/rule/add chain=vipherd-in6 rule="reject"
/routing/filter/rule/add chain=vipherd-out6 rule="reject"

# BFD with the load balancers: a packet each 100 ms, three missing ones end the session. The firewall
# has to let UDP port 3784 in. A BGP session waits for its BFD session, so the load balancers need BFD.
/routing/bfd/configuration/add interfaces=ether2 min-rx=100ms min-tx=100ms multiplier=3

# --- BGP
# MikroTik's manual says that BGP's multipath is not supported: one load balancer gets all that comes
# by BGP, and another one only if that fails. For ECMP use OSPF.
# (This is the syntax of 7.16. Later releases have an instance for `as` and `router-id`, which may have
# `multipath`, and `afi` for `address-families`: change these lines there.)
# All load balancers in this network are peers; they connect to the router.
/routing/bgp/connection/add name=lb4 as=65000 router-id=192.168.100.1 address-families=ip local.role=ebgp local.address=192.168.100.1 remote.address=192.168.100.0/24 remote.as=65001 connect=no listen=yes hold-time=3s keepalive-time=1s use-bfd=yes input.filter=vipherd-in4 output.filter-chain=vipherd-out4
# All load balancers in this network are peers; they connect to the router.
/routing/bgp/connection/add name=lb6 as=65000 router-id=192.168.100.1 address-families=ipv6 local.role=ebgp local.address=fd00:192::1 remote.address=fd00:192::/64 remote.as=65001 connect=no listen=yes hold-time=3s keepalive-time=1s use-bfd=yes input.filter=vipherd-in6 output.filter-chain=vipherd-out6

# --- OSPFv2 and OSPFv3
# RouterOS has no hello interval below one second: the load balancers need
# `vipherd render node --timers seconds`.
/routing/ospf/instance/add name=vipherd-v2 version=2 router-id=192.168.100.1 in-filter-chain=vipherd-in4
/routing/ospf/area/add name=vipherd-backbone-v2 instance=vipherd-v2 area-id=0.0.0.0
# Be the designated router.
/routing/ospf/interface-template/add area=vipherd-backbone-v2 interfaces=ether2 type=broadcast priority=100 hello-interval=1s dead-interval=3s retransmit-interval=1s use-bfd=yes
/routing/ospf/instance/add name=vipherd-v3 version=3 router-id=192.168.100.1 in-filter-chain=vipherd-in6
/routing/ospf/area/add name=vipherd-backbone-v3 instance=vipherd-v3 area-id=0.0.0.0
# Be the designated router.
/routing/ospf/interface-template/add area=vipherd-backbone-v3 interfaces=ether2 type=broadcast priority=100 hello-interval=1s dead-interval=3s retransmit-interval=1s use-bfd=yes
