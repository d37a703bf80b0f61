#!/bin/sh

### a session is down

# bgp-session-down (looked up): bgpd for IPv4: not established: 192.168.100.1 (Active)
# by hand: `vtysh -c 'show bgp neighbors'` tells why it is down: reachability, AS numbers, passwords, BFD.

### no neighbours

# ospf-no-adjacency (looked up): ospfd has no neighbour
# by hand: Compare area, hello and dead interval, MTU and authentication with the neighbour's; OSPF must be on for the uplink.

### not full

# ospf-no-adjacency (looked up): ospf6d has none but 192.168.100.1 (Init)
# by hand: Compare area, hello and dead interval, MTU and authentication with the neighbour's; OSPF must be on for the uplink.

### not understood

# ospf-no-adjacency (cannot tell): ospfd: what?
# by hand: Compare area, hello and dead interval, MTU and authentication with the neighbour's; OSPF must be on for the uplink.

### a filter that denies

# bgp-out-filter (looked up): neighbour 192.168.100.1: ip prefix-list NOTHING seq 10 denies it: 10.10.10.10
# by hand: Give the filter the pool of vipherd.toml, with ge 32 or ge 128.

### no filter

# bgp-requires-policy (looked up): bgpd for IPv4: neighbour 192.168.100.1 has no filter out
# by hand: Give it filters in both directions, as deploy/frr does.

### no filter, and none wanted

### no filter within the AS
