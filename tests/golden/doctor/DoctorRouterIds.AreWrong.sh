#!/bin/sh

### a VIP

# router-id-is-vip (looked up): ospf6d uses 10.10.10.10
vtysh -c 'configure terminal' -c 'router ospf6' -c 'ospf6 router-id 192.168.100.2'
vtysh -c 'write memory'
vtysh -c 'clear ipv6 ospf6 process'

### none configured

# router-id-not-configured (looked up): ospfd: router ospf has no router id, and uses 192.168.100.2
vtysh -c 'configure terminal' -c 'router ospf' -c 'ospf router-id 192.168.100.2'
vtysh -c 'write memory'

### zebra has it

### twice on the link

# router-id-twice (likely): ospfd: designated router 192.168.100.1 names 192.168.100.2 twice on its link
# by hand: Give each router its own, then `clear ip ospf process`.
