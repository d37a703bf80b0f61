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

# The pool of VIPs: host routes out of it are all that is taken from a load balancer by BGP.
nv set router policy prefix-list VIPHERD_POOL4 type ipv4
nv set router policy prefix-list VIPHERD_POOL4 rule 10 match 10.10.10.0/24 min-prefix-len 32
nv set router policy prefix-list VIPHERD_POOL4 rule 10 match 10.10.10.0/24 max-prefix-len 32
nv set router policy prefix-list VIPHERD_POOL4 rule 10 action permit
# What the load balancers are sent: nothing.
nv set router policy prefix-list VIPHERD_OUT4 type ipv4
nv set router policy prefix-list VIPHERD_OUT4 rule 10 match 0.0.0.0/0
nv set router policy prefix-list VIPHERD_OUT4 rule 10 action deny
nv set router policy prefix-list VIPHERD_POOL6 type ipv6
nv set router policy prefix-list VIPHERD_POOL6 rule 10 match 2001:db8:10::/64 min-prefix-len 128
nv set router policy prefix-list VIPHERD_POOL6 rule 10 match 2001:db8:10::/64 max-prefix-len 128
nv set router policy prefix-list VIPHERD_POOL6 rule 10 action permit
# What the load balancers are sent: nothing.
nv set router policy prefix-list VIPHERD_OUT6 type ipv6
nv set router policy prefix-list VIPHERD_OUT6 rule 10 match ::/0
nv set router policy prefix-list VIPHERD_OUT6 rule 10 action deny

nv set router bgp enable on
nv set vrf default router bgp enable on
nv set vrf default router bgp autonomous-system 65000
nv set vrf default router bgp router-id 192.168.100.1
# Paths of load balancers in different ASes are equal too, if as long.
nv set vrf default router bgp path-selection multipath aspath-ignore on
nv set vrf default router bgp peer-group LB4 remote-as 65001
# Do not keep the routes of a load balancer whose session is lost.
nv set vrf default router bgp peer-group LB4 graceful-restart mode off
# End the session, and with it the routes, of a load balancer BFD calls dead: 3 packets of 100 ms.
nv set vrf default router bgp peer-group LB4 bfd enable on
nv set vrf default router bgp peer-group LB4 bfd detect-multiplier 3
nv set vrf default router bgp peer-group LB4 bfd min-rx-interval 100
nv set vrf default router bgp peer-group LB4 bfd min-tx-interval 100
# Keepalive and hold time: the net under BFD.
nv set vrf default router bgp peer-group LB4 timers keepalive 1
nv set vrf default router bgp peer-group LB4 timers hold 3
nv set vrf default router bgp peer-group LB6 remote-as 65001
# Do not keep the routes of a load balancer whose session is lost.
nv set vrf default router bgp peer-group LB6 graceful-restart mode off
# End the session, and with it the routes, of a load balancer BFD calls dead: 3 packets of 100 ms.
nv set vrf default router bgp peer-group LB6 bfd enable on
nv set vrf default router bgp peer-group LB6 bfd detect-multiplier 3
nv set vrf default router bgp peer-group LB6 bfd min-rx-interval 100
nv set vrf default router bgp peer-group LB6 bfd min-tx-interval 100
# Keepalive and hold time: the net under BFD.
nv set vrf default router bgp peer-group LB6 timers keepalive 1
nv set vrf default router bgp peer-group LB6 timers hold 3
# All load balancers in these networks are peers: adding one needs no change here.
nv set vrf default router bgp dynamic-neighbor listen-range 192.168.100.0/24 peer-group LB4
nv set vrf default router bgp dynamic-neighbor listen-range fd00:192::/64 peer-group LB6
# ECMP over up to 64 load balancers; nothing but VIPs in, and nothing out.
nv set vrf default router bgp address-family ipv4-unicast enable on
nv set vrf default router bgp address-family ipv4-unicast multipaths ebgp 64
nv set vrf default router bgp peer-group LB4 address-family ipv4-unicast enable on
nv set vrf default router bgp peer-group LB4 address-family ipv4-unicast policy inbound prefix-list VIPHERD_POOL4
nv set vrf default router bgp peer-group LB4 address-family ipv4-unicast policy outbound prefix-list VIPHERD_OUT4
nv set vrf default router bgp address-family ipv6-unicast enable on
nv set vrf default router bgp address-family ipv6-unicast multipaths ebgp 64
nv set vrf default router bgp peer-group LB6 address-family ipv6-unicast enable on
nv set vrf default router bgp peer-group LB6 address-family ipv6-unicast policy inbound prefix-list VIPHERD_POOL6
nv set vrf default router bgp peer-group LB6 address-family ipv6-unicast policy outbound prefix-list VIPHERD_OUT6

# OSPF floods what it is told and filters nothing from a neighbour: that only VIPs are announced is up
# to the load balancers' route-maps.
nv set router ospf enable on
nv set vrf default router ospf enable on
nv set vrf default router ospf router-id 192.168.100.1
# The line that matters most: without it a VIP that changes twice within one second takes 4 to 10 s,
# because the second change is dropped on arrival.
nv set router ospf timers lsa min-arrival 0
nv set router ospf timers lsa throttle 0
# Compute routes at once, the next time after 50 ms, at most 500 ms later.
nv set router ospf timers spf delay 0
nv set router ospf timers spf holdtime 50
nv set router ospf timers spf max-holdtime 500
nv set interface swp2 router ospf enable on
nv set interface swp2 router ospf area 0
# Be the designated router.
nv set interface swp2 router ospf priority 100
# Four hellos a second, dead after one second; the same on the load balancers.
nv set interface swp2 router ospf timers dead-interval minimal
nv set interface swp2 router ospf timers hello-multiplier 4
nv set interface swp2 router ospf timers retransmit-interval 1
nv set interface swp2 router ospf bfd enable on
nv set interface swp2 router ospf bfd detect-multiplier 3
nv set interface swp2 router ospf bfd min-receive-interval 100
nv set interface swp2 router ospf bfd min-transmit-interval 100

nv config apply

# NVUE knows no OSPFv3, which ospf6d speaks all the same (ospf6d=yes in /etc/frr/daemons). What
# vtysh is told goes with the next `nv config apply`, unless these lines are a flexible snippet for
# /etc/frr/frr.conf: give it the "router ospf6" and "interface" parts of --platform frr.
