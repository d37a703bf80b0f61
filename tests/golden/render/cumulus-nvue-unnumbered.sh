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
nv set router policy prefix-list VIPHERD_POOL4 rule 20 match 10.20.0.1/32
nv set router policy prefix-list VIPHERD_POOL4 rule 20 action permit
# What the load balancers are sent: nothing but the default route.
nv set router policy prefix-list VIPHERD_OUT4 type ipv4
nv set router policy prefix-list VIPHERD_OUT4 rule 10 match 0.0.0.0/0
nv set router policy prefix-list VIPHERD_OUT4 rule 10 action permit
nv set router policy prefix-list VIPHERD_POOL6 type ipv6
nv set router policy prefix-list VIPHERD_POOL6 rule 10 match 2001:db8:10::/64 min-prefix-len 128
nv set router policy prefix-list VIPHERD_POOL6 rule 10 match 2001:db8:10::/64 max-prefix-len 128
nv set router policy prefix-list VIPHERD_POOL6 rule 10 action permit
# What the load balancers are sent: nothing but the default route.
nv set router policy prefix-list VIPHERD_OUT6 type ipv6
nv set router policy prefix-list VIPHERD_OUT6 rule 10 match ::/0
nv set router policy prefix-list VIPHERD_OUT6 rule 10 action permit

nv set router bgp enable on
nv set vrf default router bgp enable on
nv set vrf default router bgp autonomous-system 65000
nv set vrf default router bgp router-id 192.168.100.1
# Paths of load balancers in different ASes are equal too, if as long.
nv set vrf default router bgp path-selection multipath aspath-ignore on
nv set vrf default router bgp peer-group LB remote-as 65001
# Do not keep the routes of a load balancer whose session is lost.
nv set vrf default router bgp peer-group LB graceful-restart mode off
# End the session, and with it the routes, of a load balancer BFD calls dead: 3 packets of 100 ms.
nv set vrf default router bgp peer-group LB bfd enable on
nv set vrf default router bgp peer-group LB bfd detect-multiplier 3
nv set vrf default router bgp peer-group LB bfd min-rx-interval 100
nv set vrf default router bgp peer-group LB bfd min-tx-interval 100
# Keepalive and hold time: the net under BFD.
nv set vrf default router bgp peer-group LB timers keepalive 1
nv set vrf default router bgp peer-group LB timers hold 3
# One for each port that leads to a load balancer.
nv set vrf default router bgp neighbor swp2 peer-group LB
nv set vrf default router bgp neighbor swp2 type unnumbered
nv set vrf default router bgp neighbor swp3 peer-group LB
nv set vrf default router bgp neighbor swp3 type unnumbered
# ECMP over up to 64 load balancers; nothing but VIPs in, and nothing but the default route out.
nv set vrf default router bgp address-family ipv4-unicast enable on
nv set vrf default router bgp address-family ipv4-unicast multipaths ebgp 64
nv set vrf default router bgp peer-group LB address-family ipv4-unicast enable on
nv set vrf default router bgp peer-group LB address-family ipv4-unicast policy inbound prefix-list VIPHERD_POOL4
nv set vrf default router bgp peer-group LB address-family ipv4-unicast policy outbound prefix-list VIPHERD_OUT4
nv set vrf default router bgp peer-group LB address-family ipv4-unicast default-route-origination enable on
nv set vrf default router bgp address-family ipv6-unicast enable on
nv set vrf default router bgp address-family ipv6-unicast multipaths ebgp 64
nv set vrf default router bgp peer-group LB address-family ipv6-unicast enable on
nv set vrf default router bgp peer-group LB address-family ipv6-unicast policy inbound prefix-list VIPHERD_POOL6
nv set vrf default router bgp peer-group LB address-family ipv6-unicast policy outbound prefix-list VIPHERD_OUT6
nv set vrf default router bgp peer-group LB address-family ipv6-unicast default-route-origination enable on

nv config apply
