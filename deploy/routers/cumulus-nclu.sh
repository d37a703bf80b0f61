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
# What the load balancers are sent: nothing.
net add routing prefix-list ipv4 NOTHING seq 10 deny any
net add routing prefix-list ipv6 NOTHING seq 10 deny any

net add bgp autonomous-system 65000
net add bgp router-id 192.168.100.1
# Paths of load balancers in different ASes are equal too, if as long. Up to 64 are used as it is.
net add bgp bestpath as-path multipath-relax
net add bgp neighbor LB4 peer-group
net add bgp neighbor LB4 remote-as 65001
# End the session, and with it the routes, of a load balancer BFD calls dead: 3 packets of 100 ms.
net add bgp neighbor LB4 bfd 3 100 100
# Keepalive and hold time: the net under BFD.
net add bgp neighbor LB4 timers 1 3
net add bgp neighbor LB6 peer-group
net add bgp neighbor LB6 remote-as 65001
# End the session, and with it the routes, of a load balancer BFD calls dead: 3 packets of 100 ms.
net add bgp neighbor LB6 bfd 3 100 100
# Keepalive and hold time: the net under BFD.
net add bgp neighbor LB6 timers 1 3
# All load balancers in these networks are peers: adding one needs no change here.
net add bgp listen range 192.168.100.0/24 peer-group LB4
net add bgp listen range fd00:192::/64 peer-group LB6
# Nothing but VIPs in, and nothing out.
net add bgp ipv4 unicast neighbor LB4 activate
net add bgp ipv4 unicast neighbor LB4 prefix-list VIPHERD-POOL in
net add bgp ipv4 unicast neighbor LB4 prefix-list NOTHING out
net add bgp ipv6 unicast neighbor LB6 activate
net add bgp ipv6 unicast neighbor LB6 prefix-list VIPHERD-POOL in
net add bgp ipv6 unicast neighbor LB6 prefix-list NOTHING out

# OSPF floods what it is told and filters nothing from a neighbour: that only VIPs are announced is up
# to the load balancers' route-maps.
# Hellos each second, dead after three; the load balancers need `vipherd render node --timers seconds`.
net add ospf router-id 192.168.100.1
# Compute routes at once, the next time after 50 ms, at most 500 ms later.
net add ospf timers throttle spf 0 50 500
net add interface swp2 ospf area 0
# Be the designated router.
net add interface swp2 ospf priority 100
net add interface swp2 ospf hello-interval 1
net add interface swp2 ospf dead-interval 3
net add interface swp2 ospf bfd 3 100 100
net add ospf6 router-id 192.168.100.1
net add ospf6 interface swp2 area 0.0.0.0
net add interface swp2 ospf6 priority 100
net add interface swp2 ospf6 hello-interval 1
net add interface swp2 ospf6 dead-interval 3
net add interface swp2 ospf6 bfd 3 100 100

net pending
net commit

# NCLU has no command for these. They matter most: without them a VIP that changes twice within one
# second takes 4 to 10 s, because the second change is dropped on arrival. FRR keeps them.
sudo vtysh -c 'configure terminal' \
  -c 'router ospf' -c 'timers lsa min-arrival 0' -c 'timers throttle lsa all 0' \
  -c 'router ospf6' -c 'timers lsa min-arrival 0' \
  -c 'end' -c 'write memory'
