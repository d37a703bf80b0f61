#!/bin/sh

### a line of BGP

# frr-not-saved (looked up): not in the files: "redistribute openfabric" of router bgp
vtysh -c 'write memory'

### a line of OSPF

# frr-not-saved (looked up): not in the files: "redistribute openfabric" of router ospf
vtysh -c 'write memory'

### a route-map

# frr-not-saved (looked up): not in the files: route-map VIPHERD6
vtysh -c 'write memory'

### lines of vipherd

# frr-saved-vips (looked up): lines with VIPHERD-VTY in FRR's files
# by hand: Remove them there, and do not save the running configuration while vipherd runs.

### unreadable

# frr-not-saved (cannot tell): cannot read /etc/frr/frr.conf
# by hand: Save it: vtysh -c 'write memory'.
