#!/bin/sh

### no instance

# frr-instance-missing (looked up): ospfd has no "router ospf"
# by hand: Configure it as in deploy/frr, or take the protocol out of frr.protocols.

### no redistribute, OSPF

# redistribute-missing (looked up): ospfd has no "redistribute openfabric"
vtysh -c 'configure terminal' -c 'router ospf' -c 'redistribute openfabric metric 100 metric-type 1 route-map VIPHERD'
vtysh -c 'write memory'

### no redistribute, BGP IPv6

# redistribute-missing (looked up): bgpd for IPv6 has no "redistribute openfabric"
vtysh -c 'configure terminal' -c 'router bgp 65001' -c 'address-family ipv6 unicast' -c 'redistribute openfabric route-map VIPHERD6'
vtysh -c 'write memory'

### no route-map named

# redistribute-unfiltered (looked up): ospf6d: redistribute openfabric metric 100 metric-type 1
# by hand: Redistribute with the route-map of deploy/frr.

### one that is not there

# route-map-missing (looked up): ospfd: there is no route-map TYPO: 10.10.10.10
# by hand: Define it as in deploy/frr.

### a list that an entry of the route-map denies by

# route-map-denies (looked up): ospfd: route-map VIPHERD has no entry for tag 100: 10.10.10.10
# by hand: Permit the tags of [services] route.tag, as in deploy/frr.

### an unknown tag

# route-map-denies (looked up): ospfd: route-map VIPHERD has no entry for tag 100: 10.10.10.10
# by hand: Permit the tags of [services] route.tag, as in deploy/frr.

### a denying entry

# route-map-denies (looked up): ospfd: route-map VIPHERD deny 10 denies it: 10.10.10.10
# by hand: Permit the tags of [services] route.tag, as in deploy/frr.

### a match that is not computed

# route-map-denies (cannot tell): ospfd: route-map VIPHERD permit 10 has "match metric 5", which is not computed here: 10.10.10.10
# by hand: Permit the tags of [services] route.tag, as in deploy/frr.

### a list without the VIPs

# prefix-list-denies (looked up): ospfd: route-map VIPHERD permit 10: match ip address prefix-list POOL does not permit it: 10.10.10.10
vtysh -c 'configure terminal' -c 'ip prefix-list POOL permit 10.10.10.0/24 ge 32'
vtysh -c 'write memory'

### a list that denies

# prefix-list-denies (looked up): ospfd: route-map VIPHERD permit 10: match ip address prefix-list POOL does not permit it: 10.10.10.10
# by hand: Give the prefix-list the pool of vipherd.toml, with ge 32 or ge 128.

### a list that is narrower than the pool

# pool-mismatch (looked up): ospfd: route-map VIPHERD permit 10: match ip address prefix-list POOL does not permit it: 10.10.10.255 of 10.10.10.0/24
# by hand: Give the prefix-list the whole pool, with ge 32 or ge 128.

### a drain that withdraws

# drain-denied (looked up): ospfd: route-map VIPHERD has no entry for tag 200: 10.10.10.10
# by hand: Permit drain.tag as least preferred, as in deploy/frr.

### zebra denies

# ip-protocol-route-map (looked up): zebra: ip protocol openfabric route-map NONE: there is no route-map NONE: 10.10.10.10
vtysh -c 'configure terminal' -c 'no ip protocol openfabric route-map NONE'
vtysh -c 'write memory'

### VIPs in a network statement of OSPF

# network-statement (looked up): ospfd: network 10.10.10.0/24 area 0: 10.10.10.10
vtysh -c 'configure terminal' -c 'router ospf' -c 'no network 10.10.10.0/24 area 0'
vtysh -c 'write memory'

### a VIP in one of BGP

# network-statement (looked up): bgpd for IPv6: network 2001:db8:10::10/128: 2001:db8:10::10
vtysh -c 'configure terminal' -c 'router bgp 65001' -c 'address-family ipv6 unicast' -c 'no network 2001:db8:10::10/128'
vtysh -c 'write memory'

### vipherd's own

### another one

### zebra denies any

# ip-protocol-route-map (looked up): zebra: ip protocol any route-map NONE: there is no route-map NONE: 10.10.10.10
vtysh -c 'configure terminal' -c 'no ip protocol any route-map NONE'
vtysh -c 'write memory'

### zebra denies all others

### zebra permits
