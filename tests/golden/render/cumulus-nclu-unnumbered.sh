#!/bin/sh
# Cumulus Linux 3.7 to 4.4 with NCLU, in front of the load balancers: run it on the switch.
# Written by `vipherd render router --platform cumulus-nclu`. Nothing is in force before `net commit`.
#
# The switch chip divides connections by addresses and ports. Cumulus VX forwards in its kernel, which
# looks at addresses only, so that one client reaches one node, unless it is told otherwise:
#   sudo sysctl -w net.ipv4.fib_multipath_hash_policy=1 net.ipv6.fib_multipath_hash_policy=1
set -eu

# The pool of VIPs: host routes out of it are all that is taken from a load balancer by BGP.
net add routing prefix-list ipv4 VIPHERD-POOL seq 10 permit 10.10.10.0/24 ge 32
net add routing prefix-list ipv6 VIPHERD-POOL seq 10 permit 2001:db8:10::/64 ge 128
# What the load balancers are sent: nothing but the default route.
net add routing prefix-list ipv4 DEFAULT seq 10 permit 0.0.0.0/0
net add routing prefix-list ipv6 DEFAULT seq 10 permit ::/0

net add bgp autonomous-system 65000
net add bgp router-id 192.168.100.1
# Paths of load balancers in different ASes are equal too, if as long. Up to 64 are used as it is.
net add bgp bestpath as-path multipath-relax
net add bgp neighbor LB peer-group
net add bgp neighbor LB remote-as 65001
# End the session, and with it the routes, of a load balancer BFD calls dead: 3 packets of 100 ms.
net add bgp neighbor LB bfd 3 100 100
# Keepalive and hold time: the net under BFD.
net add bgp neighbor LB timers 1 3
# One line for each port that leads to a load balancer.
net add bgp neighbor swp2 interface peer-group LB
net add bgp neighbor swp3 interface peer-group LB
# Nothing but VIPs in, and nothing but the default route out.
net add bgp ipv4 unicast neighbor LB activate
net add bgp ipv4 unicast neighbor LB prefix-list VIPHERD-POOL in
net add bgp ipv4 unicast neighbor LB prefix-list DEFAULT out
net add bgp ipv4 unicast neighbor LB default-originate
net add bgp ipv6 unicast neighbor LB activate
net add bgp ipv6 unicast neighbor LB prefix-list VIPHERD-POOL in
net add bgp ipv6 unicast neighbor LB prefix-list DEFAULT out
net add bgp ipv6 unicast neighbor LB default-originate

net pending
net commit
