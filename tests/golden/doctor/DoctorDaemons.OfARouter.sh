#!/bin/sh

### no FRR

# frr-missing (looked up): neither /etc/frr/daemons nor zebra's socket is there
# by hand: deploy/routers has complete configurations for BIRD and GoBGP.

### only OSPF
