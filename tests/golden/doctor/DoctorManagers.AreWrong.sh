#!/bin/sh

### networkd, kept from routes

### networkd

# networkd-foreign-routes (looked up): systemd-networkd runs, and no file says ManageForeignRoutes=no
mkdir -p /etc/systemd/networkd.conf.d
printf '[Network]\nManageForeignRoutes=no\n' >/etc/systemd/networkd.conf.d/60-vipherd.conf
systemctl try-restart systemd-networkd

### kept from routes in another spelling

### kept from other things

# networkd-foreign-routes (looked up): systemd-networkd runs, and no file says ManageForeignRoutes=no
mkdir -p /etc/systemd/networkd.conf.d
printf '[Network]\nManageForeignRoutes=no\n' >/etc/systemd/networkd.conf.d/60-vipherd.conf
systemctl try-restart systemd-networkd

### its files alone

### systemd does not tell of networkd

# networkd-foreign-routes (cannot tell): cannot reach systemd
# by hand: Tell it not to: ManageForeignRoutes=no in a file of /etc/systemd/networkd.conf.d.

# networkd-lo (cannot tell): cannot reach systemd
# by hand: Take lo out of its .network files, or put Unmanaged=yes into the [Link] section of the one that matches it.

### networkd has lo

# networkd-lo (looked up): its state of lo is "configured"
# by hand: Take lo out of its .network files, or put Unmanaged=yes into the [Link] section of the one that matches it.

### NetworkManager has lo

# networkmanager-lo (likely): /etc/NetworkManager/system-connections/lo.nmconnection is a connection for lo
# by hand: Delete the connection, and keep NetworkManager from lo: unmanaged-devices=interface-name:lo.

### a VIP in a file

# vip-in-network-files (looked up): /etc/network/interfaces has 10.10.10.10
# by hand: Remove it there: vipherd alone makes VIPs local.

### another address, a comment

### unreadable

# vip-in-network-files (cannot tell): cannot read /etc/netplan/1.yaml
# by hand: Remove it there: vipherd alone makes VIPs local.
