#!/bin/sh

### BGP without BFD, and slow

# slow-detection (looked up): bgpd for IPv6: neighbour fd00:192::1: hold time 180 s, no BFD
# by hand: BFD, and short hold and dead times under it: the lines between <timers> marks in deploy/frr. OSPF needs the same times on both ends.

### how often it connects is no hold time

# slow-detection (looked up): bgpd for IPv4: neighbour 192.168.100.1: hold time 180 s, no BFD
# by hand: BFD, and short hold and dead times under it: the lines between <timers> marks in deploy/frr. OSPF needs the same times on both ends.

### OSPF without BFD, and slow

# slow-detection (looked up): ospfd: interface eth1: dead interval 40 s, no BFD
# by hand: BFD, and short hold and dead times under it: the lines between <timers> marks in deploy/frr. OSPF needs the same times on both ends.

### OSPF by a network statement

# slow-detection (looked up): ospfd: interface eth1: dead interval 40 s, no BFD
# by hand: BFD, and short hold and dead times under it: the lines between <timers> marks in deploy/frr. OSPF needs the same times on both ends.

### OSPFv3 as 7.5 has it

# slow-detection (looked up): ospf6d: interface eth1: dead interval 30 s, no BFD
# by hand: BFD, and short hold and dead times under it: the lines between <timers> marks in deploy/frr. OSPF needs the same times on both ends.

### OSPF on lo

### OSPF without BFD, but quick

### no bfdd

# bfdd-absent (looked up): bfdd: Connection refused
# by hand: bfdd=yes in /etc/frr/daemons, and restart FRR.

### no such profile

# bfd-profile-missing (looked up): bfdd has no profile vipherd
vtysh -c 'configure terminal' -c bfd -c 'profile vipherd' -c 'transmit-interval 100' -c 'receive-interval 100' -c 'detect-multiplier 3'
vtysh -c 'write memory'

### min-arrival

# ospf-min-arrival (looked up): ospf6d: timers lsa min-arrival 1000 ms
vtysh -c 'configure terminal' -c 'router ospf6' -c 'timers lsa min-arrival 0'
vtysh -c 'write memory'

### throttle

# ospf-throttle (looked up): ospfd: timers throttle lsa all 1000 ms
vtysh -c 'configure terminal' -c 'router ospf' -c 'timers throttle lsa all 0'
vtysh -c 'write memory'

### SPF

# ospf-spf-delay (looked up): ospfd: timers throttle spf 1000 ms
vtysh -c 'configure terminal' -c 'router ospf' -c 'timers throttle spf 0 50 500'
vtysh -c 'write memory'

### work queue

# zebra-work-queue (looked up): zebra work-queue 10 ms (default)
vtysh -c 'configure terminal' -c 'zebra work-queue 0'
vtysh -c 'write memory'

### MRAI

# bgp-advertisement-interval (looked up): neighbour 192.168.100.1: advertisement-interval 5
vtysh -c 'configure terminal' -c 'router bgp 65001' -c 'no neighbor 192.168.100.1 advertisement-interval'
vtysh -c 'write memory'
