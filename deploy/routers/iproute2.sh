#!/bin/sh
# Static routes to the load balancers on a Linux router that runs no routing software.
# Written by `vipherd render router --platform iproute2`. To be run as root, and at each start.
#
# A static route knows nothing of health: a node that fails goes on getting its share, until this is
# run again without it. So this is for trials, and for routers that cannot speak BGP or OSPF. The
# services need `attach = "always"` in vipherd.toml, so that every node answers for every VIP.
set -eu

# A connection is sent by addresses and ports. By addresses alone (0, the default) all
# connections of one client reach one node.
sysctl -q -w net.ipv4.ip_forward=1
sysctl -q -w net.ipv4.fib_multipath_hash_policy=1
# Of several next hops those that answer no ARP are left out, which is all the health there is.
sysctl -q -w net.ipv4.fib_multipath_use_neigh=1
sysctl -q -w net.ipv6.conf.all.forwarding=1
sysctl -q -w net.ipv6.fib_multipath_hash_policy=1

# The pool, and nothing else, over all load balancers.
ip -4 route replace 10.10.10.0/24 proto static nexthop via 192.168.100.2 dev swp2 nexthop via 192.168.100.3 dev swp2
ip -6 route replace 2001:db8:10::/64 proto static nexthop via fd00:192::2 dev swp2 nexthop via fd00:192::3 dev swp2
