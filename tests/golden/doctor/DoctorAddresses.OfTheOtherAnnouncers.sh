#!/bin/sh

### ours

### ours by its label

### foreign

# vip-on-interface (looked up): 10.10.10.10/32 is an address of lo, added by another program
ip address del 10.10.10.10/32 dev lo

### foreign, IPv6

# vip-on-interface (looked up): 2001:db8:10::10/128 is an address of lo, added by another program
ip address del 2001:db8:10::10/128 dev lo

### a stray address

# pool-address-announced (looked up): 10.10.10.99/32 is an address of lo and no VIP of a service
ip address del 10.10.10.99/32 dev lo

### not kept by the kernel

# vip-on-interface (cannot tell): 2001:db8:10::10/128 is an address of lo, and this kernel does not keep who added it
# by hand: Remove the address, and whatever puts it back at the next boot.
