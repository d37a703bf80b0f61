#!/bin/sh

### nothing wrong

### the default VRF's instance

# frr-instance-missing (looked up): bgpd for IPv4 in VRF blue has no "router bgp"
# by hand: Configure it as in deploy/frr, or take the protocol out of frr.protocols.

# frr-instance-missing (looked up): bgpd for IPv6 in VRF blue has no "router bgp"
# by hand: Configure it as in deploy/frr, or take the protocol out of frr.protocols.

### no redistribute

# redistribute-missing (looked up): ospf6d in VRF blue has no "redistribute openfabric"
vtysh -c 'configure terminal' -c 'router ospf6 vrf blue' -c 'redistribute openfabric metric 100 metric-type 1 route-map VIPHERD6'
vtysh -c 'write memory'

### zebra has its router id

### zebra has another's

# router-id-not-configured (looked up): ospfd in VRF blue: router ospf vrf blue has no router id, and uses 192.168.100.2
vtysh -c 'configure terminal' -c 'router ospf vrf blue' -c 'ospf router-id 192.168.100.2'
vtysh -c 'write memory'
