#!/bin/sh

### a VIP on lo

# vip-on-interface (looked up): 10.10.10.10/32 is an address of lo, added by another program
ip address del 10.10.10.10/32 dev lo

### a VIP on the uplink

# vip-on-interface (looked up): 2001:db8:10::10/128 is an address of eth1, added by another program
ip address del 2001:db8:10::10/128 dev eth1

### a stray address

# pool-address (looked up): 10.10.10.99/32 is an address of lo and no VIP of a service
ip address del 10.10.10.99/32 dev lo

### a VIP in a subnet

# vip-in-subnet (looked up): VIP 10.10.10.10 lies in the subnet of 10.10.10.1/24 on eth1
# by hand: Take VIPs from a prefix of their own.

### IPv6 addresses go with the link

# keep-addr-on-down (looked up): net.ipv6.conf.eth1.keep_addr_on_down = 0
# net.ipv6.conf.eth1.keep_addr_on_down = 1, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.ipv6.conf.eth1.keep_addr_on_down = 1
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf

### all keep them

### two NICs in a subnet

# arp-flux (looked up): eth1 and eth2 are in one subnet; not set to answer for themselves: eth1 (arp_ignore 0, arp_announce 0) and eth2 (arp_ignore 0, arp_announce 0)
# net.ipv4.conf.all.arp_ignore = 1, with the settings at the end
# net.ipv4.conf.all.arp_announce = 2, with the settings at the end

# Kernel settings: now, and at each boot.
cat >>/etc/sysctl.d/61-vipherd-doctor.conf <<'END'
net.ipv4.conf.all.arp_announce = 2
net.ipv4.conf.all.arp_ignore = 1
END
sysctl -p /etc/sysctl.d/61-vipherd-doctor.conf

### that answer for themselves

### unreadable

# arp-flux (cannot tell): cannot read /proc/sys/net/ipv4/conf/eth2/arp_announce
# by hand: Let each NIC answer for its own address only: arp_ignore = 1 and arp_announce = 2.
