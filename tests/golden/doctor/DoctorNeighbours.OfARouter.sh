#!/bin/sh

### one path, BGP

# maximum-paths (looked up): bgpd for IPv4: maximum-paths 1
vtysh -c 'configure terminal' -c 'router bgp 65000' -c 'address-family ipv4 unicast' -c 'maximum-paths 64'
vtysh -c 'write memory'

### one path, OSPF

# maximum-paths (looked up): ospfd: maximum-paths 1
vtysh -c 'configure terminal' -c 'router ospf' -c 'maximum-paths 64'
vtysh -c 'write memory'

### ASes that are not equal

# multipath-relax (looked up): bgpd for IPv4: neighbours are in the ASes 65001 and 65009
vtysh -c 'configure terminal' -c 'router bgp 65000' -c 'bgp bestpath as-path multipath-relax'
vtysh -c 'write memory'

### a neighbour within the AS is no other AS

### nothing is taken

# bgp-requires-policy (looked up): bgpd for IPv6: neighbour LB6 has no filter in
# by hand: Give it filters in both directions, as deploy/frr does.
